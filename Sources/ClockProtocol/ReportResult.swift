package import JSONDocument

/// Why a request was refused, and what to do about it.
package struct ReportResult: Sendable, Equatable {
  package var exchange: String

  /// "clock", "late", "signature", "key", "rate_limit", "format" or "unknown".
  package var verdict: String

  /// "resign", "resign_wider_window", "wait", "check_key", "check_signature", "check_format" or
  /// "none".
  package var action: String

  /// One or two sentences for a person.
  package var explanation: String

  /// The exchange's clock was read anew after the refusal, because of this report or of another.
  package var isResynced: Bool

  /// How long to wait, where `action` is "wait" and that is known; nil elsewhere.
  package var retryAfterMilliseconds: Int64?

  /// What is known of the exchange's clock now.
  package var offset: JSONValue

  /// What to sign with now, for the verdicts "clock" and "late"; nil where none can be given.
  package var stamp: JSONValue?

  package init(
    exchange: String, verdict: String, action: String, explanation: String, isResynced: Bool,
    retryAfterMilliseconds: Int64?, offset: JSONValue, stamp: JSONValue?
  ) {
    self.exchange = exchange
    self.verdict = verdict
    self.action = action
    self.explanation = explanation
    self.isResynced = isResynced
    self.retryAfterMilliseconds = retryAfterMilliseconds
    self.offset = offset
    self.stamp = stamp
  }

  package var json: JSONValue {
    [
      "exchange": .string(exchange), "verdict": .string(verdict), "action": .string(action),
      "explanation": .string(explanation), "resynced": .bool(isResynced),
      "retry_after_ms": .optional(retryAfterMilliseconds), "offset": offset,
      "stamp": stamp ?? .null,
    ]
  }

  package init?(json: JSONValue) {
    guard let exchange = json["exchange"]?.string, let verdict = json["verdict"]?.string,
      let action = json["action"]?.string, let explanation = json["explanation"]?.string,
      let isResynced = json["resynced"]?.bool, let offset = json["offset"]
    else { return nil }
    let stamp = json["stamp"] == .null ? Optional.none : json["stamp"]
    self.init(
      exchange: exchange, verdict: verdict, action: action, explanation: explanation,
      isResynced: isResynced, retryAfterMilliseconds: json["retry_after_ms"]?.integer,
      offset: offset, stamp: stamp)
  }
}
