internal import ClockCore
internal import ClockProtocol
internal import Glibc
internal import LinuxSystem
internal import Synchronization

/// Serves the Unix socket on a thread of its own, so that a request waits neither for the actor's
/// work nor for a dispatch wake-up.
///
/// ## Isolation
/// Connections belong to the thread inside `run`. Other threads reach it through `inbox` and the
/// poller's bell only.
final class SocketServer: Sendable {
  private struct Inbox: Sendable {
    var outcomes: [(token: UInt64, outcome: LongWork.Outcome)] = []
    /// How long what is over took of the long work.
    var longWork: Duration?
    var isStopping = false
    /// What is known of an exchange has changed.
    var hasNews = false
  }

  /// Between two looks at the local clock, and at what changes by and by: an offset that drifts, a
  /// state that has had its time.
  private static let lookSeconds = 1
  private static let stepsToken: UInt64 = 1
  private static let lookToken: UInt64 = 2

  private let poller: Poller
  private let listener: OwnedDescriptor
  private let service: RequestService
  private let maxClients: Int
  /// Nil where the kernel does not tell of them; then a look notices them.
  private let steps: RealtimeSteps?
  private let looks: Ticker
  private let longWork = LongWork()
  private let inbox = Mutex(Inbox())
  private let rounds = Atomic<Int>(0)
  private let hasSubscribers = Atomic<Bool>(false)

  /// - Parameter listener: listening and non-blocking; taken over.
  init(
    listener: consuming OwnedDescriptor, service: RequestService, maxClients: Int
  ) throws(SystemError) {
    poller = try Poller()
    self.listener = listener
    self.service = service
    self.maxClients = maxClients
    steps = try? RealtimeSteps()
    looks = try Ticker(seconds: Self.lookSeconds)
    try poller.add(self.listener, token: ServerLoop.listenerToken)
    if let steps { try poller.add(timer: steps.descriptor, token: Self.stepsToken) }
    try poller.add(timer: looks.descriptor, token: Self.lookToken)
  }

  /// Starts the thread; fails where the system allows no more of them.
  func start() throws(SystemError) {
    service.board.setBell { [weak self] in self?.boardChanged() }
    try Thread.start(named: "socket") { self.run() }
  }

  /// Takes clients in from another socket, in place of the one whose file is gone; those that are
  /// connected stay. From any thread.
  func listen(at another: consuming OwnedDescriptor) throws(SystemError) {
    // The thread may be about to accept from it: its number stays.
    poller.remove(listener)
    try listener.replace(by: another)
    try poller.add(listener, token: ServerLoop.listenerToken)
  }

  /// Closes all connections and ends the thread.
  func stop() {
    inbox.withLock { $0.isStopping = true }
    poller.wake()
  }

  /// How often the thread has looked for work; wakes it, so that a living one counts on.
  func heartbeat() -> Int {
    poller.wake()
    return rounds.load(ordering: .relaxed)
  }

  private func boardChanged() {
    guard hasSubscribers.load(ordering: .sequentiallyConsistent) else { return }
    inbox.withLock { $0.hasNews = true }
    poller.wake()
  }

  private func run() {
    var loop = ServerLoop(
      poller: poller, maxClients: maxClients,
      shortcut: { self.service.answer($0, at: $1, to: &$2, ends: &$3) },
      handler: { self.answer($0, $1, for: $2) })
    var clients = 0
    while true {
      var isNews = false
      poller.wait(for: loop.idleTime()) { event in
        switch event.token {
        case Self.stepsToken: isNews = takeStep() || isNews
        case Self.lookToken:
          looks.take()
          service.board.lookAtLocalClock()
          loop.look(at: HostClocks.monotonic())
          isNews = true
        default: loop.handle(event)
        }
      }
      loop.serve(from: listener)
      rounds.add(1, ordering: .relaxed)
      let inbox = inbox.withLock { inbox in
        defer { inbox = Inbox() }
        return inbox
      }
      if inbox.isStopping { return }
      for (token, outcome) in inbox.outcomes { loop.complete(token, outcome) }
      if let time = inbox.longWork { loop.longWorkIsOver(after: time) }
      let hadSubscribers = hasSubscribers.exchange(
        loop.hasSubscribers, ordering: .sequentiallyConsistent)
      // Nobody rang for the first one until now.
      if isNews || inbox.hasNews || !hadSubscribers, loop.hasSubscribers {
        loop.tell(service.board.read())
      }
      if loop.connections.count != clients {
        clients = loop.connections.count
        service.board.change { [clients] in $0.clients = clients }
      }
    }
  }

  private func answer(
    _ token: UInt64, _ input: ServerLoop.Input, for session: Session
  ) -> ServerLoop.Handling {
    let done = { @Sendable (outcome: LongWork.Outcome) in
      self.tell { $0.outcomes.append((token, outcome)) }
    }
    let over = { @Sendable (time: Duration) in self.tell { $0.longWork = time } }
    let user = session.user
    let message: Message
    switch input {
    case .message(let one): message = one
    case .line(let line):
      if line.count > LongWork.longLine {
        return .long { self.longWork.read(line, for: user, self.service, over: over, done: done) }
      }
      message = Message(line: line)
      if message.isLongWork(exchanges: service.board.read().entries.count) {
        return .long {
          self.longWork.answer(message, for: user, self.service, over: over, done: done)
        }
      }
    }
    switch service.answer(message, for: session, later: { done(.answered($0, complaint: nil)) }) {
    case .now(let response): return .now(response)
    case .later: return .later
    }
  }

  /// Has the thread take notice of something. From any thread.
  private func tell(_ note: (inout Inbox) -> Void) {
    inbox.withLock { note(&$0) }
    poller.wake()
  }

  /// CLOCK_REALTIME was set: notes when.
  private func takeStep() -> Bool {
    guard let steps else { return false }
    guard let wasSet = try? steps.take() else {
      poller.remove(timer: steps.descriptor)
      return false
    }
    if wasSet { service.board.lookAtLocalClock(wasSet: true) }
    return wasSet
  }
}
