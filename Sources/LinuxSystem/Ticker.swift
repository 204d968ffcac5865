internal import CLinux

/// Becomes readable once in every period.
///
/// Who waits for descriptors anyway waits without a time limit so, which the kernel would set a
/// timer for each time, and in a virtual machine that takes longer than answering a request.
package final class Ticker: Sendable {
  private let timer: OwnedDescriptor

  /// To be waited for, and not closed while anybody waits.
  package var descriptor: CInt { timer.number }

  /// Calls `timerfd_create(2)` and `timerfd_settime(2)`.
  ///
  /// - Parameter seconds: the period.
  package init(seconds: Int) throws(SystemError) {
    timer = OwnedDescriptor(
      owning: try check(ec_ticker_open(Int64(seconds)), "make a timer"))
  }

  /// Is not readable any more until the period is over. Calls `read(2)`.
  package func take() {
    ec_ticker_take(timer.number)
  }
}
