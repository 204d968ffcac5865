internal import CLinux
internal import Glibc

/// A file descriptor that is closed when its owner goes.
package struct OwnedDescriptor: ~Copyable, Sendable {
  package let number: CInt

  /// Takes over a descriptor that nobody else closes.
  package init(owning number: CInt) {
    self.number = number
  }

  deinit {
    _ = close(number)
  }

  /// A descriptor of /dev/null, to hold a place; nil when there is none left.
  /// Calls `open(2)`.
  package static func null() -> OwnedDescriptor? {
    let number = open("/dev/null", O_RDONLY | O_CLOEXEC)
    return number < 0 ? nil : OwnedDescriptor(owning: number)
  }

  /// Makes this number stand for what another descriptor stands for. Calls `dup3(2)`.
  package borrowing func replace(by other: consuming OwnedDescriptor) throws(SystemError) {
    _ = try check(ec_replace(number, other.number), "replace a descriptor")
  }

  /// What a read or a write came to.
  package enum Transfer: Sendable, Equatable {
    case bytes(Int)
    /// Nothing now; try again when the descriptor is ready.
    case wouldBlock
    /// The other end is gone.
    case closed
  }

  /// Reads what has come to a socket, at most as much as fits. Calls `recv(2)`.
  package borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
    while true {
      let count = Glibc.recv(number, buffer.baseAddress, buffer.count, 0)
      if count > 0 { return .bytes(count) }
      if count == 0 { return .closed }
      if errno == EAGAIN { return .wouldBlock }
      if errno != EINTR { return .closed }
    }
  }

  /// Whether there is something to read, or the other end is gone, within so long. May return
  /// early. Calls `poll(2)`.
  package borrowing func isReadable(within duration: Duration) -> Bool {
    var watched = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    let milliseconds = (max(duration, .zero) / .milliseconds(1)).rounded(.up)
    return poll(&watched, 1, CInt(min(milliseconds, 1e9))) > 0
  }

  /// Whether the file at `path` is this one. Calls `fstat(2)` and `lstat(2)`.
  package borrowing func isAt(_ path: String) -> Bool {
    var (mine, there) = (stat(), stat())
    return fstat(number, &mine) == 0 && lstat(path, &there) == 0
      && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev
  }

  /// Waits until there is something to read, or the other end is gone.
  ///
  /// - Returns: false where the other end of `pipe` is gone first.
  ///
  /// Calls `poll(2)`.
  package borrowing func waitUntilReadable(unlessGone pipe: CInt) -> Bool {
    var watched = [
      pollfd(fd: number, events: Int16(POLLIN), revents: 0),
      // Nothing is asked for: that nobody reads is told in any case.
      pollfd(fd: pipe, events: 0, revents: 0),
    ]
    while poll(&watched, 2, -1) < 0, errno == EINTR {}
    return watched[1].revents & Int16(POLLERR | POLLNVAL) == 0
  }

  /// Writes as much as the other end takes now, without SIGPIPE. Calls `send(2)`.
  package borrowing func send(_ bytes: UnsafeRawBufferPointer) -> Transfer {
    while true {
      let count = Glibc.send(number, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
      if count >= 0 { return .bytes(count) }
      if errno == EAGAIN { return .wouldBlock }
      if errno != EINTR { return .closed }
    }
  }
}
