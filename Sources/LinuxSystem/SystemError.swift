internal import Glibc

/// A system call that failed, on what, and why.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was tried, on which object: "bind /run/exchange-clock/exchange-clock.sock".
  package var operation: String

  /// The error number of errno(3).
  package var number: CInt

  package init(_ operation: String, number: CInt) {
    self.operation = operation
    self.number = number
  }

  /// The call that failed just now, with the errno it left.
  init(_ operation: String) {
    let number = errno
    self.init(operation, number: number)
  }

  /// Whether it was forbidden to this user.
  package var isForbidden: Bool { number == EACCES || number == EPERM }

  package var description: String {
    "\(operation): \(String(cString: strerror(number)))"
  }
}

/// The result of a system call that answers -1 on failure.
func check(_ result: CInt, _ operation: @autoclosure () -> String) throws(SystemError) -> CInt {
  guard result >= 0 else {
    let number = errno
    throw SystemError(operation(), number: number)
  }
  return result
}
