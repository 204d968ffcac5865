internal import CMicroHTTPD
internal import Glibc
internal import Synchronization

/// An HTTP/1.1 server on the loopback, with a thread per connection: its handler may sleep.
final class HTTPServer: Sendable {
  typealias Handler = @Sendable (HTTPRequest) -> HTTPReply

  /// What the callbacks of libmicrohttpd need; outlives the daemon.
  final class Context: Sendable {
    let handler: Handler
    let connected: @Sendable () -> Void
    let stop: StopSignal

    init(handler: @escaping Handler, connected: @escaping @Sendable () -> Void, stop: StopSignal) {
      self.handler = handler
      self.connected = connected
      self.stop = stop
    }
  }

  /// Unchecked: libmicrohttpd's functions on a daemon may be called from any thread, and the mutex
  /// around the only handle lets exactly one caller stop it.
  private struct Handle: @unchecked Sendable {
    let daemon: OpaquePointer
  }

  /// The port listened on.
  let port: UInt16
  private let context: Context
  private let handle: Mutex<Handle?>

  /// Listens on 127.0.0.1; port 0 lets the kernel choose. With a certificate it speaks HTTPS.
  init(
    port: UInt16, certificate: ServerCertificate? = nil, stop: StopSignal,
    connected: @escaping @Sendable () -> Void = {}, handler: @escaping Handler
  ) throws(SimulatorError) {
    context = Context(handler: handler, connected: connected, stop: stop)
    errno = 0
    guard
      let daemon = ec_mhd_start(
        port, certificate?.certificatePEM, certificate?.keyPEM, answerRequest, completeRequest,
        noteConnection, Unmanaged.passUnretained(context).toOpaque())
    else {
      let why =
        errno != 0
        ? String(cString: strerror(errno))
        : certificate == nil ? "no reason given" : "is the certificate or its key damaged?"
      throw .listen(port: port, why)
    }
    self.port = ec_mhd_port(daemon)
    handle = Mutex(Handle(daemon: daemon))
  }

  /// Ends all connections and waits for their threads; raise the stop signal first. Once is enough.
  func stop() {
    let handle = handle.withLock { handle in
      defer { handle = nil }
      return handle
    }
    if let handle { MHD_stop_daemon(handle.daemon) }
  }

  deinit {
    context.stop.raise()
    stop()
  }
}
