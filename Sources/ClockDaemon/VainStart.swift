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
enum VainStart {
  /// Starts every four seconds stay below the unit's StartLimitBurst=.
  static let patience = Duration.seconds(4)

  /// Returns at once where nobody waits, or where systemd has passed no socket.
  static func tell(_ reason: String) {
    guard let socket = try? ServiceManager.listener() else { return }
    tell(reason, at: socket, for: patience)
  }

  static func tell(_ reason: String, at socket: borrowing OwnedDescriptor, for patience: Duration) {
    let refusal = Response.error(RPCError(.internalError, reason), id: .null).text + "\n"
    let end = HostClocks.monotonic() + patience
    var isAlone = true
    repeat {
      while let client = try? UnixSocket.accept(from: socket) {
        isAlone = false
        _ = Array(refusal.utf8).withUnsafeBytes { client.send($0) }
      }
      if isAlone { return }
      usleep(50_000)
    } while HostClocks.monotonic() < end
  }
}
