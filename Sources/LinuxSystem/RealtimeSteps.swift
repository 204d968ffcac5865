internal import CLinux

/// Becomes readable whenever somebody sets CLOCK_REALTIME, and when the host resumes from a
/// suspend that moved it.
package final class RealtimeSteps: Sendable {
  private let timer: OwnedDescriptor

  /// To be waited for, and not closed while anybody waits.
  package var descriptor: CInt { timer.number }

  /// Calls `timerfd_create(2)` and `timerfd_settime(2)`.
  package init() throws(SystemError) {
    timer = OwnedDescriptor(owning: try check(ec_realtime_steps_open(), Self.purpose))
    try arm()
  }

  /// Whether the clock was set; the next step is reported again. Who looks at the clock after this
  /// misses none. Calls `read(2)` and `timerfd_settime(2)`.
  package func take() throws(SystemError) -> Bool {
    guard ec_realtime_steps_take(timer.number) == 1 else { return false }
    try arm()
    return true
  }

  private func arm() throws(SystemError) {
    _ = try check(ec_realtime_steps_arm(timer.number), Self.purpose)
  }

  private static let purpose = "watch for steps of CLOCK_REALTIME"
}
