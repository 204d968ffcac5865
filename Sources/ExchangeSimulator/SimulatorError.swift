internal import Glibc

/// Why a simulator could not start or take a change.
package enum SimulatorError: Error, Equatable, CustomStringConvertible {
  /// A system call that failed, with its errno.
  case system(String, Int32)
  /// A server that could not listen on that loopback port.
  case listen(port: UInt16, String)
  /// A request that cannot be met, in a sentence that names what is allowed.
  case refused(String)

  package var description: String {
    switch self {
    case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
    case .listen(let port, let why):
      "cannot listen on 127.0.0.1\(port == 0 ? "" : ":\(port)"): \(why)"
    case .refused(let why): why
    }
  }
}
