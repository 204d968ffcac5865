internal import ClockCore
internal import ClockProtocol
internal import Glibc
internal import JSONDocument
internal import LinuxSystem

/// The connections of the socket's thread, and what happens on each.
struct ServerLoop: ~Copyable {
  typealias Handler =
    (_ token: UInt64, _ line: [UInt8], _ session: Session) -> RequestService.Answer

  /// Appends the answer to what was read, if that is one plain request; false, and nothing is
  /// appended, where it is anything else.
  typealias Shortcut = (_ bytes: UnsafeBufferPointer<UInt8>, _ output: inout [UInt8]) -> Bool

  static let listenerToken: UInt64 = 0
  private static let firstToken: UInt64 = 16

  private(set) var connections: [UInt64: Connection] = [:]
  let feed = OffsetFeed()

  private let poller: Poller
  private let maxClients: Int
  private let mostUnread: Int
  private let handler: Handler
  private let shortcut: Shortcut
  private var nextToken = Self.firstToken
  private var log: ClientLog
  /// Answers to plain requests, one behind the other; whose they are, and where each ends. They are
  /// sent once all that was ready is read: clients that are woken one by one cost more.
  private var plainAnswers: [UInt8] = []
  private var answered: [(connection: Connection, end: Int)] = []
  /// Connections with lines that are in but had to make way for others.
  private var backlog: [UInt64] = []
  /// Connections that hold subscriptions.
  private var subscribers: Set<UInt64> = []
  /// Those of them that are still to be told what has changed.
  private var untold: [UInt64] = []
  /// There has been more news since the first of them was told.
  private var isMoreUntold = false
  /// Connections for which something waits.
  private var unread: Set<UInt64> = []
  /// Bytes that wait for all of them together.
  private var unreadBytes = 0

  /// What is read from a connection goes through here.
  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: LineBuffer.longestRequest, alignment: 16)

  /// Connections that have had a turn since the last look at what is ready, and in the time before.
  private var turns = (now: 0, before: 0)
  /// Lines of one connection answered before the others have their turn: so few where others are
  /// busy too, that thousands of connections hold up one more by little each.
  private var linesPerTurn: Int { turns.before <= 1 ? 32 : max(16 / turns.before, 1) }
  /// And no more of them once their answers are this long.
  private static let bytesPerTurn = 64 * 1024
  /// Clients let in before those that are in have their turn.
  private static let acceptedPerTurn = 16
  /// Subscribers told before requests have their turn: a fraction of a millisecond.
  private static let subscribersPerTurn = 32
  /// Kept open so that, when the process has no descriptor left, it can be given up to accept and
  /// turn away a client instead of leaving it waiting.
  private var spare = OwnedDescriptor.null()

  /// - Parameter mostUnread: bytes that may wait for all clients together.
  init(
    poller: Poller, maxClients: Int, mostUnread: Int = 32 << 20, log: ClientLog = ClientLog(),
    shortcut: @escaping Shortcut, handler: @escaping Handler
  ) {
    self.poller = poller
    self.maxClients = maxClients
    self.mostUnread = mostUnread
    self.log = log
    self.shortcut = shortcut
    self.handler = handler
  }

  deinit {
    buffer.deallocate()
  }

  mutating func handle(_ event: Poller.Event, listener: borrowing OwnedDescriptor) {
    if event.token == Self.listenerToken {
      accept(from: listener)
    } else if let connection = connections[event.token] {
      if event.isClosed && connection.isWaiting {
        // Nobody is left to hear the answer, and the event would come again and again until then.
        connection.cutOff()
      } else if event.isReadable || event.isClosed {
        if read(connection) { return }
      }
      settle(connection)
    }
  }

  /// To be called once all events of a `Poller.wait` are handled.
  mutating func sendPlainAnswers() {
    guard !answered.isEmpty else { return }
    var start = 0
    for (connection, end) in answered {
      let isSent = plainAnswers.withUnsafeBytes {
        connection.send(UnsafeRawBufferPointer(rebasing: $0[start..<end]))
      }
      if !isSent { settle(connection) }
      start = end
    }
    plainAnswers.removeAll(keepingCapacity: true)
    answered.removeAll(keepingCapacity: true)
  }

  /// Nothing is left to do before the next event.
  var isIdle: Bool { backlog.isEmpty && untold.isEmpty && !isMoreUntold }

  /// Gives each connection with lines left one more turn, and some subscribers theirs.
  mutating func continueBacklog() {
    turns = (now: 0, before: turns.now)
    let tokens = backlog
    backlog = []
    for token in tokens {
      guard let connection = connections[token] else { continue }
      work(connection)
      settle(connection)
    }
    if untold.isEmpty, isMoreUntold {
      untold = Array(subscribers)
      isMoreUntold = false
    }
    for _ in 0..<min(Self.subscribersPerTurn, untold.count) {
      guard let connection = connections[untold.removeLast()] else { continue }
      connection.tell()
      settle(connection)
    }
  }

  /// The answer to a request that had to wait; nil when none is due.
  mutating func complete(_ token: UInt64, _ answer: Response?) {
    guard let connection = connections[token] else { return }
    connection.isWaiting = false
    connection.session.isAnswerPending = false
    if let answer { connection.enqueue(answer) }
    work(connection)
    settle(connection)
  }

  /// Somebody wants to be told what changes.
  var hasSubscribers: Bool { !subscribers.isEmpty }

  /// Tells all subscribers what has changed, in turns with the requests: what is newest then.
  mutating func tell(_ content: StatusBoard.Content) {
    feed.refresh(content, at: .read())
    isMoreUntold = true
  }

  /// Once a second: cuts off who takes nothing of what waits for it.
  mutating func look(at now: MonotonicInstant) {
    for token in unread {
      guard let connection = connections[token], let since = connection.waitingSince,
        now - since >= Connection.patience
      else { continue }
      connection.cutOff("it has taken nothing for \(Connection.patience.shortText)")
      settle(connection)
    }
    log.looked(at: now)
  }

  private mutating func accept(from listener: borrowing OwnedDescriptor) {
    for _ in 0..<Self.acceptedPerTurn {
      do throws(SystemError) {
        guard let descriptor = try UnixSocket.accept(from: listener) else { return }
        admit(descriptor)
      } catch {
        guard error.number == EMFILE || error.number == ENFILE else { return }
        spare = nil
        if let descriptor = try? UnixSocket.accept(from: listener) {
          turnAway(descriptor, "the daemon has no descriptor left")
        }
        spare = OwnedDescriptor.null()
        return
      }
    }
  }

  private mutating func admit(_ descriptor: consuming OwnedDescriptor) {
    guard connections.count < maxClients else {
      turnAway(descriptor, "\(maxClients) clients are connected, which is socket.max_clients")
      return
    }
    let user = UnixSocket.peer(of: descriptor)?.user
    let connection = Connection(
      token: nextToken, descriptor: descriptor, session: Session(feed: feed, user: user))
    do throws(SystemError) {
      try poller.add(connection.descriptor, token: nextToken)
    } catch {
      connection.enqueue(Self.refusal("the daemon cannot serve another client: \(error)"))
      connection.flush()
      return
    }
    connections[nextToken] = connection
    nextToken += 1
  }

  private mutating func turnAway(_ descriptor: consuming OwnedDescriptor, _ reason: String) {
    _ = Array((Self.refusal(reason).text + "\n").utf8).withUnsafeBytes { descriptor.send($0) }
    let peer = UnixSocket.peer(of: descriptor)
    log.note(.turnedAway, peer, "was turned away: \(reason)", at: HostClocks.monotonic())
  }

  private static func refusal(_ reason: String) -> Response {
    Response.error(RPCError(.overloaded, reason), id: .null)
  }

  /// - Returns: whether it was one plain request, and nothing else is to be done.
  private mutating func read(_ connection: Connection) -> Bool {
    guard !connection.isWaiting, !connection.hasLines, !connection.inputEnded else { return false }
    switch connection.descriptor.read(into: buffer) {
    case .bytes(let count):
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      if connection.isQuiet,
        bytes.withMemoryRebound(to: UInt8.self, { shortcut($0, &plainAnswers) })
      {
        answered.append((connection, plainAnswers.count))
        return true
      }
      // What may take longer holds nobody up.
      sendPlainAnswers()
      connection.take(bytes)
    case .closed: connection.endInput()
    case .wouldBlock: break
    }
    work(connection)
    return false
  }

  /// Answers the lines that are in, in order; stops at one that has to wait.
  private mutating func work(_ connection: Connection) {
    let session = connection.session
    turns.now += 1
    let most = connection.waitingBytes + Self.bytesPerTurn
    for _ in 0..<linesPerTurn {
      guard !connection.isWaiting, !connection.isCutOff, connection.waitingBytes <= most,
        let line = connection.nextLine()
      else { return }
      switch line {
      case .tooLong:
        let limit = "a request line holds at most \(LineBuffer.longestRequest) bytes"
        connection.enqueue(Response.error(RPCError(.invalidRequest, limit), id: .null))
        session.complaint = limit
      case .complete(let bytes):
        let began = session.began
        switch handler(connection.token, bytes, session) {
        case .now(let reply): if let reply { connection.enqueue(reply) }
        case .later:
          connection.isWaiting = true
          session.isAnswerPending = session.began > began
        }
      }
      guard let complaint = session.complaint else { continue }
      session.complaint = nil
      log.note(
        .misbehaved, UnixSocket.peer(of: connection.descriptor),
        "sent what is no request: \(complaint)", at: HostClocks.monotonic())
    }
  }

  /// Sends what is ready, and closes or watches the connection as it stands.
  private mutating func settle(_ connection: Connection) {
    let token = connection.token
    connection.flush()
    if connection.hasLines, !connection.isWaiting, !connection.isCutOff,
      !backlog.contains(token)
    {
      backlog.append(token)
    }
    if connection.isFinished {
      close(connection)
    } else {
      connection.watch(with: poller)
      list(connection, connection.listing)
      if unreadBytes > mostUnread { makeRoom() }
    }
  }

  private mutating func close(_ connection: Connection) {
    if let reason = connection.cutOffReason, !reason.isEmpty {
      log.note(
        .cutOff, UnixSocket.peer(of: connection.descriptor), "was cut off: \(reason)",
        at: HostClocks.monotonic())
    }
    poller.remove(connection.descriptor)
    connections[connection.token] = nil
    list(connection, Connection.Listing())
  }

  /// Cuts off who has taken nothing for longest, until no more waits than may.
  private mutating func makeRoom() {
    while unreadBytes > mostUnread {
      let waiting = unread.compactMap { token in
        connections[token].flatMap { one in one.waitingSince.map { (one, since: $0) } }
      }
      guard let (slowest, _) = waiting.min(by: { $0.since < $1.since }) else { return }
      slowest.cutOff(
        "\(unreadBytes) bytes wait for all clients together, and it has taken nothing for longest")
      close(slowest)
    }
  }

  private mutating func list(_ connection: Connection, _ listing: Connection.Listing) {
    let was = connection.listed
    guard was != listing else { return }
    connection.listed = listing
    let token = connection.token
    unreadBytes += listing.unreadBytes - was.unreadBytes
    if listing.isSubscriber { subscribers.insert(token) } else { subscribers.remove(token) }
    if listing.unreadBytes > 0 { unread.insert(token) } else { unread.remove(token) }
  }
}
