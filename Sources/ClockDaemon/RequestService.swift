internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import ExchangeCatalog
internal import Glibc
internal import JSONDocument
internal import LinuxSystem
internal import Synchronization

/// Answers the requests of one line: at once from the board, or later where a resync is waited for.
struct RequestService: Sendable {
  let board: StatusBoard

  /// The rest of the catalogue, for `exchanges`.
  let catalog: [ExchangeDefinition]

  /// Where nonces outlive a restart; nil when no state is kept.
  var keeper: StateKeeper?

  typealias Done = @Sendable (Result<JSONValue, RPCError>) -> Void

  /// Resyncs one exchange, or all of them for nil, and answers when done; a jump beyond max_step is
  /// believed if the flag says so.
  let resync: @Sendable (String?, _ acceptingStep: Bool, @escaping Done) -> Void

  let rejections: RejectionService

  var history = HistoryService()

  enum Answer: Sendable {
    /// Nil when none is due.
    case now(Response?)
    /// `later` will be called with it.
    case later
  }

  /// - Parameters:
  ///   - session: of the connection that the line came from.
  ///   - later: called once, on any thread, if and only if the answer is `.later`.
  func answer(
    _ line: [UInt8], for session: Session = Session(),
    later: @escaping @Sendable (Response?) -> Void
  ) -> Answer {
    answer(Message(line: line), for: session, later: later)
  }

  /// The same for a line that was read.
  func answer(
    _ message: Message, for session: Session, later: @escaping @Sendable (Response?) -> Void
  ) -> Answer {
    switch message {
    case .single(let request):
      switch respond(to: request, session) {
      case .now(let reply): return .now(reply)
      case .later(let start):
        start(later)
        return .later
      }
    case .batch(let requests):
      var lists = 0
      let (most, isWaitedFor) = (message.mostLists, message.isWaitedFor)
      let replies = requests.map { request in
        guard case .success(let one) = request, one.asksForAList else {
          return respond(to: request, session)
        }
        if isWaitedFor, !one.isWaitedFor {
          return .now(one.id.map { Response.error(Self.listBesideWaiting, id: $0) })
        }
        lists += 1
        return lists <= most
          ? respond(to: request, session)
          : .now(one.id.map { Response.error(Self.tooManyLists(most), id: $0) })
      }
      return answer(replies, later: later)
    }
  }

  private static var listBesideWaiting: RPCError {
    RPCError(
      .invalidRequest,
      "a batch with resync, report or history in it holds no other list; send it on a line of its"
        + " own")
  }

  private static func tooManyLists(_ most: Int) -> RPCError {
    RPCError(
      .invalidRequest,
      "a batch holds at most \(most) requests whose answers are lists"
        + (most < Message.mostListsInABatch ? " beside subscribe or unsubscribe" : "")
        + "; send the others on lines of their own")
  }

  enum Reply: Sendable {
    case now(Response?)
    case later(@Sendable (@escaping @Sendable (Response?) -> Void) -> Void)
  }

  /// The answers of a batch in the order of its requests, once the last one is there.
  private func answer(
    _ replies: [Reply], later: @escaping @Sendable (Response?) -> Void
  ) -> Answer {
    let batch = Batch(replies: replies.map { if case .now(let reply) = $0 { reply } else { nil } })
    let waiting = replies.enumerated().compactMap { index, reply in
      if case .later(let start) = reply { (index, start) } else { nil }
    }
    guard !waiting.isEmpty else { return .now(batch.answer) }
    batch.waitingFor(waiting.count)
    for (index, start) in waiting {
      start { reply in
        if batch.fill(index, with: reply) { later(batch.answer) }
      }
    }
    return .later
  }

  private final class Batch: Sendable {
    private let state: Mutex<(replies: [Response?], missing: Int)>

    init(replies: [Response?]) {
      state = Mutex((replies, 0))
    }

    func waitingFor(_ count: Int) {
      state.withLock { $0.missing = count }
    }

    /// - Returns: whether this was the last one.
    func fill(_ index: Int, with reply: Response?) -> Bool {
      state.withLock { state in
        state.replies[index] = reply
        state.missing -= 1
        return state.missing == 0
      }
    }

    /// Nil when the batch held notifications only.
    var answer: Response? {
      let replies = state.withLock { $0.replies.compactMap(\.self) }
      return replies.isEmpty ? nil : Response(batch: replies)
    }
  }

  private func respond(to request: RequestOrFault, _ session: Session) -> Reply {
    switch request {
    case .failure(let fault):
      session.complaint = fault.error.message
      return .now(fault.id.map { Response.error(fault.error, id: $0) })
    case .success(let request):
      do throws(RPCError) {
        let method = try method(of: request)
        if method == .resync { return try respondAfterResync(request, session) }
        if method == .report { return try respondToReport(request, session) }
        if method == .history { return try respondWithHistory(request) }
        if method == .stamp { return try respondWithStamp(request) }
        let result = try result(of: method, request.params, session)
        return .now(request.id.map { Response.result(result, id: $0) })
      } catch {
        return .now(request.id.map { Response.error(error, id: $0) })
      }
    }
  }

  private func method(of request: Request) throws(RPCError) -> Method {
    guard let method = Method(rawValue: request.method) else {
      let known = Method.allCases.map(\.rawValue).joined(separator: ", ")
      throw RPCError(.methodNotFound, "unknown method \"\(request.method)\"; known: \(known)")
    }
    try Parameters(request.params).check(names: method.parameters)
    return method
  }

  private func respondAfterResync(
    _ request: Request, _ session: Session
  ) throws(RPCError) -> Reply {
    let parameters = Parameters(request.params)
    let exchange = try parameters.optionalString("exchange")
    let acceptsStep = try parameters.flag("accept_step")
    if let exchange, board.withEntry(of: exchange, { _, _ in true }) == nil {
      throw unknownExchange(exchange)
    }
    if acceptsStep { try allowStep(of: exchange, to: session) }
    return .later { done in
      resync(exchange, acceptsStep) { result in
        done(Self.response(result, to: request))
      }
    }
  }

  /// Whoever may connect may ask; what is believed is the operator's to say.
  private func allowStep(of exchange: String?, to session: Session) throws(RPCError) {
    guard let user = session.user, user == 0 || user == geteuid() else {
      throw RPCError(
        .refused,
        "accept_step is for root and the daemon's own user alone: sudo exchange-clock resync"
          + " \(exchange.map { "\($0) " } ?? "")--accept-step", exchange: exchange,
        reason: "user \(session.user.map(String.init) ?? "unknown") may not accept a jump")
    }
    Log.write(
      .notice,
      "\(exchange ?? "all exchanges"): user \(user) demands a resync that believes a jump however far",
      .stepAllowed,
      (exchange.map { [Log.Field("EXCHANGE", $0)] } ?? []) + [Log.Field("USER", "\(user)")])
  }

  private func respondWithHistory(_ request: Request) throws(RPCError) -> Reply {
    let query = try HistoryService.query(Parameters(request.params))
    if board.withEntry(of: query.exchange, { _, _ in true }) == nil {
      throw unknownExchange(query.exchange)
    }
    return .later { done in
      history.read(query) { result in done(Self.response(result, to: request)) }
    }
  }

  /// Nil where none is due.
  private static func response(
    _ result: Result<JSONValue, RPCError>, to request: Request
  ) -> Response? {
    request.id.map { id in
      switch result {
      case .success(let result): Response.result(result, id: id)
      case .failure(let error): Response.error(error, id: id)
      }
    }
  }

  private func respondToReport(
    _ request: Request, _ session: Session
  ) throws(RPCError) -> Reply {
    let report = try RejectionReport(Parameters(request.params), by: session.user)
    guard let answer = rejections.answer(report) else { throw unknownExchange(report.exchange) }
    let response = { @Sendable (result: JSONValue) in
      request.id.map { Response.result(result, id: $0) }
    }
    switch answer {
    case .now(let result): return .now(response(result))
    case .later(let start): return .later { done in start { done(response($0)) } }
    }
  }

  private func result(
    of method: Method, _ params: JSONValue, _ session: Session
  ) throws(RPCError) -> any JSONWritable {
    let clocks = HostClocks.read()
    let parameters = Parameters(params)
    switch method {
    case .now:
      let maxError = try parameters.milliseconds("max_error_ms", in: 0...86_400_000)
      return try now(of: try parameters.string("exchange"), at: clocks, maxError: maxError)
    case .offset:
      return try withEntry(try parameters.string("exchange")) { entry, host in
        entry.offset(at: clocks, host: host).json
      }
    case .convert:
      return try convert(parameters, at: clocks)
    case .subscribe:
      return try subscribe(parameters, session, at: clocks)
    case .unsubscribe:
      let id = try parameters.integer("subscription", in: 1...Int64.max)
      try session.unsubscribe(id)
      return ["subscription": .integer(id)] as JSONValue
    case .stamp:
      preconditionFailure("stamps have a way of their own, as they may have to wait")
    case .offsets, .resync, .report, .history:
      let content = board.read()
      return JSONValue.array(
        content.entries.map { $0.offset(at: clocks, host: content.host).json })
    case .health:
      var health = board.read().health(at: clocks, started: board.started)
      health.startedMicroseconds = board.startedMicroseconds
      return health.json
    case .exchanges:
      return JSONValue.array(exchanges())
    }
  }

  func withEntry<Value: Sendable>(
    _ id: String, _ body: (inout StatusBoard.Entry, HostWatch) throws(RPCError) -> Value
  ) throws(RPCError) -> Value {
    guard let value = try board.withEntry(of: id, body) else { throw unknownExchange(id) }
    return value
  }

  func unknownExchange(_ id: String) -> RPCError {
    let enabled = board.read().entries.map(\.id).joined(separator: ", ")
    let isKnown = catalog.contains { $0.id == id }
    let hint = isKnown ? "add [exchanges.\(id)] to the configuration; " : ""
    return RPCError(
      .unknownExchange,
      "\(isKnown ? "exchange \"\(id)\" is not enabled" : "unknown exchange \"\(id)\"");"
        + " \(hint)enabled: \(enabled)", exchange: id)
  }

  private func exchanges() -> [JSONValue] {
    let enabled = board.read().entries.map(\.definition)
    let others = catalog.filter { definition in !enabled.contains { $0.id == definition.id } }
    return (enabled.map { ($0, true) } + others.map { ($0, false) })
      .sorted { $0.0.id < $1.0.id }
      .map { $0.result(isEnabled: $1).json }
  }
}

extension ExchangeDefinition {
  fileprivate func result(isEnabled: Bool) -> ExchangeResult {
    var window: AcceptanceWindow?
    var widths: (usual: Duration, longest: Duration?)?
    switch rule {
    case .window(let rule):
      window = rule
      widths = (rule.window, rule.longestWindow)
    case .expiry(let lifetime, let longest): widths = (lifetime, longest)
    case .nonce, .untimed, .unknown: break
    }
    var result = ExchangeResult(
      id: id, name: name, market: market, isEnabled: isEnabled, endpoint: url,
      resolutionNanoseconds: resolution.wholeNanoseconds,
      timestampFormat: timestampFormat.rawValue, timestampCarrier: timestampCarrier,
      windowMilliseconds: widths.map { milliseconds($0.usual) },
      longestWindowMilliseconds: widths?.longest.map(milliseconds),
      // None is what stamps count on where it is not known.
      toleranceMilliseconds: window.flatMap {
        $0.tolerance == .zero ? nil : milliseconds($0.tolerance)
      },
      codes: codes.map {
        ExchangeResult.Code(
          code: $0.code, httpStatus: $0.httpStatus.map(Int64.init), message: $0.message,
          verdict: $0.verdict.rawValue, side: $0.side?.rawValue, meaning: $0.meaning)
      })
    result.windowKind = WindowKind(self.rule).rawValue
    result.windowParameter = windowParameter
    result.isWindowDocumented = isWindowDocumented
    result.confidence = confidence
    result.sources = sources
    return result
  }
}
