internal import ClockCore
internal import ClockProtocol
internal import Dispatch
internal import Glibc
internal import JSONDocument
internal import LinuxSystem
internal import Synchronization

/// What time each crypto exchange believes it is, as the daemon `exchange-clockd` knows it.
///
///     let clock = try ExchangeClock.connect()
///     let stamp = try clock.stamp(for: .binance)       // what a signed request should carry
///     for try await offset in clock.updates() { ... }  // whenever something changes
///
/// `stamp` and `now` are read from the daemon's shared page, with no system call and in less time
/// than some readings of the clock take. What the page refuses is asked over the daemon's Unix
/// socket: then they wait for an answer from the same host, some tens of microseconds, and
/// `timeout` at most.
///
/// A client outlives restarts of the daemon: the page goes on, and the next request connects anew.
/// Any threads and tasks may share one.
public final class ExchangeClock: Sendable {
  /// Of the daemon's socket.
  public let socketPath: String

  /// How long an answer may take.
  public let timeout: Duration

  private let pages: PageReader
  private let connection = Mutex(Connection())
  /// Where requests are waited for that no caller waits for.
  private let queue = DispatchQueue(label: "exchange-clock", attributes: .concurrent)

  private struct Connection: ~Copyable {
    /// Nil where none is open.
    var daemon: DaemonConnection?
    var lastID: Int64 = 0
  }

  /// A client of the daemon at a socket.
  ///
  /// - Parameters:
  ///   - socket: the path; nil for that in `EXCHANGE_CLOCK_SOCKET`, or the service's.
  ///   - page: the path of the shared page; nil for `clock.page` beside the socket.
  ///   - timeout: how long an answer may take.
  /// - Throws: `unreachable` where there is neither a page nor a daemon.
  public static func connect(
    socket: String? = nil, page: String? = nil, timeout: Duration = .seconds(5)
  ) throws(ClockError) -> ExchangeClock {
    let clock = ExchangeClock(socket: socket, page: page, timeout: timeout)
    if !clock.pages.isOpen { _ = try clock.ask(.offsets) }
    return clock
  }

  private init(socket: String?, page: String?, timeout: Duration) {
    let variable = getenv(SocketPath.variable).map { String(cString: $0) } ?? ""
    let path = socket ?? (variable.isEmpty ? SocketPath.standard : variable)
    (socketPath, self.timeout) = (path, timeout)
    pages = PageReader(path: page ?? SocketPath.page(besideSocket: path))
  }

  /// What time an exchange believes it is.
  ///
  /// - Parameter maxError: a larger error is refused.
  /// - Throws: `notSynchronized`, `unknownExchange`, `errorTooLarge`, and what no answer comes to:
  ///   `unreachable`, `timedOut`, `protocol`.
  public func now(
    _ exchange: ExchangeID, maxError: Duration? = nil
  ) throws(ClockError) -> ExchangeTime {
    if let moment = try? pages.moment(of: exchange) {
      let time = moment.time(of: exchange)
      guard let maxError, time.error > maxError else { return time }
    }
    let result = try ask(
      .now,
      .members(
        ("exchange", .string(exchange.rawValue)),
        ("max_error_ms", maxError.map { .integer($0.wholeMilliseconds) })))
    return try ExchangeTime(result)
  }

  /// The timestamp of a request that is signed now.
  ///
  /// - Parameters:
  ///   - window: what the request will ask for (Binance's `recvWindow`), in whole milliseconds; nil
  ///     for the exchange's usual one.
  ///   - lifetime: after which the request expires, where the timestamp says that; likewise.
  /// - Throws: as `now`, `invalidParams` where the exchange has no such window, and `overloaded`.
  public func stamp(
    for exchange: ExchangeID, window: Duration? = nil, lifetime: Duration? = nil
  ) throws(ClockError) -> RequestStamp {
    if let stamp = try? pages.look(at: exchange).stamp(
      for: exchange, window: window, lifetime: lifetime)
    {
      return stamp
    }
    let result = try ask(
      .stamp,
      .members(
        ("exchange", .string(exchange.rawValue)),
        ("recv_window_ms", window.map { .integer($0.wholeMilliseconds) }),
        ("lifetime_ms", lifetime.map { .integer($0.wholeMilliseconds) })))
    return try RequestStamp(result)
  }

  /// Tells of each exchange's offset at once, and again whenever it changes: by itself, because its
  /// state changes, or because this host's clock was set.
  ///
  /// While no daemon answers, nothing is told; from the next one on it goes on. A reader that is
  /// slow is told the newest.
  ///
  /// - Parameters:
  ///   - exchanges: nil for all that the daemon follows.
  ///   - minimumChange: of the offset or its bounds, in whole microseconds; less is not told of.
  public func updates(
    for exchanges: [ExchangeID]? = nil, minimumChange: Duration = .milliseconds(1)
  ) -> ClockUpdates {
    ClockUpdates(
      socketPath: socketPath, timeout: timeout,
      params: .members(
        ("exchanges", exchanges.map { .array($0.map { .string($0.rawValue) }) }),
        ("min_change_us", .integer(minimumChange.wholeMicroseconds))))
  }

  // MARK: Asking

  /// Over the connection that all quick requests share.
  func ask(
    _ method: ClockProtocol.Method, _ params: JSONValue = [:]
  ) throws(ClockError) -> JSONValue {
    try connection.withLock { connection throws(ClockError) in
      try ask(method, params, patience: timeout, &connection)
    }
  }

  /// Over a connection of its own, as the daemon answers each in order: nobody else waits for this.
  func askApart(
    _ method: ClockProtocol.Method, _ params: JSONValue
  ) throws(ClockError) -> JSONValue {
    var own = Connection()
    return try ask(method, params, patience: max(timeout, Self.longPatience), &own)
  }

  /// For what waits for an exchange.
  private static let longPatience = Duration.seconds(60)

  /// Asks once, and once more where the connection was from before a restart of the daemon.
  private func ask(
    _ method: ClockProtocol.Method, _ params: JSONValue, patience: Duration,
    _ connection: inout Connection
  ) throws(ClockError) -> JSONValue {
    connection.lastID += 1
    let id = connection.lastID
    let line = Request(id: .integer(id), method: method.rawValue, params: params).line
    while true {
      let wasOpen = connection.daemon != nil
      do throws(DaemonConnection.Failure) {
        if connection.daemon == nil {
          connection.daemon = try DaemonConnection(to: socketPath, patience: patience)
        }
        try connection.daemon!.tell(line)
      } catch {
        connection.daemon = nil
        guard wasOpen, error.isGone else { throw ClockError(error, socketPath: socketPath) }
        continue
      }
      do throws(ClockError) {
        let result = try answer(to: id, within: patience, &connection)
        try Answer.check(result, isAbout: params["exchange"])
        return result
      } catch {
        switch error.code {
        // An answer that comes too late must not be taken for the next one's, and what answers
        // something else would go on doing so.
        case .timedOut, .protocol, .unreachable: connection.daemon = nil
        default: break
        }
        guard wasOpen, error.code == .unreachable else { throw error }
      }
    }
  }

  /// What else comes meanwhile is passed over.
  private func answer(
    to id: Int64, within patience: Duration, _ connection: inout Connection
  ) throws(ClockError) -> JSONValue {
    let deadline = HostClocks.monotonic() + patience
    while true {
      let line: [UInt8]
      do throws(DaemonConnection.Failure) {
        guard HostClocks.monotonic() < deadline else { throw .timedOut(patience) }
        line = try connection.daemon!.receive()
      } catch {
        throw ClockError(error, socketPath: socketPath)
      }
      if try !Answer.isNotification(line) { return try Answer.result(of: line, id: id) }
    }
  }

  func inBackground<Value: Sendable>(
    _ body: @escaping @Sendable () throws(ClockError) -> Value
  ) async throws(ClockError) -> Value {
    let result = await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: Result { () throws(ClockError) in try body() }) }
    }
    return try result.get()
  }
}

extension DaemonConnection.Failure {
  fileprivate var isGone: Bool {
    switch self {
    case .unreachable, .closed: true
    case .timedOut, .refused: false
    }
  }
}

extension ClockError {
  init(_ failure: DaemonConnection.Failure, socketPath: String) {
    switch failure {
    case .unreachable, .closed: self.init(.unreachable, "\(socketPath): \(failure)")
    case .timedOut: self.init(.timedOut, "\(socketPath): \(failure)")
    case .refused: self.init(.serverError, "\(failure)")
    }
  }
}

extension Duration {
  /// Rounded towards zero; what is too long for a number is the longest.
  var wholeMilliseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000_000_000) }

  fileprivate var wholeMicroseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000_000) }
}
