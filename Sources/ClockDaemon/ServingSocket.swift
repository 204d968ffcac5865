internal import DaemonSettings
internal import LinuxSystem

/// The socket that the daemon serves at: the one that systemd has passed in, or one of its own.
struct ServingSocket: ~Copyable {
  let descriptor: OwnedDescriptor

  /// Where it is, for people.
  let path: String

  /// Systemd has made it, and keeps it: its file is not to be removed.
  let isPassed: Bool

  /// Its file as it is found now; nil where there is none.
  let identity: UnixSocket.FileIdentity?

  /// Who may write to it.
  let access: UnixSocket.Access

  /// - Parameters:
  ///   - passed: by systemd, which alone says who may use it then.
  ///   - path: where to make one if systemd has passed none.
  init(
    passed: consuming OwnedDescriptor?, at path: String, _ settings: DaemonSettings
  ) throws(UnixSocket.ListenError) {
    if let passed {
      self.path = UnixSocket.path(of: passed) ?? "a socket without a name"
      descriptor = passed
      isPassed = true
    } else {
      descriptor = try UnixSocket.listen(
        at: path, mode: settings.socketMode, group: settings.socketGroup)
      self.path = path
      isPassed = false
    }
    identity = UnixSocket.identity(of: self.path)
    access =
      isPassed
      ? UnixSocket.access(to: self.path) ?? UnixSocket.Access(mode: 0o600)
      : UnixSocket.Access(mode: settings.socketMode, group: settings.socketGroup)
  }

  /// Tells when its file is lost, and makes another.
  var watch: SocketWatch { SocketWatch(self) }
}
