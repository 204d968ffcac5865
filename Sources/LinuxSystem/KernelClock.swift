internal import CLinux

/// What the kernel thinks of CLOCK_REALTIME.
package struct KernelClock: Sendable, Hashable {
  /// It believes that an NTP daemon keeps the clock.
  package var isSynchronized: Bool

  /// What the NTP daemon said; without one the maximum grows to 16 s and stays there.
  package var estimatedError: Duration
  package var maximumError: Duration

  /// What is still to be slewed away. Positive: the clock is behind.
  package var offset: Duration

  package init(
    isSynchronized: Bool, estimatedError: Duration, maximumError: Duration,
    offset: Duration = .zero
  ) {
    self.isSynchronized = isSynchronized
    self.estimatedError = estimatedError
    self.maximumError = maximumError
    self.offset = offset
  }

  /// Nil where it may not be asked, as under systemd's ProtectClock=. Calls `adjtimex(2)`.
  package static func read() -> KernelClock? {
    var state = ec_kernel_clock()
    guard ec_read_kernel_clock(&state) == 0 else { return nil }
    return KernelClock(
      isSynchronized: state.synchronized != 0,
      estimatedError: .microseconds(state.estimated_error_us),
      maximumError: .microseconds(state.maximum_error_us),
      offset: .nanoseconds(state.offset_ns))
  }
}
