internal import ClockCore

/// One line of the trace file: a JSON object, written member by member.
struct Line {
  private var members: [String]

  init(kind: String) {
    members = ["\"kind\":\"\(kind)\""]
  }

  mutating func add(_ name: String, _ text: String) {
    members.append("\"\(name)\":\"\(text)\"")
  }

  mutating func add(_ name: String, _ number: some BinaryInteger) {
    members.append("\"\(name)\":\(number)")
  }

  mutating func add(_ name: String, _ number: Double) {
    members.append("\"\(name)\":\(number)")
  }

  mutating func add(_ name: String, _ numbers: [Int64]) {
    members.append("\"\(name)\":\(Self.list(numbers))")
  }

  mutating func add(_ name: String, _ rows: [[Int64]]) {
    members.append("\"\(name)\":[\(rows.map(Self.list).joined(separator: ","))]")
  }

  /// Rows of t1 and t4 (ns after `base`, the host's clock) and S (the exchange's answer, ns after
  /// `base` too, already truncated).
  mutating func add(_ name: String, _ samples: [Sample], base: Int64) {
    add(
      name,
      samples.map {
        [
          HostUnixTime.nanoseconds($0.sent) - base, HostUnixTime.nanoseconds($0.received) - base,
          $0.departure.nanoseconds - base,
        ]
      })
  }

  var text: String { "{\(members.joined(separator: ","))}" }

  private static func list(_ numbers: [Int64]) -> String {
    "[\(numbers.map(String.init).joined(separator: ","))]"
  }
}
