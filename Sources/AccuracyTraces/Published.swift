internal import ClockCore
internal import ClockSimulation

/// What a reader is told of an exchange's clock at one instant, and what is true. All that the
/// benchmark asks of the estimator is here.
struct Published {
  /// The exchange's clock minus the simulated host's, ns. Positive: the exchange is ahead.
  var estimate: Int64
  /// The ends of the bound, ns.
  var lower: Int64
  var upper: Int64
  /// As it truly is, ns.
  var truth: Int64

  /// Nil while nothing is published.
  init?(_ status: ExchangeStatus, at now: MonotonicInstant, truth: AnchoredOffset) {
    guard let interval = status.interval(at: now) else { return nil }
    estimate = HostUnixTime.offset(interval.midpoint)
    lower = HostUnixTime.offset(interval.lower)
    upper = HostUnixTime.offset(interval.upper)
    self.truth = HostUnixTime.offset(truth)
  }

  var isTrue: Bool { lower <= truth && truth <= upper }

  /// Half the width of the bound, ns, rounded up.
  var bound: Int64 { (upper - lower + 1) / 2 }
}

/// The Unix time of a simulated host, for programs that know no other clock: a fixed offset from
/// CLOCK_MONOTONIC_RAW, as if nobody corrected the host's oscillator.
enum HostUnixTime {
  /// Unix time minus CLOCK_MONOTONIC_RAW, ns: a perfect exchange's clock is 0 ahead at the start.
  private static let origin = SimulatedServer.epoch - 1_000_000_000_000

  static func nanoseconds(_ instant: MonotonicInstant) -> Int64 {
    instant.nanoseconds + origin
  }

  static func offset(_ anchored: AnchoredOffset) -> Int64 {
    anchored.nanoseconds - origin
  }
}
