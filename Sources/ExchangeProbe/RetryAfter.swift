internal import ClockCore
internal import ExchangeCatalog

/// The HTTP header `Retry-After`: seconds, or a date to be read against the answer's own.
enum RetryAfter {
  /// What a wish for distance counts as that cannot be read.
  static let whenUnreadable = Duration.seconds(60)

  /// No wish is longer; also what a number too long for any clock counts as.
  private static let longest: Int64 = 1_000_000_000

  /// - Parameter date: the answer's `Date` header; without it a date says nothing, since the local
  ///   clock is not to be trusted.
  /// - Returns: nil when the wait is over already.
  static func duration(_ text: String, date: String?) -> Duration? {
    let text = String(text.split(separator: " ").joined(separator: " "))
    let whole = text.prefix { $0.isASCII && $0.isNumber }
    let rest = text.dropFirst(whole.count)
    if !whole.isEmpty, rest.isEmpty || rest.first == "." {
      // A fraction, which the standard does not know, is rounded up.
      let seconds = min(Int64(whole) ?? longest, longest)
      return .seconds(rest.first == "." ? seconds + 1 : seconds)
    }
    guard let until = HTTPDate.read(text)?.unixSeconds,
      let now = date.flatMap(HTTPDate.read)?.unixSeconds
    else { return whenUnreadable }
    return until > now ? .seconds(until - now) : nil
  }
}
