internal import ClockCore
internal import LinuxSystem

/// Whether CLOCK_MONOTONIC_RAW has gone on evenly with the processor's time stamp counter.
///
/// Where the kernel counts the clock by that counter, they part only when the clock stops: the
/// counter goes on during a suspend, or begins anew after it. A suspend of less than a second may
/// leave no other trace, since many machines know the length of a suspend in whole seconds only:
/// CLOCK_BOOTTIME then grows by nothing.
///
/// The counter is read within `HostClocks.bracket` after the clock, so the time that passed between
/// two of its readings is known within both brackets, and the time of one cycle within two bounds,
/// which come closer the longer it is watched.
struct CycleWatch: Sendable {
  /// What the kernel's own arithmetic and processors that are not quite in step may come to.
  static let noise = Duration.microseconds(20)
  /// The time it takes to know a cycle well enough.
  static let learning = Duration.seconds(1)

  private let first: HostClocks
  private var last: HostClocks
  /// Nanoseconds of the clock in one cycle, at least and at most; nil until it has been learnt.
  private var period: ClosedRange<Double>?

  /// - Parameter clocks: of a host whose clock is counted by the time stamp counter.
  init(at clocks: HostClocks) {
    first = clocks
    last = clocks
  }

  /// By how much the clock and the counter have parted between the last reading that was confirmed
  /// and this one; nil when they have not.
  func gap(before clocks: HostClocks) -> Duration? {
    guard let period else { return nil }
    let passed = Self.nanoseconds(from: last, to: clocks)
    guard clocks.cycles >= last.cycles else { return .nanoseconds(passed.upperBound) }
    let cycles = Double(clocks.cycles - last.cycles)
    let least = cycles * period.lowerBound - Double(passed.upperBound)
    let most = cycles * period.upperBound - Double(passed.lowerBound)
    // Positive: the clock has lost time.
    let gap = least > 0 ? least : min(most, 0)
    let duration = Duration.nanoseconds(Int64(min(gap.magnitude, 1e18)))
    return duration > Self.noise ? duration : nil
  }

  /// The time of a cycle is learnt from readings between which nothing has happened.
  mutating func confirm(at clocks: HostClocks) {
    guard clocks.raw > last.raw else { return }
    last = clocks
    let passed = Self.nanoseconds(from: first, to: clocks)
    guard passed.lowerBound >= Self.learning.wholeNanoseconds, clocks.cycles > first.cycles else {
      return
    }
    let cycles = Double(clocks.cycles - first.cycles)
    let newer = Double(passed.lowerBound) / cycles...Double(passed.upperBound) / cycles
    // They overlap but for rounding, or the counter has gone another way: then the newer one holds.
    period = period.flatMap { $0.overlaps(newer) ? newer.clamped(to: $0) : nil } ?? newer
  }

  /// The time between the readings of the counter.
  private static func nanoseconds(
    from first: HostClocks, to last: HostClocks
  ) -> ClosedRange<Int64> {
    let passed = last.raw.nanoseconds - first.raw.nanoseconds
    return passed - first.bracket.wholeNanoseconds...passed + last.bracket.wholeNanoseconds
  }
}
