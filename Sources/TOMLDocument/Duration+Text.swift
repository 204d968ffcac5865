extension Duration {
  private static let units: [(name: String, nanoseconds: Int64)] = [
    ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
    ("us", 1000), ("ns", 1),
  ]

  /// Reads whole numbers with units h, m, s, ms, us or ns, the largest unit first: "1h30m".
  ///
  /// Nil for anything else, and past 64 bits of nanoseconds (292 years).
  package init?(text: String) {
    var rest = Substring(text)
    var remaining = Self.units[...]
    var total: Int64 = 0
    repeat {
      let digits = rest.prefix { ("0"..."9").contains($0) }
      guard let number = Int64(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { ("a"..."z").contains($0) }
      guard let index = remaining.firstIndex(where: { $0.name == name }) else { return nil }
      let (part, isTooLong) = number.multipliedReportingOverflow(by: remaining[index].nanoseconds)
      let (sum, isTooMuch) = total.addingReportingOverflow(part)
      guard !isTooLong, !isTooMuch else { return nil }
      total = sum
      rest = rest.dropFirst(name.count)
      remaining = remaining[(index + 1)...]
    } while !rest.isEmpty
    self = .nanoseconds(total)
  }

  /// The duration as `init(text:)` reads it, whole nanoseconds only: "1h30m", "100ms", "0s".
  package var text: String {
    var rest = attoseconds / 1_000_000_000
    guard rest != 0 else { return "0s" }
    var text = rest < 0 ? "-" : ""
    rest = abs(rest)
    for unit in Self.units where rest >= Int128(unit.nanoseconds) {
      text += "\(rest / Int128(unit.nanoseconds))\(unit.name)"
      rest %= Int128(unit.nanoseconds)
    }
    return text
  }
}
