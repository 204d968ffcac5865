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

  /// What a read or a write came to.
  package enum Transfer: Sendable, Equatable {
    case bytes(Int)
    /// Nothing now; try again when the descriptor is ready.
    case wouldBlock
    /// The other end is gone.
    case closed
  }

  /// Reads what is there, at most as much as fits. Calls `read(2)`.
  package borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
    while true {
      let count = Glibc.read(number, buffer.baseAddress, buffer.count)
      if count > 0 { return .bytes(count) }
      if count == 0 { return .closed }
      if errno == EAGAIN { return .wouldBlock }
      if errno != EINTR { return .closed }
    }
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
