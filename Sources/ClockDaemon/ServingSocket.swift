internal import DaemonSettings
internal import LinuxSystem

/// The socket that the daemon serves at: the one that systemd has passed in, or one of its own.
struct ServingSocket: ~Copyable {
  let descriptor: OwnedDescriptor

  /// Where it is, for people.
  let path: String

  /// What tells its file from another; nil where it is systemd's, and not to be removed.
  let identity: UnixSocket.FileIdentity?

  /// - Parameter path: where to make one if systemd has passed none.
  init(at path: String, _ settings: DaemonSettings) throws {
    if let passed = try ServiceManager.listener() {
      self.path = UnixSocket.path(of: passed) ?? "a socket without a name"
      identity = nil
      descriptor = passed
    } else {
      descriptor = try UnixSocket.listen(
        at: path, mode: settings.socketMode, group: settings.socketGroup)
      self.path = path
      identity = UnixSocket.identity(of: path)
    }
  }
}
