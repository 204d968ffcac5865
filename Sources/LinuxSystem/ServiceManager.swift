internal import CSystemd
internal import Glibc

/// What the daemon tells systemd, and takes from it; nothing happens when it was not started by
/// systemd.
package enum ServiceManager {
  /// Sends lines such as "READY=1"; waits while the manager's socket is full. Calls `sd_notify(3)`.
  package static func notify(_ lines: String) {
    sd_notify(0, lines)
  }

  /// What announces that the configuration is read anew; "READY=1" ends it. The instant is that of
  /// CLOCK_MONOTONIC, by which the manager tells this reload from an earlier one.
  package static var reloading: String {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return "RELOADING=1\nMONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1_000)"
  }

  /// How often systemd wants to hear "WATCHDOG=1" at least; nil when it does not watch.
  /// Calls `sd_watchdog_enabled(3)`.
  package static var watchdogInterval: Duration? {
    var microseconds: UInt64 = 0
    guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
    return .microseconds(Int64(clamping: microseconds))
  }

  /// Why what systemd passed in cannot be served at.
  package enum ListenerError: Error, Sendable, Equatable, CustomStringConvertible {
    case several(Int)
    case notAStreamSocket
    case system(SystemError)

    package var description: String {
      switch self {
      case .several(let count):
        "systemd passed \(count) sockets, and one is served: leave one ListenStream= in the unit"
      case .notAStreamSocket:
        "what systemd passed is not a listening Unix stream socket: the unit needs one"
          + " ListenStream= with a path"
      case .system(let error): error.description
      }
    }
  }

  /// The listening socket that systemd passed to this process, non-blocking; nil when there is
  /// none. To be called once, before other threads are started. Calls `sd_listen_fds(3)`.
  package static func listener() throws(ListenerError) -> OwnedDescriptor? {
    let count = sd_listen_fds(1)
    guard count > 0 else { return nil }
    guard count == 1 else { throw .several(Int(count)) }
    // SD_LISTEN_FDS_START: the first behind standard error.
    let first: CInt = 3
    guard sd_is_socket_unix(first, CInt(SOCK_STREAM.rawValue), 1, nil, 0) > 0 else {
      throw .notAStreamSocket
    }
    do throws(SystemError) {
      let flags = try check(fcntl(first, F_GETFL), "read the flags of the socket")
      _ = try check(fcntl(first, F_SETFL, flags | O_NONBLOCK), "make the socket non-blocking")
    } catch {
      throw .system(error)
    }
    return OwnedDescriptor(owning: first)
  }
}
