package import ClockCore

extension LocalHistory.Look {
  /// Reads the clocks; anew where the thread was held up in between. Calls `clock_gettime(2)`.
  package static func read() -> Self {
    read { HostClocks.nanoseconds($0) }
  }

  /// - Parameter clock: reads a clock, in nanoseconds.
  package static func read(from clock: (HostClocks.Clock) -> Int64) -> Self {
    var look = readOnce(from: clock)
    for _ in 1..<100 where look.last - look.first > .microseconds(50) {
      look = readOnce(from: clock)
    }
    return look
  }

  private static func readOnce(from clock: (HostClocks.Clock) -> Int64) -> Self {
    let first = clock(.raw)
    let before = clock(.monotonic)
    let local = clock(.realtime)
    let after = clock(.monotonic)
    let last = clock(.raw)
    return Self(
      first: MonotonicInstant(nanoseconds: first), last: MonotonicInstant(nanoseconds: last),
      local: LocalInstant(nanoseconds: local),
      setting: ClockLead(
        lower: .nanoseconds(local - after), upper: .nanoseconds(local - before)))
  }
}
