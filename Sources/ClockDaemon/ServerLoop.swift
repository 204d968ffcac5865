internal import ClockCore
internal import ClockProtocol
internal import JSONDocument
internal import LinuxSystem

/// The connections of the socket's thread, and what happens on each.
struct ServerLoop: ~Copyable {
  typealias Handler =
    (_ token: UInt64, _ input: Input, _ session: Session) -> Handling

  enum Handling {
    case now(Response?)
    /// It is told to `complete`.
    case later
    /// The same, once this has been started; then `longWorkIsOver` is to be called.
    case long(start: () -> Void)
  }

  enum Input {
    case line([UInt8])
    /// A line that was read elsewhere.
    case message(Message)
  }

  /// Appends the answers to plain requests, and where each ends: nil, and nothing is appended,
  /// where the handler is to be asked.
  typealias Shortcut =
    (
      _ requests: [PlainRequest], _ clocks: HostClocks, _ output: inout [UInt8],
      _ ends: inout [Int?]
    ) -> Void

  static let listenerToken: UInt64 = 0
  private static let firstToken: UInt64 = 16

  var connections: [UInt64: Connection] = [:]
  var places = Places()
  /// So often somebody came or was served.
  private var turn: UInt64 = 0
  let feed = OffsetFeed()

  let poller: Poller
  let maxClients: Int
  let mostKept: Int
  private let handler: Handler
  private let shortcut: Shortcut
  var nextToken = Self.firstToken
  var log: ClientLog
  /// Plain requests that wait until others that are ready are read. Then one reading of the clocks
  /// is enough for all of them, and clients that were woken one by one would cost more.
  private var questions: [PlainRequest] = []
  /// Who asked each of them, in which bytes.
  private var askers: [(connection: Connection, line: UnsafeRawBufferPointer)] = []
  /// Their lines, at the beginning of the buffer.
  private var questionBytes = 0
  /// The answers to them, one behind the other.
  private var plainAnswers: [UInt8] = []
  private var answerEnds: [Int?] = []
  /// For whom there is something to do.
  enum Guest {
    case client(Connection)
    /// Who waits to be let in.
    case door
    /// Subscribers that are to be told what has changed.
    case news
  }
  /// Who has come with something, and may be served at once.
  var turns = Turns<Guest>()
  /// Who wants more than plain requests, or to be let in. They have a share of the time, so that a
  /// flood of them leaves the processors to others.
  var bulk = Turns<Guest>()
  private var allowance = Allowance(at: HostClocks.monotonic())
  private var busyPoll = BusyPoll(at: HostClocks.monotonic())
  /// Whose long work waits for that of another, which is charged to `longAccount`.
  var long = Turns<Connection>(halfLife: 1 << 31)
  var longAccount: Int?
  let door: Int
  let news: Int
  var isDoorQueued = false
  var isNewsQueued = false
  /// Connections that hold subscriptions.
  var subscribers: Set<UInt64> = []
  /// Those of them that are still to be told what has changed.
  var untold: [UInt64] = []
  /// There has been more news since the first of them was told.
  var isMoreUntold = false
  /// Connections for which something is kept.
  var kept: Set<UInt64> = []
  /// Bytes of all of them together.
  var keptBytes = 0

  /// What is read from a connection goes through here.
  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 2 * Self.mostRead, alignment: 16)

  /// What is read at a time.
  private static let mostRead = 16 * 1024
  /// Kept open so that, when the process has no descriptor left, it can be given up to accept and
  /// turn away a client instead of leaving it waiting.
  var spare = OwnedDescriptor.null()

  /// - Parameter mostKept: bytes that may be kept for all clients together.
  init(
    poller: Poller, maxClients: Int, mostKept: Int = 32 << 20, log: ClientLog = ClientLog(),
    shortcut: @escaping Shortcut, handler: @escaping Handler
  ) {
    self.poller = poller
    self.maxClients = maxClients
    self.mostKept = mostKept
    self.log = log
    self.shortcut = shortcut
    self.handler = handler
    door = bulk.join(nil)
    news = turns.join(nil)
  }

  deinit {
    buffer.deallocate()
  }

  /// Notes that something is to be done.
  mutating func handle(_ event: Poller.Event) {
    if event.token == Self.listenerToken {
      queueDoor()
    } else if let connection = connections[event.token] {
      connection.note(event)
      // Who waits for its turn could wake this thread with each byte.
      if connection.isQueued, connection.isBulky { connection.stopListening(with: poller) }
      queue(connection)
    }
  }

  /// When to look for events at the latest; nil where only they give something to do.
  mutating func idleTime() -> Duration? {
    guard turns.isEmpty else { return .zero }
    let now = HostClocks.monotonic()
    guard bulk.isEmpty else { return allowance.wait(at: now) }
    return busyPoll.isOn(at: now) ? .zero : nil
  }

  /// Does some of what is to be done, for those first for whom least was done of late. To be called
  /// again and again, each time after a look at who else has come.
  mutating func serve(from listener: borrowing OwnedDescriptor) {
    if !turns.isEmpty { serve(from: listener, bulkUntil: nil) }
    if !bulk.isEmpty {
      let now = HostClocks.monotonic()
      guard allowance.isOpen(at: now) else { return }
      let began = HostClocks.threadTime()
      // What came byte by byte takes the kernel far longer to read than is estimated.
      serve(from: listener, bulkUntil: now + .nanoseconds(Work.bulkAtATime))
      allowance.spend(HostClocks.threadTime() - began)
    }
  }

  /// - Parameter end: of bulk; nil: plain requests.
  private mutating func serve(
    from listener: borrowing OwnedDescriptor, bulkUntil end: MonotonicInstant?
  ) {
    let bulky = end != nil
    var rest = bulky ? Work.bulkAtATime : Work.atATime
    var first: Int?
    while rest > 0, first == nil || end.map({ HostClocks.monotonic() < $0 }) ?? true,
      let (guest, account) = bulky ? bulk.next() : turns.next()
    {
      let spent = bulky ? bulk.spent(by: account) : turns.spent(by: account)
      // Those for whom less was done do not wait for it.
      if let first, spent > 2 * first + Work.atATime { answerPlainRequests() }
      first = first ?? spent
      let work =
        switch guest {
        case .client(let connection): serve(connection, bulky: bulky, most: rest)
        case .door: accept(from: listener)
        case .news: answerAndTell()
        }
      if bulky { bulk.spend(work, by: account) } else { turns.spend(work, by: account) }
      rest -= work
    }
    answerPlainRequests()
  }

  /// Who is told something may not take all of it, and no answer is to stand within it.
  private mutating func answerAndTell() -> Int {
    answerPlainRequests()
    return tellSome()
  }

  mutating func answerPlainRequests() {
    guard !questions.isEmpty else { return }
    // Now that all are read: what is told is of a moment between each request and its answer.
    let clocks = HostClocks.read()
    busyPoll.answered(questions.count, at: clocks.raw)
    shortcut(questions, clocks, &plainAnswers, &answerEnds)
    var start = 0
    for ((connection, line), end) in zip(askers, answerEnds) {
      guard let end else {
        connection.take(line)
        connection.isBulky = true
        queue(connection)
        continue
      }
      let isSent = plainAnswers.withUnsafeBytes {
        connection.send(UnsafeRawBufferPointer(rebasing: $0[start..<end]))
      }
      if !isSent { settle(connection) }
      start = end
    }
    questions.removeAll(keepingCapacity: true)
    askers.removeAll(keepingCapacity: true)
    questionBytes = 0
    plainAnswers.removeAll(keepingCapacity: true)
    answerEnds.removeAll(keepingCapacity: true)
  }

  mutating func noteTurn(of connection: Connection) {
    turn += 1
    connection.lastTurn = turn
  }

  private mutating func queue(_ connection: Connection) {
    guard !connection.isQueued else { return }
    connection.isQueued = true
    if connection.isBulky {
      bulk.append(.client(connection), to: connection.accounts.bulk)
    } else {
      turns.append(.client(connection), to: connection.accounts.plain)
    }
  }

  /// What came of a request that had to wait.
  mutating func complete(_ token: UInt64, _ outcome: LongWork.Outcome) {
    guard let connection = connections[token] else { return }
    (connection.isWaiting, connection.longWork, connection.longWorkBytes) = (false, nil, 0)
    connection.session.isAnswerPending = false
    switch outcome {
    case .answered(let answer, let complaint):
      if let answer { connection.enqueue(answer) }
      connection.session.complaint = complaint
      noteComplaint(of: connection)
    case .read(let message): answer(.message(message), of: connection)
    }
    queue(connection)
  }

  /// Once a second: cuts off who takes nothing of what waits for it.
  mutating func look(at now: MonotonicInstant) {
    for token in kept {
      guard let connection = connections[token], let since = connection.waitingSince,
        now - since >= Connection.patience
      else { continue }
      connection.cutOff("it has taken nothing for \(Connection.patience.shortText)")
      settle(connection)
    }
    log.looked(at: now)
  }

  /// Reads what has come where all that came before is answered, and answers what is in.
  ///
  /// - Returns: about what was done.
  private mutating func serve(_ connection: Connection, bulky: Bool, most: Int) -> Int {
    guard !connection.isClosed else { return 0 }
    connection.isQueued = false
    noteTurn(of: connection)
    var work = Work.turn
    if connection.isReady, !connection.hasLines {
      let room = buffer[questionBytes..<questionBytes + Self.mostRead]
      switch connection.descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: room)) {
      case .bytes(let count):
        // What did not fit would not be told of again, nor that no more will come.
        connection.isReadable =
          count == room.count || connection.isEnding || !connection.isListenedTo
        let bytes = UnsafeRawBufferPointer(rebasing: room.prefix(count))
        if connection.isQuiet,
          let request = bytes.withMemoryRebound(to: UInt8.self, { PlainRequest(line: $0) })
        {
          connection.isBulky = false
          questions.append(request)
          askers.append((connection, bytes))
          questionBytes += count
          if questionBytes > Self.mostRead || connection.isReadable { answerPlainRequests() }
          if connection.isReadable { queue(connection) }
          return Work.plain
        }
        connection.take(bytes)
        connection.isBulky = true
        work += Work.reading(bytes: count)
      case .closed:
        connection.endInput()
        connection.isBulky = true
      case .wouldBlock: connection.isReadable = false
      }
      if connection.isBulky, !bulky {
        queue(connection)
        note(connection)
        return work
      }
    }
    // What may take longer holds nobody up.
    if bulky { answerPlainRequests() }
    work += answerLines(of: connection, most: most - work)
    settle(connection)
    return work + (connection.isFinished ? Work.connection : 0)
  }

  /// Answers lines that are in, in order, at least one; stops at one that has to wait.
  ///
  /// - Returns: about what was done.
  private mutating func answerLines(of connection: Connection, most: Int) -> Int {
    var work = 0
    repeat {
      guard !connection.isWaiting, !connection.isCutOff, let line = connection.nextLine() else {
        return work
      }
      let waitingBytes = connection.waitingBytes
      switch line {
      case .tooLong:
        let limit = "a request line holds at most \(LineBuffer.longestRequest) bytes"
        connection.enqueue(Response.error(RPCError(.invalidRequest, limit), id: .null))
        connection.session.complaint = limit
        noteComplaint(of: connection)
        work += Work.turn
      case .complete(let bytes):
        answer(.line(bytes), of: connection)
        work += Work.line(bytes: bytes.count)
      }
      work += Work.answer(bytes: connection.waitingBytes - waitingBytes)
      // One answer that nobody takes is enough.
      if connection.isGone { connection.flush() }
    } while work < most
    return work
  }

  private mutating func answer(_ input: Input, of connection: Connection) {
    let session = connection.session
    let began = session.began
    switch handler(connection.token, input, session) {
    case .now(let reply): if let reply { connection.enqueue(reply) }
    case .later:
      connection.isWaiting = true
      session.isAnswerPending = session.began > began
    case .long(let start):
      (connection.isWaiting, connection.longWork) = (true, start)
      if case .line(let line) = input { connection.longWorkBytes = line.count }
      long.append(connection, to: connection.accounts.long)
      startLongWork()
    }
    noteComplaint(of: connection)
  }

  private mutating func noteComplaint(of connection: Connection) {
    guard let complaint = connection.session.complaint else { return }
    connection.session.complaint = nil
    log.note(
      .misbehaved, UnixSocket.peer(of: connection.descriptor),
      "sent what is no request: \(complaint)", at: HostClocks.monotonic())
  }

  /// Sends what is ready, and closes or watches the connection as it stands.
  mutating func settle(_ connection: Connection) {
    connection.flush()
    // Nobody is left to hear the answer. What else it has sent is carried out.
    if connection.isGone, connection.longWork != nil { connection.cutOff() }
    if connection.isFinished {
      close(connection)
    } else {
      if connection.isReady { queue(connection) }
      connection.watch(with: poller)
      note(connection)
      if keptBytes > mostKept { makeRoom() }
    }
  }

  /// Notes what is kept for it.
  private mutating func note(_ connection: Connection) {
    connection.noteInput()
    list(connection, connection.listing)
  }

  mutating func list(_ connection: Connection, _ listing: Connection.Listing) {
    let was = connection.listed
    guard was != listing else { return }
    connection.listed = listing
    let token = connection.token
    keptBytes += listing.keptBytes - was.keptBytes
    if listing.isSubscriber { subscribers.insert(token) } else { subscribers.remove(token) }
    if listing.keptBytes > 0 { kept.insert(token) } else { kept.remove(token) }
  }
}
