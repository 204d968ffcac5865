/// Why an exchange refused a request.
package enum RejectionVerdict: String, Sendable, CaseIterable {
  /// The timestamp did not fit the exchange's clock; of a nonce: it was used up.
  case clock

  /// The clock behind the timestamp was right; the request came too late.
  case late
  case signature
  case key
  case rateLimit = "rate_limit"

  /// The timestamp or the window is not written as the exchange wants it.
  case format
  case unknown
}

/// What a program is to do about a refusal.
package enum RejectionAction: String, Sendable, CaseIterable {
  /// Sign the request again, with a new stamp taken right before it is sent.
  case resign

  /// The same, and ask for a wider window.
  case resignWiderWindow = "resign_wider_window"

  /// Send this exchange nothing for a while.
  case wait
  case checkKey = "check_key"
  case checkSignature = "check_signature"

  /// Look at how the timestamp and the window are written: unit, form, limits.
  case checkFormat = "check_format"

  /// Nothing can be recommended.
  case none
}

/// A verdict and what it rests on.
package struct RejectionJudgement: Sendable, Hashable {
  package var verdict: RejectionVerdict
  package var action: RejectionAction
  package var finding: Finding
  package var resync: ResyncNeed

  /// Whether the exchange's clock must be read anew before the verdict is given.
  package enum ResyncNeed: Sendable, Hashable {
    case none

    /// Unless it was read a moment ago.
    case unlessFresh

    /// What the exchange said contradicts what is known of its clock.
    case contradicted
  }

  package enum Finding: Sendable, Hashable {
    /// The exchange's table says it all.
    case listed
    case ambiguous
    case unlisted

    /// The timestamp is written in a way that the exchange does not take.
    case foreignForm(String)
    case unreadable

    /// A nonce was not larger than the last one of its key.
    case nonceUsedUp

    /// So was one that is larger than the next that would be given out, by this; nil: by far.
    case nonceOutrun(by: Duration?)

    /// The key takes nonces, while the exchange is configured for keys that take times.
    case keyTakesNonces

    /// The timestamp was ahead of the exchange's clock by at least this; nil: by what is not known.
    case ahead(by: Duration?)

    /// The timestamp was older than the window by itself: by the exchange's clock, at least so old;
    /// nil: how old is not known.
    case behind(age: Duration?)

    /// The exchange said that its clock was ahead of all that was thought possible by this.
    case contradicted(by: Duration)

    /// The exchange's clock is elsewhere since the resync that the report led to.
    case moved

    /// A stamp of this daemon was refused as too old; it was at least so old when it was reported.
    case ownStampLate(age: Duration)

    /// The window is too small for a request to be sure of arriving within it.
    case windowTooSmall(age: Duration, smallest: Duration)

    /// By the exchange's clock, the timestamp is no older than this even now, which is within the
    /// window.
    case insideWindow(age: Duration)

    /// By the exchange's clock, the expiry that was refused as past is still ahead by this.
    case notExpired(left: Duration)

    /// An expiry of this daemon was refused as past; it was, by at least this, when reported.
    case ownExpiryPassed(by: Duration)

    /// So was one whose lifetime is too small for a request to be sure of arriving within it.
    case lifetimeTooSmall(past: Duration, smallest: Duration)

    /// So was one of which nothing tells whether its clock is behind or its request was late.
    case expired(by: Duration)

    /// The exchange's clock, as it said itself, is where it is known to be.
    case clockConfirmed

    /// Whether a request that was long on its way is refused like this, however right all clocks
    /// are.
    package var isExplainedByDelay: Bool {
      switch self {
      case .insideWindow, .notExpired, .ahead, .contradicted, .moved: false
      default: true
      }
    }
  }
}
