internal import CMicroHTTPD
internal import ClockCore
internal import Glibc

/// The clocks of this host.
enum HostClock {
  /// CLOCK_MONOTONIC_RAW.
  static func monotonic() -> MonotonicInstant {
    MonotonicInstant(nanoseconds: ec_mhd_clock_ns(CLOCK_MONOTONIC_RAW))
  }

  /// CLOCK_REALTIME.
  static func local() -> LocalInstant {
    LocalInstant(nanoseconds: ec_mhd_clock_ns(CLOCK_REALTIME))
  }

  /// Both clocks at nearly one moment: of a few tries the one that took least.
  static func pair() -> (local: LocalInstant, monotonic: MonotonicInstant) {
    var best: (local: LocalInstant, monotonic: MonotonicInstant, width: Int64)?
    for _ in 0..<5 {
      let before = monotonic()
      let local = local()
      let width = monotonic().nanoseconds - before.nanoseconds
      if width < best?.width ?? .max {
        let middle = MonotonicInstant(nanoseconds: before.nanoseconds + width / 2)
        best = (local, middle, width)
      }
    }
    return best.map { ($0.local, $0.monotonic) } ?? (local(), monotonic())
  }

  /// CLOCK_MONOTONIC, the timescale of deadlines.
  static func monotonicNanoseconds() -> Int64 {
    ec_mhd_clock_ns(CLOCK_MONOTONIC)
  }
}
