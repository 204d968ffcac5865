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
    return try Answer.shape(NowResult(json: result).flatMap(ExchangeTime.init), of: result)
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
    return try Answer.shape(StampResult(json: result).flatMap(RequestStamp.init), of: result)
  }

  /// All that is known of an exchange's clock.
  ///
  /// - Throws: `unknownExchange`, and what no answer comes to.
  public func offset(of exchange: ExchangeID) async throws(ClockError) -> ClockOffset {
    try await inBackground { () throws(ClockError) in
      try Self.offset(try self.ask(.offset, ["exchange": .string(exchange.rawValue)]))
    }
  }

  /// All that is known of all exchanges' clocks, sorted by id.
  public func offsets() async throws(ClockError) -> [ClockOffset] {
    try await inBackground { () throws(ClockError) in
      try Self.offsets(try self.ask(.offsets))
    }
  }

  /// Has an exchange probed now, and waits for what comes of it: some seconds at most while it
  /// answers.
  ///
  /// - Throws: as `offset`, and `refused` while the exchange wants us to stay away.
  public func resync(_ exchange: ExchangeID) async throws(ClockError) -> ClockOffset {
    try await inBackground { () throws(ClockError) in
      // On a connection of its own: others do not wait for this.
      var connection = Connection()
      return try Self.offset(
        try self.ask(
          .resync, ["exchange": .string(exchange.rawValue)], patience: .seconds(120), &connection))
    }
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

  static func offset(_ result: JSONValue) throws(ClockError) -> ClockOffset {
    try Answer.shape(OffsetResult(json: result).flatMap(ClockOffset.init), of: result)
  }

  static func offsets(_ result: JSONValue) throws(ClockError) -> [ClockOffset] {
    var offsets: [ClockOffset] = []
    for element in try Answer.shape(result.array, of: result) {
      offsets.append(try offset(element))
    }
    return offsets
  }

  private func ask(
    _ method: ClockProtocol.Method, _ params: JSONValue = [:]
  ) throws(ClockError) -> JSONValue {
    try connection.withLock { connection throws(ClockError) in
      try ask(method, params, patience: timeout, &connection)
    }
  }

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
      let answer: [UInt8]
      do throws(DaemonConnection.Failure) {
        if connection.daemon == nil {
          connection.daemon = try DaemonConnection(to: socketPath, patience: patience)
        }
        answer = try connection.daemon!.ask(line)
      } catch {
        // An answer that comes too late must not be taken for the next one's.
        connection.daemon = nil
        guard wasOpen, error.isGone else { throw ClockError(error, socketPath: socketPath) }
        continue
      }
      do throws(ClockError) {
        return try Answer.result(of: answer, id: id)
      } catch {
        // What answers something else would go on doing so.
        if error.code == .protocol { connection.daemon = nil }
        throw error
      }
    }
  }

  private func inBackground<Value: Sendable>(
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
  /// Rounded towards zero.
  fileprivate var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
  }

  fileprivate var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }
}
