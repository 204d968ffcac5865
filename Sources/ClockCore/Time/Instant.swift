/// A clock that instants can be read from; instants of two timescales never mix by accident.
package protocol Timescale: Sendable {}

/// CLOCK_MONOTONIC_RAW of this boot: neither stepped nor slewed, stops while the host is suspended.
package enum Monotonic: Timescale {}

/// CLOCK_REALTIME of this host, as Unix time: stepped and slewed by whoever keeps it.
package enum Local: Timescale {}

/// The clock of one exchange, as Unix time.
package enum Exchange: Timescale {}

/// A point in time on one timescale.
package struct Instant<Scale: Timescale>: Sendable, Hashable, Comparable {
  /// Nanoseconds since the timescale's origin: the Unix epoch, or the boot for `Monotonic`.
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  package static func < (left: Self, right: Self) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  package static func + (instant: Self, duration: Duration) -> Self {
    Self(nanoseconds: instant.nanoseconds + duration.wholeNanoseconds)
  }

  package static func - (instant: Self, duration: Duration) -> Self {
    Self(nanoseconds: instant.nanoseconds - duration.wholeNanoseconds)
  }

  /// The time from `right` to `left`. Positive: `left` is later.
  package static func - (left: Self, right: Self) -> Duration {
    .nanoseconds(left.nanoseconds - right.nanoseconds)
  }
}

package typealias MonotonicInstant = Instant<Monotonic>
package typealias LocalInstant = Instant<Local>
package typealias ExchangeInstant = Instant<Exchange>
