/// What one probe yields: the exchange's stamps and the two local instants around them.
///
/// The request left after `sent`, the answer's first byte was in before `received`. The exchange
/// read its clock as `arrival` after the request came in and as `departure` before the answer
/// went out; most exchanges read it once, which is then both. With no assumption on how the round
/// trip divides:
///
///     offset at `received`  >=  departure - received
///     offset at `sent`      <=  arrival + resolution - sent
///
/// The first line holds for any answer, however old. The second needs an answer that was made for
/// this request; one out of a cache has no upper bound.
package struct Sample: Sendable, Hashable {
  /// Taken before the first byte of the request was written, on a connection already made.
  package var sent: MonotonicInstant

  /// Taken after the first byte of the answer was read.
  package var received: MonotonicInstant

  /// The exchange's first stamp, truncated to `resolution`.
  package var arrival: ExchangeInstant

  /// The exchange's last stamp, truncated to `resolution`; not before `arrival`.
  package var departure: ExchangeInstant

  /// The quantum of the exchange's stamps.
  package var resolution: Duration

  /// The answer says of itself that it comes out of a cache.
  package var isCached: Bool

  package init(
    sent: MonotonicInstant, received: MonotonicInstant, arrival: ExchangeInstant,
    departure: ExchangeInstant, resolution: Duration, isCached: Bool = false
  ) {
    precondition(sent <= received, "an answer cannot come before its request")
    precondition(arrival <= departure, "a request arrives before its answer departs")
    self.sent = sent
    self.received = received
    self.arrival = arrival
    self.departure = departure
    self.resolution = resolution
    self.isCached = isCached
  }

  /// A sample with one stamp, of unknown place between the two instants.
  package init(
    sent: MonotonicInstant, received: MonotonicInstant, stamp: ExchangeInstant,
    resolution: Duration
  ) {
    self.init(
      sent: sent, received: received, arrival: stamp, departure: stamp, resolution: resolution)
  }

  package var roundTrip: Duration { received - sent }

  /// The lower bound, which holds at `received`.
  var lower: AnchoredOffset { AnchoredOffset(from: received, to: departure) }

  /// The upper bound, which holds at `sent` if the answer was made for this request.
  var upper: AnchoredOffset { AnchoredOffset(from: sent, to: arrival + resolution) }

  /// The bounds that this sample alone puts on the offset at `instant`; nil where the exchange's
  /// stamps are further apart than the round trip, which no clock within `drift` explains.
  package func interval(
    at instant: MonotonicInstant, drift: DriftBound
  ) -> OffsetInterval<Monotonic, Exchange>? {
    OffsetInterval(
      lower: lower - drift.margin(over: instant - received),
      upper: upper + drift.margin(over: instant - sent))
  }
}
