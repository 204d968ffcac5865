internal import CLinux
internal import ClockCore
internal import Glibc

/// Waits for many descriptors at once, and can be woken from any thread.
///
/// Owned by one thread; only `wake` may be called from others.
package final class Poller: Sendable {
  package struct Event: Sendable {
    package var token: UInt64
    package var isReadable: Bool
    package var isWritable: Bool
    /// The other end will send no more.
    package var isEnded: Bool
    /// The other end is gone, in both directions.
    package var isClosed: Bool
  }

  private let epoll: OwnedDescriptor
  private let bell: OwnedDescriptor
  private static let bellToken = UInt64.max

  /// Room for what is ready; of the owner's thread alone.
  private nonisolated(unsafe) let events = UnsafeMutableBufferPointer<ec_epoll_event>.allocate(
    capacity: 64)

  package init() throws(SystemError) {
    epoll = OwnedDescriptor(owning: try check(ec_epoll_create(), "make an epoll"))
    bell = OwnedDescriptor(owning: try check(ec_eventfd(), "make an eventfd"))
    _ = try check(
      ec_epoll_add(epoll.number, bell.number, Self.bellToken), "watch an eventfd")
  }

  deinit {
    events.deallocate()
  }

  /// Watches a connection, or a socket that listens. `token` comes back once when something comes,
  /// not again for as long as that is not read.
  package func add(_ socket: borrowing OwnedDescriptor, token: UInt64) throws(SystemError) {
    _ = try check(ec_epoll_add_socket(epoll.number, socket.number, token), "watch a socket")
  }

  /// Watches a timer, which stays open as long as this. `token` comes back for as long as it is not
  /// read.
  package func add(timer descriptor: CInt, token: UInt64) throws(SystemError) {
    _ = try check(ec_epoll_add(epoll.number, descriptor, token), "watch a timer")
  }

  /// Whether to tell when something comes, at once where it has come already, and when a connection
  /// takes more again.
  package func change(
    connection: borrowing OwnedDescriptor, token: UInt64, reading: Bool, writing: Bool
  ) {
    ec_epoll_modify_connection(
      epoll.number, connection.number, token, reading ? 1 : 0, writing ? 1 : 0)
  }

  package func remove(_ descriptor: borrowing OwnedDescriptor) {
    ec_epoll_remove(epoll.number, descriptor.number)
  }

  /// Ends a `wait` under way, or the next one.
  package func wake() {
    var one: UInt64 = 1
    _ = write(bell.number, &one, 8)
  }

  package func remove(timer descriptor: CInt) {
    ec_epoll_remove(epoll.number, descriptor)
  }

  /// Waits until something is ready or `wake` was called, and no longer than that, in milliseconds
  /// rounded up; nil: for as long as it takes. Calls `epoll_wait(2)`.
  package func wait(for patience: Duration? = nil, _ handle: (Event) -> Void) {
    let milliseconds = patience.map { CInt(($0.wholeNanoseconds + 999_999) / 1_000_000) } ?? -1
    let count = ec_epoll_wait(
      epoll.number, events.baseAddress, CInt(events.count), milliseconds)
    for event in events.prefix(Int(max(count, 0))) {
      if event.token == Self.bellToken {
        var sum: UInt64 = 0
        _ = read(bell.number, &sum, 8)
      } else {
        handle(
          Event(
            token: event.token, isReadable: event.readable != 0,
            isWritable: event.writable != 0, isEnded: event.ended != 0,
            isClosed: event.closed != 0))
      }
    }
  }
}
