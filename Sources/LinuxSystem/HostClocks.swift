internal import CLinux
package import ClockCore
internal import Glibc

/// The local clocks read at one moment.
package struct HostClocks: Sendable, Hashable {
  /// CLOCK_MONOTONIC_RAW, read first.
  package var raw: MonotonicInstant

  /// CLOCK_REALTIME, read within `bracket` after `raw`.
  package var local: LocalInstant

  /// How long the readings took together; nanoseconds unless the thread was interrupted.
  package var bracket: Duration

  /// How long the host has been suspended since boot: CLOCK_BOOTTIME - CLOCK_MONOTONIC.
  package var suspended: Duration

  /// Reads all four clocks. Calls `clock_gettime(2)`, which needs no system call here.
  package static func read() -> HostClocks {
    let raw = nanoseconds(CLOCK_MONOTONIC_RAW)
    let local = nanoseconds(CLOCK_REALTIME)
    let end = nanoseconds(CLOCK_MONOTONIC_RAW)
    // Monotonic second: an interruption between the two makes the difference smaller, so that it
    // is never taken for a suspend.
    let boot = nanoseconds(CLOCK_BOOTTIME)
    let monotonic = nanoseconds(CLOCK_MONOTONIC)
    return HostClocks(
      raw: MonotonicInstant(nanoseconds: raw), local: LocalInstant(nanoseconds: local),
      bracket: .nanoseconds(end - raw), suspended: .nanoseconds(max(boot - monotonic, 0)))
  }

  /// CLOCK_MONOTONIC_RAW alone.
  package static func monotonic() -> MonotonicInstant {
    MonotonicInstant(nanoseconds: nanoseconds(CLOCK_MONOTONIC_RAW))
  }

  /// The kernel believes that an NTP daemon keeps CLOCK_REALTIME; nil where it may not be asked, as
  /// under systemd's ProtectClock=. Calls `adjtimex(2)`.
  package static var isKernelSynchronized: Bool? {
    let answer = ec_clock_is_synchronized()
    return answer < 0 ? nil : answer != 0
  }

  /// The exchange's offset from CLOCK_REALTIME, given its offset from CLOCK_MONOTONIC_RAW at `raw`.
  package func localInterval(
    of interval: OffsetInterval<Monotonic, Exchange>
  ) -> OffsetInterval<Local, Exchange> {
    interval.rebased(to: Offset(from: raw, to: local)).widened(by: bracket)
  }

  private static func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
