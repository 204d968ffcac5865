/// Where the daemon is found.
package enum SocketPath {
  package static let standard = "/run/exchange-clock/exchange-clock.sock"

  /// The name of the variable that points clients elsewhere.
  package static let variable = "EXCHANGE_CLOCK_SOCKET"

  /// The shared page of the daemon that serves a socket.
  package static func page(besideSocket path: String) -> String {
    let directory = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    return directory + PageLayout.fileName
  }
}
