package import ClockCore

/// The date of HTTP headers: `Tue, 11 Nov 2025 00:17:04 GMT` (IMF-fixdate, RFC 9110).
package enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

  /// Nil for anything else, the wrong day of the week included.
  package static func read(_ text: String) -> CivilTime? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard text.utf8.count == 29, parts.count == 6, parts[5] == "GMT",
      let month = months.firstIndex(where: { $0 == parts[2] }),
      let time = CivilTime(
        iso8601: "\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])T\(parts[4])Z"),
      parts[0] == "\(weekdays[time.weekday]),"
    else { return nil }
    return time
  }
}
