/// The offset of an exchange's clock as an interval that holds the truth and grows with age.
///
/// Symbols: r is an instant of CLOCK_MONOTONIC_RAW, x the exchange's clock, theta(r) = x - r the
/// anchored offset. The clock says: theta is within `interval` at `asOf`, and changes at one of
/// `rates` from there, in either direction of time.
package struct IntervalClock: Sendable, Hashable {
  /// The instant at which `interval` holds as it stands.
  package var asOf: MonotonicInstant

  package var interval: OffsetInterval<Monotonic, Exchange>

  /// The rates at which the offset may change, the oscillator's wander included.
  package var rates: RateInterval

  package init(
    asOf: MonotonicInstant, interval: OffsetInterval<Monotonic, Exchange>, rates: RateInterval
  ) {
    self.asOf = asOf
    self.interval = interval
    self.rates = rates
  }

  package init(
    asOf: MonotonicInstant, interval: OffsetInterval<Monotonic, Exchange>, drift: DriftBound
  ) {
    self.init(asOf: asOf, interval: interval, rates: RateInterval(within: drift))
  }

  /// What is known of the offset at `instant`, before or after `asOf`.
  package func interval(at instant: MonotonicInstant) -> OffsetInterval<Monotonic, Exchange> {
    let elapsed = Double(instant.nanoseconds - asOf.nanoseconds)
    var moved = interval
    moved.lower.nanoseconds += rates.leastChange(overNanoseconds: elapsed)
    moved.upper.nanoseconds += rates.mostChange(overNanoseconds: elapsed)
    return moved
  }

  /// Whether the two can both be true of a clock that stays within `drift`.
  package func agrees(with other: IntervalClock, within drift: DriftBound) -> Bool {
    let mine = IntervalClock(asOf: asOf, interval: interval, drift: drift)
    return mine.interval(at: other.asOf).intersection(other.interval) != nil
  }

  /// Whether the two can both be true at the rates of this one.
  package func covers(_ other: IntervalClock) -> Bool {
    interval(at: other.asOf).intersection(other.interval) != nil
  }

  /// The same with the ends moved outwards, for what single answers were seen to be off by.
  package func widened(by spread: Spread) -> IntervalClock {
    var wider = self
    wider.interval.lower = interval.lower - spread.below
    wider.interval.upper = interval.upper + spread.above
    return wider
  }

  /// The instant at which the error will have grown to `limit`; nil when that never happens, and
  /// no later than `asOf` when it is already larger.
  package func instant(errorReaches limit: Duration) -> MonotonicInstant? {
    guard rates.errorPPM > 0 else { return nil }
    let room = Double((limit - interval.error).wholeNanoseconds)
    let nanoseconds = room * 1e6 / rates.errorPPM
    return nanoseconds < 9e18 - Double(asOf.nanoseconds)
      ? asOf + .nanoseconds(Int64(max(nanoseconds, 0))) : nil
  }

  /// How far `other` is from this clock. Positive: it is ahead.
  package func jump(to other: IntervalClock) -> Duration {
    other.interval.midpoint - interval(at: other.asOf).midpoint
  }
}
