internal import ClockCore

/// A number as an answer writes it: digits, perhaps with a fraction. Never rounded.
struct DecimalTime {
  var isNegative: Bool
  private var whole: [UInt8]
  private var fraction: [UInt8]

  /// Fails for anything but decimal digits with an optional sign and an optional fraction.
  init?(_ text: String) {
    var bytes = Array(text.utf8)[...]
    isNegative = bytes.first == UInt8(ascii: "-")
    if isNegative { bytes = bytes.dropFirst() }
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }),
      parts.joined().allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
    else { return nil }
    whole = parts[0].map { $0 - UInt8(ascii: "0") }
    fraction = parts.count == 2 ? parts[1].map { $0 - UInt8(ascii: "0") } : []
  }

  var isZero: Bool { (whole + fraction).allSatisfy { $0 == 0 } }

  /// Unix time in nanoseconds, what is finer cut off; nil past 64 bits and for dates.
  func unixNanoseconds(in unit: TimeUnit) -> Int64? {
    guard let count = unit.nanosecondDigits else { return nil }
    let padding = [UInt8](repeating: 0, count: max(0, count - fraction.count))
    var total: Int64 = 0
    for digit in whole + fraction.prefix(count) + padding {
      let (tenfold, isTooFar) = total.multipliedReportingOverflow(by: 10)
      let (sum, isTooMuch) = tenfold.addingReportingOverflow(Int64(digit))
      guard !isTooFar, !isTooMuch else { return nil }
      total = sum
    }
    return isNegative ? -total : total
  }
}
