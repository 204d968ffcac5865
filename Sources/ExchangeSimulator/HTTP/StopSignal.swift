internal import CMicroHTTPD
internal import ClockCore
internal import Glibc

/// Wakes every sleeping thread of a server at once, so that a stop never waits for a delay.
final class StopSignal: Sendable {
  /// An eventfd that becomes readable for good when the signal is raised.
  private let event: Int32

  init() throws(SimulatorError) {
    event = ec_mhd_event()
    guard event >= 0 else { throw .system("eventfd", errno) }
  }

  deinit {
    close(event)
  }

  func raise() {
    ec_mhd_raise(event)
  }

  /// Sleeps for that long; false where the signal ended the sleep, or had been raised before.
  func sleep(_ duration: Duration) -> Bool {
    guard duration > .zero else { return true }
    let deadline = HostClock.monotonicNanoseconds() + duration.wholeNanoseconds
    return ec_mhd_wait(event, -1, deadline) == ec_mhd_elapsed
  }

  /// Sleeps until the peer of `socket` hangs up or the signal is raised.
  func sleepUntilHangUp(of socket: Int32) {
    _ = ec_mhd_wait(event, socket, -1)
  }
}
