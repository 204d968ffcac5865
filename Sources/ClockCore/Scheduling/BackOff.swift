/// Waits between failed resyncs: doubling from `initial` to `longest`, jittered over the upper
/// half.
package struct BackOff: Sendable, Hashable {
  package var initial: Duration
  package var longest: Duration

  package init(initial: Duration, longest: Duration) {
    self.initial = initial
    self.longest = longest
  }

  /// The wait after the `failures`-th failure in a row, counted from one.
  package func wait(afterFailures failures: Int, random: inout SplitMix64) -> Duration {
    var wait = initial
    for _ in 1..<max(failures, 1) where wait < longest { wait = wait * 2 }
    wait = min(wait, longest)
    return random.duration(in: wait / 2...wait)
  }
}
