internal import CSystemd
internal import Glibc

/// What the daemon tells systemd; nothing happens when it was not started by systemd.
package enum ServiceManager {
  /// Sends lines such as "READY=1"; waits while the manager's socket is full. Calls `sd_notify(3)`.
  package static func notify(_ lines: String) {
    sd_notify(0, lines)
  }

  /// How often systemd wants to hear "WATCHDOG=1" at least; nil when it does not watch.
  /// Calls `sd_watchdog_enabled(3)`.
  package static var watchdogInterval: Duration? {
    var microseconds: UInt64 = 0
    guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
    return .microseconds(Int64(clamping: microseconds))
  }
}
