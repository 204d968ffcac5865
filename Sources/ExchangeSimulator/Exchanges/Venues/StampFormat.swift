internal import ClockCore

/// How a signed request writes its timestamp.
enum StampFormat: Sendable {
  case milliseconds
  case seconds
  /// `1589270451.504`
  case decimalSeconds
  /// `2017-05-11T16:22:06`, which is UTC
  case bareISOSeconds

  /// Unix time in milliseconds, the largest number where it is more; nil: not of this format.
  func milliseconds(of text: String) -> Int64? {
    switch self {
    case .milliseconds: digits(text)
    case .seconds: digits(text).map(Self.thousandfold)
    case .decimalSeconds:
      text.split(separator: ".", omittingEmptySubsequences: false).count <= 2
        ? Self.decimal(text) : nil
    case .bareISOSeconds: Self.civil(text)
    }
  }

  private static func thousandfold(_ seconds: Int64) -> Int64 {
    let (product, isTooMuch) = seconds.multipliedReportingOverflow(by: 1000)
    return isTooMuch ? .max : product
  }

  private static func decimal(_ text: String) -> Int64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = digits(String(parts[0])) else { return nil }
    guard parts.count == 2 else { return thousandfold(whole) }
    guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let fraction = Int64((parts[1] + "00").prefix(3))
    else { return nil }
    let sum = thousandfold(whole).addingReportingOverflow(fraction)
    return sum.overflow ? .max : sum.partialValue
  }

  private static func civil(_ text: String) -> Int64? {
    guard text.utf8.count == 19, let time = CivilTime(iso8601: text + "Z") else { return nil }
    return time.unixSeconds * 1000
  }
}
