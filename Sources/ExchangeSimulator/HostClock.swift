internal import CMicroHTTPD
internal import ClockCore
internal import Glibc

/// The clocks of this host.
enum HostClock {
  /// CLOCK_MONOTONIC_RAW.
  static func monotonic() -> MonotonicInstant {
    MonotonicInstant(nanoseconds: read(CLOCK_MONOTONIC_RAW))
  }

  /// CLOCK_REALTIME.
  static func local() -> LocalInstant {
    LocalInstant(nanoseconds: read(CLOCK_REALTIME))
  }

  /// CLOCK_MONOTONIC, the timescale of deadlines.
  static func monotonicNanoseconds() -> Int64 {
    read(CLOCK_MONOTONIC)
  }

  /// Calls `clock_gettime(2)`.
  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
