internal import ClockCore
internal import LinuxSystem

/// Whether a virtual machine stood still without being told: its CLOCK_MONOTONIC_RAW stopped with
/// it, and its hardware clock went on.
///
/// The hardware clock shows whole seconds, so one look knows its lead over the time that this host
/// counts within a second; looks at other phases of the second narrow that. A pause of 2.6 s is
/// noticed at the next look, after a dozen looks one of 1.7 s, and one of 0.7 s a dozen looks
/// later. One that CLOCK_MONOTONIC_RAW did count (a processor's counter may go on) is none.
///
/// The hardware clock may also be set. Backwards, that means nothing. Ahead, it is no pause if it
/// follows CLOCK_REALTIME, as the kernel has it do where an NTP daemon runs: that clock was stepped
/// at an earlier look, stayed since, and the two agree now. Where both jump between two looks, it
/// was one or the other: a guest agent sets CLOCK_REALTIME right after a pause. That is taken for a
/// pause.
struct PauseWatch {
  /// How far the two clocks may drift apart by themselves, ppm.
  static let driftPPM = 1000

  /// How badly the hardware clock may keep its seconds, besides.
  static let jitter = Duration.milliseconds(250)

  /// How far from CLOCK_REALTIME the hardware clock may be once it follows. Setting it writes whole
  /// seconds; some keep the fraction they had, as emulated ones do.
  private static let settingError = Duration.milliseconds(600)

  /// What CLOCK_REALTIME moves by itself between two looks is less.
  private static let leastStep = Duration.seconds(1)

  private var lead: ClockLead?
  private var lastLook: (counted: Duration, local: Duration)?
  /// CLOCK_REALTIME was stepped, and the hardware clock has not followed yet.
  private var isToFollow = false

  /// - Parameters:
  ///   - seconds: what the hardware clock showed, truncated.
  ///   - before: read before it.
  ///   - after: read after it.
  /// - Returns: how long the machine stood still at least; nil when it did not.
  mutating func looked(seconds: Int64, before: HostClocks, after: HostClocks) -> Duration? {
    let (first, last) = (before.counted.lower, after.counted.upper)
    let newer = ClockLead(
      lower: .seconds(seconds) - last - Self.jitter,
      upper: .seconds(seconds + 1) - first + Self.jitter)
    let local = Duration.nanoseconds(after.local.nanoseconds)
    let agrees =
      newer.lower + last - Self.settingError <= local
      && local <= newer.upper + last + Self.settingError
    defer {
      lastLook = (last, local)
      if agrees { isToFollow = false }
    }
    guard var lead, let lastLook else {
      lead = newer
      return nil
    }
    let passed = last - lastLook.counted
    let isStepped = abs(local - lastLook.local - passed) >= Self.leastStep
    if isStepped { isToFollow = true }
    let change = lead.look(newer, tolerance: passed * Self.driftPPM / 1_000_000)
    self.lead = lead
    guard case .grown(let time) = change, !(agrees && isToFollow && !isStepped) else { return nil }
    return time
  }
}

extension HostClocks {
  /// The time since boot as far as this host has counted it: awake, and suspended.
  fileprivate var counted: (lower: Duration, upper: Duration) {
    let awake = Duration.nanoseconds(raw.nanoseconds)
    return (awake + suspended.lower, awake + suspended.upper)
  }
}
