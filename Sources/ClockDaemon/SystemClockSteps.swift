internal import ClockCore
internal import LinuxSystem

/// How far CLOCK_REALTIME was set, told in few lines: the first step at once, those within a minute
/// of it in one sum.
struct SystemClockSteps {
  /// What is below may be slewing since the last look, or reading.
  static let leastStep = Duration.milliseconds(10)

  /// Between two lines.
  static let quiet = Duration.seconds(60)

  private var last: HostClocks
  private var untold: (count: Int, sum: Duration) = (0, .zero)
  private var told: MonotonicInstant?

  /// By how much it was set the last time, whether that was told or not. Positive: ahead.
  private(set) var lastStep = Duration.zero

  init(at clocks: HostClocks) {
    last = clocks
  }

  /// Whatever CLOCK_REALTIME has done since the last look was no step; called each minute at
  /// least, so that slewing does not add up to what looks like one.
  mutating func looked(at clocks: HostClocks) -> String? {
    last = clocks
    guard untold.count > 0, let told, clocks.raw - told >= Self.quiet else { return nil }
    defer { untold = (0, .zero) }
    self.told = clocks.raw
    let times = untold.count == 1 ? "once more" : "\(untold.count) more times"
    return "the system clock was set \(times), \(Self.text(untold.sum)) in all; offsets follow"
  }

  /// - Returns: what to tell; nil when the clock hardly moved, or the line has to wait.
  mutating func stepped(at clocks: HostClocks) -> String? {
    let passed = clocks.raw - last.raw + (clocks.suspended.midpoint - last.suspended.midpoint)
    let step = clocks.local - last.local - passed
    last = clocks
    lastStep = step
    guard abs(step) >= Self.leastStep else { return nil }
    if let told, clocks.raw - told < Self.quiet {
      untold = (untold.count + 1, untold.sum + step)
      return nil
    }
    told = clocks.raw
    return "the system clock was set \(Self.text(step)); offsets follow"
  }

  private static func text(_ step: Duration) -> String {
    step < .zero ? "back by \(abs(step).shortText)" : "ahead by \(step.shortText)"
  }
}
