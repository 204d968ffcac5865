internal import ClockCore
internal import Dispatch
internal import LinuxSystem

/// A dispatch timer that fires once for each time it is set, on the queue it was made with.
///
/// It counts CLOCK_MONOTONIC, which runs at the rate of CLOCK_MONOTONIC_RAW within 0.1 %; who is
/// woken a little early sets it again.
final class OneShotTimer {
  private let source: any DispatchSourceTimer

  /// Made and activated in one step: a source that is released before is a crash.
  init(queue: DispatchQueue, handler: @escaping () -> Void) {
    source = DispatchSource.makeTimerSource(queue: queue)
    source.setEventHandler(handler: handler)
    source.schedule(deadline: .distantFuture)
    source.activate()
  }

  deinit {
    source.cancel()
  }

  /// Fires at `instant`, or at once when that has passed; replaces the time set before.
  func set(to instant: MonotonicInstant) {
    let wait = max(instant - HostClocks.monotonic(), .zero).wholeNanoseconds
    source.schedule(deadline: .now() + .nanoseconds(Int(wait)), leeway: .nanoseconds(0))
  }
}
