/// Where the daemon is found.
package enum SocketPath {
  package static let standard = "/run/exchange-clock/exchange-clock.sock"

  /// The name of the variable that points clients elsewhere.
  package static let variable = "EXCHANGE_CLOCK_SOCKET"
}
