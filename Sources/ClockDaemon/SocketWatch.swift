internal import LinuxSystem
internal import Synchronization

/// Whether the file of the daemon's socket is still there: once it is gone nobody can connect any
/// more, and neither the daemon nor systemd is told so. The daemon makes another where the socket
/// is its own.
final class SocketWatch: Sendable {
  enum Finding: Equatable {
    case isThere
    /// It was gone, and clients find another there now.
    case isMadeAnew
    /// What is wrong and what to do.
    case isLost(String)
  }

  let path: String
  private let access: UnixSocket.Access
  /// It is systemd that has to make another.
  private let isPassed: Bool
  private let directory: KeptDirectory?
  /// The file as it is known; nil where it was missing even at the start.
  private let identity: Mutex<UnixSocket.FileIdentity?>

  init(_ socket: borrowing ServingSocket) {
    (path, access, isPassed) = (socket.path, socket.access, socket.isPassed)
    directory = KeptDirectory(of: path)
    identity = Mutex(socket.identity)
  }

  /// - Parameter listen: serves at another socket from now on.
  func look(
    listen: (consuming OwnedDescriptor) throws(SystemError) -> Void
  ) -> Finding {
    // A socket without a name in the file system cannot be lost.
    guard path.hasPrefix("/") || !isPassed else { return .isThere }
    let known = identity.withLock { $0 }
    if let known, UnixSocket.identity(of: path) == known { return .isThere }
    let loss = "the socket \(path) is gone, no client can connect"
    if isPassed {
      return .isLost("\(loss): systemctl restart exchange-clockd.socket exchange-clockd")
    }
    do {
      try directory?.restore()
      let another = try UnixSocket.listen(at: path, mode: access.mode, group: access.group)
      let found = UnixSocket.identity(of: path)
      try listen(another)
      identity.withLock { $0 = found }
      return .isMadeAnew
    } catch {
      return .isLost("\(loss), and another cannot be made: \(error); restart exchange-clockd")
    }
  }

  /// For the end: leaves a socket that is another's.
  func removeFile() {
    guard !isPassed else { return }
    UnixSocket.remove(path, ifStill: identity.withLock { $0 })
  }
}
