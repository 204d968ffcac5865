/// Something that goes wrong with requests that arrive within a while.
package struct Fault: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// No answer ever comes: the probe times out.
    case silence
    /// The connection is refused.
    case refusal
    /// An answer that is no time, with this HTTP status.
    case status(Int, retryAfter: Duration?)
    /// The answer is so old; `isFlagged` when its headers say so.
    case cached(age: Duration, isFlagged: Bool)
    /// Every answer bears the stamp that the first instant of the fault would have had.
    case frozen
    /// The stamp is off. Positive: ahead.
    case wrong(by: Duration)
  }

  package var from: Duration
  package var to: Duration
  /// That it strikes a request.
  package var probability: Double
  package var kind: Kind

  package init(
    _ kind: Kind, from: Duration = .zero, to: Duration = .seconds(1_000_000_000),
    probability: Double = 1
  ) {
    self.from = from
    self.to = to
    self.probability = probability
    self.kind = kind
  }

  /// It makes the exchange tell a time that is not its own, without saying so, and so often that
  /// no vote can find the truth: no bound can hold.
  package var isLie: Bool {
    guard probability >= 0.25 else { return false }
    return switch kind {
    case .silence, .refusal, .status, .cached(_, isFlagged: true): false
    case .cached(_, isFlagged: false), .frozen, .wrong: true
    }
  }
}
