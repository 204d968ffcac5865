internal import ClockCore

/// What is wrong with CLOCK_REALTIME where that can be told without asking anybody.
enum SystemClockDoubt {
  /// This was written in 2026, and no certificate is made for 2100.
  private static let plausibleYears = 2026..<2100

  /// A clause that goes on after another one; empty where the clock may be right.
  static func clause(at local: LocalInstant) -> String {
    let time = CivilTime(unixNanoseconds: local.nanoseconds)
    guard !plausibleYears.contains(time.year) else { return "" }
    return
      "; the system clock says \(time.iso8601(fractionDigits: 0)), which must be wrong: start an"
      + " NTP daemon"
  }
}
