internal import JSONDocument

/// Exchanges as people read them.
enum ExchangeTable {
  /// A table of what the control endpoint lists.
  static func text(_ listing: JSONValue, withCounters: Bool) -> String {
    var rows = [["EXCHANGE", "URL"] + (withCounters ? ["REQUESTS"] : []) + ["CONDITIONS"]]
    for exchange in listing.array ?? [] {
      rows.append(
        [exchange["id"]?.string ?? "?", exchange["url"]?.string ?? "?"]
          + (withCounters ? [requests(exchange["counters"] ?? .null)] : [])
          + [conditions(exchange["conditions"] ?? .null)])
    }
    return aligned(rows)
  }

  /// Which signed requests each exchange accepts.
  static var rules: String {
    aligned([["EXCHANGE", "ACCEPTS"]] + ExchangeBehaviors.all.map { [$0.id, $0.rule] })
  }

  private static func aligned(_ rows: [[String]]) -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).dropLast().map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      return (cells + row.suffix(1)).joined(separator: "  ") + "\n"
    }.joined()
  }

  private static func requests(_ counters: JSONValue) -> String {
    let names = [
      ("time_requests", "time"), ("signed_accepted", "accepted"), ("signed_rejected", "rejected"),
      ("faults", "faults"),
    ]
    return names.map { "\($0.1) \(counters[$0.0]?.integer ?? 0)" }.joined(separator: ", ")
  }

  /// Only what differs from a perfect clock at no distance.
  private static func conditions(_ conditions: JSONValue) -> String {
    guard case .object(let members) = conditions,
      case .object(let usual) = Conditions().json
    else { return "?" }
    let special = members.filter { !usual.contains($0) }
    let texts = special.map { "\($0.key)=\($0.value.string ?? $0.value.text)" }
    return texts.isEmpty ? "perfect clock" : texts.joined(separator: ",")
  }
}
