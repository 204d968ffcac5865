internal import LinuxSystem

/// Whether the file of the daemon's socket is still there: once it is gone nobody can connect any
/// more, and neither the daemon nor systemd is told so.
struct SocketWatch: Sendable {
  let path: String
  /// The file as it was at the start; nil where it was missing even then.
  let identity: UnixSocket.FileIdentity?
  /// It is systemd that has to make another.
  let isPassed: Bool

  /// What is wrong and what to do; nil where all is well.
  var problem: String? {
    // A socket without a name in the file system cannot be lost.
    guard path.hasPrefix("/") else { return nil }
    if let identity, UnixSocket.identity(of: path) == identity { return nil }
    let units = isPassed ? "exchange-clockd.socket exchange-clockd" : "exchange-clockd"
    return "the socket \(path) is gone, no client can connect: systemctl restart \(units)"
  }
}
