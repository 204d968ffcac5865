internal import ClockCore

/// A clock of its own: set once from the host's clock, then carried by CLOCK_MONOTONIC_RAW alone.
///
///     reading(t) = origin + (t - anchor) * (1 + drift)
///
/// A step or slew of CLOCK_REALTIME therefore does not reach it; a suspended host stops it.
struct SimulatedClock: Sendable {
  private var anchor: MonotonicInstant
  /// What the clock showed at the anchor.
  private var origin: ExchangeInstant
  /// Parts per million. Positive: the clock is fast.
  private(set) var driftPPM: Double

  init(reading origin: ExchangeInstant, at anchor: MonotonicInstant, driftPPM: Double) {
    self.anchor = anchor
    self.origin = origin
    self.driftPPM = driftPPM
  }

  func reading(at now: MonotonicInstant) -> ExchangeInstant {
    let elapsed = now.nanoseconds - anchor.nanoseconds
    let drift = (Double(elapsed) * driftPPM / 1e6).rounded()
    return ExchangeInstant(nanoseconds: origin.nanoseconds + elapsed + Int64(drift))
  }

  /// Moves the clock. Positive: forwards.
  mutating func step(by duration: Duration) {
    origin = origin + duration
  }

  /// Changes the rate from now on, without a step.
  mutating func setDrift(_ driftPPM: Double, at now: MonotonicInstant) {
    origin = reading(at: now)
    anchor = now
    self.driftPPM = driftPPM
  }
}
