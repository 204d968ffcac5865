internal import ClockCore
internal import ClockProtocol
internal import Glibc
internal import JSONDocument
internal import LinuxSystem

/// A start that comes to nothing although clients wait at the socket that systemd has opened.
///
/// They are told why, and so is who comes within the next seconds. Were they left to wait, systemd
/// would start the daemon again at once, until it gives up both units; then a configuration that
/// has been mended does not start either.
///
/// `systemctl start` joins a start that a client has caused. So what stands in the way is looked at
/// again meanwhile, and the start goes on where it has been mended.
enum VainStart {
  /// Starts every four seconds stay below the unit's StartLimitBurst=.
  static let patience = Duration.seconds(4)

  /// Between two looks at what stands in the way.
  static let pause = Duration.milliseconds(500)

  /// Returns at once where nobody waits, or where systemd has passed no socket.
  ///
  /// - Parameter lookAgain: nil while the start is in vain.
  /// - Returns: what it needs to go on after all; nil where it is to end.
  static func tell<Value>(
    _ reason: String, at socket: borrowing OwnedDescriptor?, for patience: Duration = patience,
    pause: Duration = pause, lookAgain: () -> Value?
  ) -> Value? {
    switch socket {
    case .none: return nil
    case .some(let socket):
      let refusal = Response.error(RPCError(.internalError, reason), id: .null).text + "\n"
      let start = HostClocks.monotonic()
      var lastLook = start
      var isAlone = true
      while true {
        while let client = try? UnixSocket.accept(from: socket) {
          isAlone = false
          _ = Array(refusal.utf8).withUnsafeBytes { client.send($0) }
        }
        let now = HostClocks.monotonic()
        if isAlone || now >= start + patience { return nil }
        if now >= lastLook + pause {
          lastLook = now
          if let value = lookAgain() { return value }
        }
        usleep(50_000)
      }
    }
  }
}
