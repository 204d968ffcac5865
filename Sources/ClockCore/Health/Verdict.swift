/// What the health of the clocks comes to, with the numbers that show it.
///
/// A clock is called wrong by proof only: see `ClockHealth`.
package enum Verdict: Sendable, Hashable {
  /// This host's clock contradicts what the exchanges agree on.
  case systemClockWrong(ClockConsensus)

  /// One exchange's clock contradicts what others agree on.
  case exchangeClockWrong(ClockConsensus.Witness, ClockConsensus)

  /// The way to an exchange and back loses, delays or bends what is measured over it.
  case pathBad(ExchangeEvidence.Known, [PathFinding])

  /// An exchange answers, but its answers cannot be used or are not believed.
  case answersUnusable(ExchangeEvidence.Known, AnswerFinding)

  /// What is known does not tell who is right.
  case unknown(Ignorance)

  /// No clock contradicts another and every exchange is measured well.
  case clocksFine(ClockConsensus)
}

/// What is wrong with a path.
package enum PathFinding: Sendable, Hashable {
  /// The last resyncs failed for want of an answer.
  case noAnswer(reason: String, failures: Int)

  /// Of the last probes, so many got no answer.
  case lost(Int, of: Int)

  /// Nothing came back in less than `shortest`.
  case longRoundTrip(shortest: Duration, maxError: Duration)

  /// The last sample of a burst took much longer than its quickest.
  case unevenRoundTrips(shortest: Duration, last: Duration)

  /// Of the samples of the last burst, so many contradicted the others.
  case contradictingSamples(Int, of: Int)

  /// A suspicion, never a proof: the estimate lies so far beside what `others` agree on, and only
  /// the exchange's own error hides it. One way may take longer than the other, or the exchange's
  /// clock be off.
  case asymmetrySuspected(by: Duration, others: ClockConsensus)
}

/// Why an exchange's answers are of no use.
package enum AnswerFinding: Sendable, Hashable {
  /// The exchange wants no requests from us for so long: a rate limit, a ban, Retry-After.
  case toldToStayAway(reason: String, wait: Duration)

  /// The last resyncs failed: an error, or no time in the answer.
  case noTimeInAnswer(reason: String, failures: Int)

  /// The last resyncs failed for its certificate, which has dates: a wrong clock of this host may
  /// be the cause.
  case certificateRefused(reason: String, failures: Int)

  /// The last resyncs gave times that contradict each other or the past, or come out of a cache.
  case notBelieved(reason: String, failures: Int)
}

/// What is missing for a verdict.
package enum Ignorance: Sendable, Hashable {
  /// Nothing is known of this exchange yet, or no more.
  case notMeasured(id: String, state: SyncState, reason: String)

  /// One exchange contradicts this host's clock, and nothing else is known.
  case twoClocks(ClockConsensus.Witness)

  /// The clocks contradict each other and no majority tells which are wrong.
  case divided([ClockConsensus.Witness])
}

extension ExchangeEvidence {
  /// What a verdict repeats of the evidence.
  package struct Known: Sendable, Hashable {
    package var id: String

    /// How far the estimate may be off; nil where there is none.
    package var error: Duration?
    package var shortestRoundTrip: Duration?
    package var lastRoundTrip: Duration?

    package init(id: String) { self.id = id }
  }

  var known: Known {
    var known = Known(id: id)
    known.error = interval?.error
    known.shortestRoundTrip = status.shortestRoundTrip
    known.lastRoundTrip = status.lastRoundTrip
    return known
  }
}
