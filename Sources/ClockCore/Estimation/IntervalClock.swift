/// The offset of an exchange's clock as an interval that holds the truth and grows with age.
///
/// Problem: the exchange's clock can only be read through a network whose delays are unknown and
/// not symmetric, and both clocks drift between readings.
///
/// Symbols: r is an instant of CLOCK_MONOTONIC_RAW, x the exchange's clock, theta(r) = x - r the
/// anchored offset. The clock says: theta(r) is within `interval` widened by `drift` times
/// |r - asOf|.
///
/// Assumptions: each sample's stamp was made between its two local instants; the two clocks run
/// apart by at most `drift`; neither is stepped. Symmetry of the path is not assumed.
///
/// What breaks it: a cached answer (the stamp is older than the request), a step of the
/// exchange's clock, a suspend of this host (CLOCK_MONOTONIC_RAW stops). The first two show as an
/// empty intersection with what was known before; the third is reported by the system.
///
/// Sources: Marzullo & Owicki 1985; Cristian 1989; Lamport 1987.
package struct IntervalClock: Sendable, Hashable {
  /// The instant at which `interval` holds as it stands.
  package var asOf: MonotonicInstant

  package var interval: OffsetInterval<Monotonic, Exchange>

  package var drift: DriftBound

  package init(
    asOf: MonotonicInstant, interval: OffsetInterval<Monotonic, Exchange>, drift: DriftBound
  ) {
    self.asOf = asOf
    self.interval = interval
    self.drift = drift
  }

  /// What is known of the offset at `instant`, before or after `asOf`.
  package func interval(at instant: MonotonicInstant) -> OffsetInterval<Monotonic, Exchange> {
    interval.widened(by: drift.margin(over: instant - asOf))
  }

  /// Both clocks' knowledge at `instant`, or nil when they contradict each other.
  package func combined(with other: IntervalClock, at instant: MonotonicInstant) -> IntervalClock? {
    interval(at: instant).intersection(other.interval(at: instant)).map {
      IntervalClock(asOf: instant, interval: $0, drift: drift)
    }
  }

  /// The instant at which the error will have grown to `limit`; nil when that never happens, and
  /// `asOf` when it is already larger.
  package func instant(errorReaches limit: Duration) -> MonotonicInstant? {
    drift.time(toReach: limit - interval.error).map { asOf + $0 }
  }

  /// How far `other` is from this clock. Positive: it is ahead.
  package func jump(to other: IntervalClock) -> Duration {
    other.interval.midpoint - interval(at: other.asOf).midpoint
  }
}
