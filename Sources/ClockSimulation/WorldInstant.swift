package import ClockCore

/// True time of the simulated world: no clock in it shows this, every clock is a function of it.
package enum World: Timescale {}

/// Nanoseconds since the simulation began.
package typealias WorldInstant = Instant<World>

extension Instant<World> {
  /// The instant so long after the simulation began.
  package static func after(_ duration: Duration) -> Self {
    Self(nanoseconds: duration.wholeNanoseconds)
  }
}
