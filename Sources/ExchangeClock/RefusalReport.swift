internal import JSONDocument

/// What an exchange's refusal of a request means, and what to do: docs/report.md has all verdicts
/// and actions.
public struct RefusalReport: Sendable, Hashable {
  public var exchange: ExchangeID

  /// "clock", "late", "signature", "key", "rate_limit", "format" or "unknown".
  public var verdict: String

  /// "resign", "resign_wider_window", "wait", "check_key", "check_signature", "check_format" or
  /// "none".
  public var action: String

  /// For people.
  public var explanation: String

  /// The exchange's clock was read after the refusal.
  public var isResynced: Bool

  /// How long to wait, where that is the action and it is known.
  public var retryAfter: Duration?

  public var offset: ClockOffset

  /// What to sign with now, for the verdicts "clock" and "late".
  public var stamp: RequestStamp?
}

extension RefusalReport {
  init(_ result: JSONValue) throws(ClockError) {
    let members = try Members(result)
    let stamp = try members.optional("stamp") { $0 }
    self.init(
      exchange: try members.exchange(), verdict: try members.value("verdict", \.string),
      action: try members.value("action", \.string),
      explanation: try members.value("explanation", \.string),
      isResynced: try members.value("resynced", \.bool),
      retryAfter: try members.optional("retry_after_ms", \.integer).map { .milliseconds($0) },
      offset: try ClockOffset(members.object("offset")), stamp: nil)
    if let stamp { self.stamp = try RequestStamp(stamp) }
  }
}
