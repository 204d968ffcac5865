internal import Glibc

/// What the process may use, and what it inherits.
package enum ProcessLimits {
  /// Raises the number of descriptors to what the system allows, and says how many that are.
  /// Calls `setrlimit(2)`.
  package static func raiseDescriptors() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    // More than this serves nobody here, and some systems allow a thousand times more.
    limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 1 << 17))
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return Int(clamping: limit.rlim_cur)
  }

  /// Opens /dev/null in place of each of standard input, output and error that is closed, so that
  /// no socket takes its number; for reading, so that a write is still an error.
  package static func fillStandardDescriptors() {
    for number: CInt in 0...2 where fcntl(number, F_GETFD) < 0 {
      // The lowest free number is taken, which is this one.
      _ = open("/dev/null", O_RDONLY)
    }
  }

  /// A write to a pipe that nobody reads, or beyond what a file may grow to, is an error, not the
  /// end.
  package static func ignoreFailedWrites() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }
}
