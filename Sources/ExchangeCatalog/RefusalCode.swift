package import ClockCore

/// One way in which an exchange refuses a request. What is nil is not looked at.
package struct RefusalCode: Sendable, Hashable {
  /// What an operator or a bot should make of a refusal.
  package enum Verdict: String, Sendable, CaseIterable {
    /// The timestamp does not fit the exchange's clock, or a nonce is too small.
    case clock
    /// The clock was right; the request came too late.
    case late
    case signature
    case key
    case rateLimit = "rate_limit"
    /// The timestamp or the window is not written as the exchange wants it, or is missing.
    case format
  }

  package var code: String?
  package var httpStatus: Int?
  /// Part of the message.
  package var message: String?
  package var verdict: Verdict
  /// On which side of the exchange's clock the timestamp was, where the refusal tells.
  package var side: TimestampSide?
  /// A nonce was not larger than the last one of its key, also where other keys' are times.
  package var isOfNonce: Bool
  /// How old the timestamps that it is about may be; nil where the exchange's rule holds.
  package var window: Duration?
  /// How they are written; empty where they are the exchange's usual ones.
  package var timestampFormats: [TimestampFormat]
  /// In words; empty where nothing is known.
  package var meaning: String

  package init(
    code: String? = nil, httpStatus: Int? = nil, message: String? = nil, verdict: Verdict,
    side: TimestampSide? = nil, isOfNonce: Bool = false, window: Duration? = nil,
    timestampFormats: [TimestampFormat] = [], meaning: String = ""
  ) {
    self.code = code
    self.httpStatus = httpStatus
    self.message = message
    self.verdict = verdict
    self.side = side
    self.isOfNonce = isOfNonce
    self.window = window
    self.timestampFormats = timestampFormats
    self.meaning = meaning
  }
}
