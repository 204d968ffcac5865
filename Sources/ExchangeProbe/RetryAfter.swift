internal import ClockCore
internal import ExchangeCatalog

/// The HTTP header `Retry-After`: whole seconds, or a date to be read against the answer's own.
enum RetryAfter {
  /// - Parameter date: the answer's `Date` header; without it a date says nothing, since the local
  ///   clock is not to be trusted.
  /// - Returns: nil when the text is neither form, or lies in the past.
  static func duration(_ text: String, date: String?) -> Duration? {
    if let seconds = Int64(text) {
      return seconds >= 0 ? .seconds(min(seconds, 1_000_000_000)) : nil
    }
    guard let until = HTTPDate.read(text)?.unixSeconds,
      let now = date.flatMap(HTTPDate.read)?.unixSeconds, until > now
    else { return nil }
    return .seconds(until - now)
  }
}
