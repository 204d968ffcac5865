/// What an exchange's own table of refusals makes of one.
package enum RejectionReading: Sendable, Hashable {
  /// The refusal is in the table.
  case listed(Cause, TimestampSide?)

  /// The code stands for several causes there, which the message would tell apart.
  case ambiguous

  /// The table does not have it.
  case unlisted

  package enum Cause: Sendable, Hashable {
    case clock, late, signature, key, rateLimit, format

    /// A nonce was not larger than the last one of its key.
    case nonce
  }
}

/// On which side of the exchange's clock a timestamp was refused.
package enum TimestampSide: String, Sendable, CaseIterable {
  /// Too far ahead of the exchange's clock.
  case ahead

  /// Too old; for an expiry: past.
  case behind
}
