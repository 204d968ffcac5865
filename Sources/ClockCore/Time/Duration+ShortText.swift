extension Duration {
  /// The duration for people, with about three digits and a unit: "12.3 ms", "54 min", "-3.00 s".
  package var shortText: String {
    let nanoseconds = wholeNanoseconds
    let sign = nanoseconds < 0 ? "-" : ""
    let size = nanoseconds.magnitude
    let amount =
      switch size {
      case 0: "0 s"
      case ..<1_000: "\(size) ns"
      // What would be rounded to four digits is told in the next unit.
      case ..<999_500: Self.threeDigits(size, of: 1_000) + " us"
      case ..<999_500_000: Self.threeDigits(size, of: 1_000_000) + " ms"
      case ..<120_000_000_000: Self.threeDigits(size, of: 1_000_000_000) + " s"
      case ..<7_200_000_000_000: Self.whole(size, of: 60_000_000_000) + " min"
      case ..<172_800_000_000_000: Self.whole(size, of: 3_600_000_000_000) + " h"
      default: Self.whole(size, of: 86_400_000_000_000) + " d"
      }
    return sign + amount
  }

  private static func whole(_ size: UInt64, of unit: UInt64) -> String {
    "\((size + unit / 2) / unit)"
  }

  /// The size rounded to three digits, or to a whole number of units.
  private static func threeDigits(_ size: UInt64, of unit: UInt64) -> String {
    let decimals = size * 1_000 < 9_995 * unit ? 2 : size * 1_000 < 99_950 * unit ? 1 : 0
    let scale: UInt64 = [1, 10, 100][decimals]
    let rounded = (size * scale + unit / 2) / unit
    guard decimals > 0 else { return "\(rounded)" }
    let fraction = String(rounded % scale + scale).dropFirst()
    return "\(rounded / scale).\(fraction)"
  }
}
