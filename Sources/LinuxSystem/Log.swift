internal import Glibc

/// Lines for the operator, on standard error.
package enum Log {
  /// The priorities of syslog(3), most urgent first.
  package enum Priority: Int, Sendable {
    case error = 3
    case warning = 4
    case notice = 5
    case info = 6
  }

  /// Where standard error is not a terminal, each line begins with its priority as `<N>`, which is
  /// how journald tells them apart (sd-daemon(3)).
  private static let showsPriority = isatty(2) == 0

  /// Writes one line at once, so that lines of several threads do not mix. Calls `write(2)`.
  package static func write(_ priority: Priority, _ message: String) {
    let prefix = showsPriority ? "<\(priority.rawValue)>" : ""
    let line = Array("\(prefix)\(message)\n".utf8)
    _ = Glibc.write(2, line, line.count)
  }
}
