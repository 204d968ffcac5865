internal import Glibc
internal import LinuxSystem

/// Standard output, on which a failure is an error: a script must not take nothing for an answer.
enum Output {
  /// Writes one line at once. Calls `write(2)`.
  static func write(_ line: String) throws(SystemError) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw SystemError("write to standard output", number: errno)
      }
      rest = rest.dropFirst(count)
    }
  }
}
