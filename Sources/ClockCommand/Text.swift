internal import ClockCore

/// Numbers of the wire, for people.
enum Text {
  /// "+2.99 s", "-850 us": the sign always shown.
  static func signed(nanoseconds: Int64) -> String {
    let text = Duration.nanoseconds(nanoseconds).shortText
    return nanoseconds > 0 ? "+" + text : text
  }

  static func nanoseconds(_ nanoseconds: Int64) -> String {
    Duration.nanoseconds(nanoseconds).shortText
  }

  static func milliseconds(_ milliseconds: Int64) -> String {
    Duration.milliseconds(milliseconds).shortText
  }

  /// "12 s ago", "just now".
  static func age(milliseconds age: Int64) -> String {
    age < 1_000 ? "just now" : wholeUnits(milliseconds: age) + " ago"
  }

  /// "in 54 min", "now".
  static func wait(milliseconds wait: Int64) -> String {
    wait < 1_000 ? "now" : "in " + wholeUnits(milliseconds: wait)
  }

  /// `2026-11-20T12:00:00.123456Z`
  static func time(microseconds: Int64) -> String {
    CivilTime(unixNanoseconds: microseconds * 1_000).iso8601(fractionDigits: 6)
  }

  private static func wholeUnits(milliseconds: Int64) -> String {
    milliseconds < 120_000 ? "\(milliseconds / 1_000) s" : Self.milliseconds(milliseconds)
  }
}
