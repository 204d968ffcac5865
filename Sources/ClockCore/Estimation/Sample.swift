/// What one probe yields: the exchange's stamp and the two local instants around it.
///
/// The request left after `sent`, the answer's first byte was in before `received`, and the
/// exchange read its clock somewhere between. With no assumption on how the round trip divides:
///
///     offset at `received`  >=  stamp - received               (the stamp was made before)
///     offset at `sent`      <=  stamp + resolution - sent      (the stamp was made after)
package struct Sample: Sendable, Hashable {
  /// Taken before the first byte of the request was written, on a connection already made.
  package var sent: MonotonicInstant

  /// Taken after the first byte of the answer was read.
  package var received: MonotonicInstant

  /// The exchange's answer, truncated to `resolution`.
  package var stamp: ExchangeInstant

  /// The quantum of the exchange's answer.
  package var resolution: Duration

  package init(
    sent: MonotonicInstant, received: MonotonicInstant, stamp: ExchangeInstant,
    resolution: Duration
  ) {
    precondition(sent <= received, "an answer cannot come before its request")
    self.sent = sent
    self.received = received
    self.stamp = stamp
    self.resolution = resolution
  }

  package var roundTrip: Duration { received - sent }

  /// The bounds that this sample alone puts on the offset at `instant`.
  package func interval(
    at instant: MonotonicInstant, drift: DriftBound
  ) -> OffsetInterval<Monotonic, Exchange> {
    let lower =
      AnchoredOffset(from: received, to: stamp) - drift.margin(over: instant - received)
    let upper =
      AnchoredOffset(from: sent, to: stamp + resolution) + drift.margin(over: instant - sent)
    guard let interval = OffsetInterval(lower: lower, upper: upper) else {
      preconditionFailure("a sample's bounds are at least a round trip apart")
    }
    return interval
  }
}
