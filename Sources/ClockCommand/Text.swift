internal import ClockCore

/// Numbers of the wire, for people.
enum Text {
  /// An offset with as many decimals as its error leaves meaning to: "-2.991 s" where it is known
  /// to 15 ms, "+0.219 ms" where it is known to 300 ns. The sign is always shown.
  static func offset(nanoseconds: Int64, error: Int64) -> String {
    let size = nanoseconds.magnitude
    let (unit, name): (UInt64, String) =
      size >= 1_000_000_000
      ? (1_000_000_000, "s") : size >= 1_000_000 ? (1_000_000, "ms") : (1_000, "us")
    // The last digit shown is worth between a tenth and a hundredth of the error.
    var (decimals, step) = (0, unit)
    while step > max(error.magnitude / 10, 1), decimals < 9 {
      step /= 10
      decimals += 1
    }
    let rounded = (size + step / 2) / step
    let scale = unit / step
    let fraction = decimals == 0 ? "" : "." + String(rounded % scale + scale).dropFirst()
    return "\(nanoseconds < 0 ? "-" : "+")\(rounded / scale)\(fraction) \(name)"
  }

  static func nanoseconds(_ nanoseconds: Int64) -> String {
    Duration.nanoseconds(nanoseconds).shortText
  }

  /// A duration that is a round number, without decimals that say nothing: "1 ms".
  static func whole(_ duration: Duration) -> String {
    let parts = duration.shortText.split(separator: " ")
    let digits = parts[0].split(separator: ".")
    let isWhole = digits.count == 1 || digits[1].allSatisfy { $0 == "0" }
    return isWhole ? "\(digits[0]) \(parts[1])" : duration.shortText
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

  /// The same below a title: "54 min", "now".
  static func bareWait(milliseconds wait: Int64) -> String {
    wait < 1_000 ? "now" : wholeUnits(milliseconds: wait)
  }

  /// Parts per million with one decimal.
  static func ppm(_ ppm: Double) -> String {
    let tenths = Int64((ppm * 10).rounded())
    return "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
  }

  /// `2026-11-20T12:00:00.123456Z`
  static func time(microseconds: Int64) -> String {
    CivilTime(unixNanoseconds: microseconds * 1_000).iso8601(fractionDigits: 6)
  }

  private static func wholeUnits(milliseconds: Int64) -> String {
    milliseconds < 120_000 ? "\(milliseconds / 1_000) s" : Self.milliseconds(milliseconds)
  }
}
