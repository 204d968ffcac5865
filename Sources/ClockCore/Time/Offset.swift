/// The reading of clock `Target` minus the reading of clock `Base` at one moment.
///
/// Positive: the target clock is ahead of the base clock.
package struct Offset<Base: Timescale, Target: Timescale>: Sendable, Hashable, Comparable {
  /// Nanoseconds that the target clock is ahead of the base clock.
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The offset that shows `target` at the moment the base clock shows `base`.
  package init(from base: Instant<Base>, to target: Instant<Target>) {
    nanoseconds = target.nanoseconds - base.nanoseconds
  }

  package static func < (left: Self, right: Self) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  package static func + (offset: Self, duration: Duration) -> Self {
    Self(nanoseconds: offset.nanoseconds + duration.wholeNanoseconds)
  }

  package static func - (offset: Self, duration: Duration) -> Self {
    Self(nanoseconds: offset.nanoseconds - duration.wholeNanoseconds)
  }

  package static func - (left: Self, right: Self) -> Duration {
    .nanoseconds(left.nanoseconds - right.nanoseconds)
  }

  /// What the target clock shows when the base clock shows `instant`.
  package static func + (instant: Instant<Base>, offset: Self) -> Instant<Target> {
    Instant(nanoseconds: instant.nanoseconds + offset.nanoseconds)
  }

  /// The same target clock against another base, given that base's own offset from the first one.
  package func rebased<Other>(to other: Offset<Base, Other>) -> Offset<Other, Target> {
    Offset<Other, Target>(nanoseconds: nanoseconds - other.nanoseconds)
  }
}

/// The exchange's clock minus CLOCK_MONOTONIC_RAW: the quantity that is estimated (theta).
package typealias AnchoredOffset = Offset<Monotonic, Exchange>

/// The exchange's clock minus CLOCK_REALTIME: the quantity that people see.
package typealias LocalOffset = Offset<Local, Exchange>
