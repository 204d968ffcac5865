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

  /// The processor's time stamp counter, read within `bracket` after `raw`; 0 where there is none.
  package var cycles: UInt64

  /// How long the host has been suspended since boot: CLOCK_BOOTTIME - CLOCK_MONOTONIC. A time
  /// namespace may have set the two apart by any amount, so only its growth says something.
  package var suspended: ClockLead

  /// One of the clocks above, for whoever reads them in another way.
  package enum Clock: Sendable {
    case raw, realtime, monotonic, boottime
    /// The processor's time stamp counter, in cycles.
    case cycles
  }

  /// Reads all four clocks. Calls `clock_gettime(2)`, which needs no system call here.
  package static func read() -> HostClocks {
    read { nanoseconds($0) }
  }

  package init(
    raw: MonotonicInstant, local: LocalInstant, bracket: Duration, cycles: UInt64,
    suspended: ClockLead
  ) {
    self.raw = raw
    self.local = local
    self.bracket = bracket
    self.cycles = cycles
    self.suspended = suspended
  }

  /// Reads all four clocks, in the order that `HostWatch` builds on: a suspend before `raw` was
  /// read is always in `suspended`, since CLOCK_BOOTTIME is read later. One that comes in between
  /// is seen as well, or came after CLOCK_BOOTTIME, when `raw` was already what the answer is
  /// made of.
  ///
  /// A thread that is held up between two readings (SIGSTOP, a busy host) sees the suspended time
  /// in so wide an interval that a suspend could hide in it. So the readings are taken anew until
  /// they lie close together; no suspend is as short as `closeTogether`.
  ///
  /// - Parameter clock: reads a clock, in its own unit.
  package static func read(from clock: (Clock) -> Int64) -> HostClocks {
    for _ in 1..<mostReadings {
      let clocks = readOnce(from: clock)
      if clocks.bracket <= closeTogether,
        clocks.suspended.upper - clocks.suspended.lower <= closeTogether
      {
        return clocks
      }
    }
    return readOnce(from: clock)
  }

  private static let closeTogether = Duration.microseconds(100)
  private static let mostReadings = 100

  private static func readOnce(from clock: (Clock) -> Int64) -> HostClocks {
    let raw = clock(.raw)
    let local = clock(.realtime)
    let cycles = clock(.cycles)
    let end = clock(.raw)
    let before = clock(.monotonic)
    let boot = clock(.boottime)
    let after = clock(.monotonic)
    return HostClocks(
      raw: MonotonicInstant(nanoseconds: raw), local: LocalInstant(nanoseconds: local),
      bracket: .nanoseconds(end - raw), cycles: UInt64(bitPattern: cycles),
      suspended: ClockLead(lower: .nanoseconds(boot - after), upper: .nanoseconds(boot - before)))
  }

  /// CLOCK_MONOTONIC_RAW alone.
  package static func monotonic() -> MonotonicInstant {
    MonotonicInstant(nanoseconds: nanoseconds(.raw))
  }

  /// The processor time of the calling thread. Calls `clock_gettime(2)`, which needs a system call
  /// here.
  package static func threadTime() -> Duration {
    .nanoseconds(nanoseconds(CLOCK_THREAD_CPUTIME_ID))
  }

  /// What a reader of the shared page needs: CLOCK_MONOTONIC_RAW, and just after it CLOCK_REALTIME
  /// as of the last tick, for which no counter is read; nanoseconds. Calls `clock_gettime(2)`.
  package static func coarse() -> (raw: Int64, realtime: Int64) {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_RAW, &time)
    let raw = Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    clock_gettime(CLOCK_REALTIME_COARSE, &time)
    return (raw, Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
  }

  /// The exchange's offset from CLOCK_REALTIME, given its offset from CLOCK_MONOTONIC_RAW at `raw`.
  package func localInterval(
    of interval: OffsetInterval<Monotonic, Exchange>
  ) -> OffsetInterval<Local, Exchange> {
    interval.rebased(to: Offset(from: raw, to: local)).widened(by: bracket)
  }

  static func nanoseconds(_ clock: Clock) -> Int64 {
    let id: clockid_t
    switch clock {
    case .cycles: return Int64(bitPattern: ec_cycles())
    case .raw: id = CLOCK_MONOTONIC_RAW
    case .realtime: id = CLOCK_REALTIME
    case .monotonic: id = CLOCK_MONOTONIC
    case .boottime: id = CLOCK_BOOTTIME
    }
    return nanoseconds(id)
  }

  private static func nanoseconds(_ id: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(id, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Whether the kernel counts CLOCK_MONOTONIC_RAW by the time stamp counter now, so that the two
  /// go on together.
  package static var isCountedByCycles: Bool {
    let name = try? FileContents.read(clockSource, limit: 64)
    return name.map { $0.starts(with: "tsc\n".utf8) } ?? false
  }

  private static let clockSource =
    "/sys/devices/system/clocksource/clocksource0/current_clocksource"
}
