internal import ClockCore
internal import LinuxSystem

/// How fast CLOCK_REALTIME runs against CLOCK_MONOTONIC_RAW, that is how it is slewed, in the mean
/// between two looks.
struct LocalRate: Sendable {
  /// Positive: CLOCK_REALTIME is fast. As of the last two looks; 0 before.
  private(set) var ppm = 0.0
  private var last: (raw: MonotonicInstant, local: LocalInstant)

  /// Less than this is too short for clocks that are not read at one moment.
  private static let least = Duration.seconds(1)

  init(at clocks: HostClocks = .read()) {
    last = (clocks.raw, clocks.local)
  }

  mutating func look(at clocks: HostClocks) {
    let passed = clocks.raw - last.raw
    guard passed >= Self.least else { return }
    let ahead = (clocks.local - last.local) - passed
    ppm = Double(ahead.wholeNanoseconds) / Double(passed.wholeNanoseconds) * 1e6
    last = (clocks.raw, clocks.local)
  }

  /// CLOCK_REALTIME was set, which is no rate.
  mutating func begin(at clocks: HostClocks) {
    last = (clocks.raw, clocks.local)
  }
}
