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
    var replies: [(token: UInt64, line: String?)] = []
    var isStopping = false
  }

  private let poller: Poller
  private let listener: OwnedDescriptor
  private let service: RequestService
  private let maxClients: Int
  private let inbox = Mutex(Inbox())
  private let rounds = Atomic<Int>(0)

  /// - Parameter listener: listening and non-blocking; taken over.
  init(
    listener: consuming OwnedDescriptor, service: RequestService, maxClients: Int
  ) throws(SystemError) {
    poller = try Poller()
    self.listener = listener
    self.service = service
    self.maxClients = maxClients
    try poller.add(self.listener, token: ServerLoop.listenerToken)
  }

  /// Starts the thread; fails where the system allows no more of them.
  func start() throws(SystemError) {
    try Thread.start(named: "socket") { self.run() }
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

  private func run() {
    var loop = ServerLoop(poller: poller, maxClients: maxClients) { token, line in
      self.service.answer(line) { reply in
        self.inbox.withLock { $0.replies.append((token, reply)) }
        self.poller.wake()
      }
    }
    while true {
      poller.wait(forever: loop.isIdle) { loop.handle($0, listener: listener) }
      loop.continueBacklog()
      rounds.add(1, ordering: .relaxed)
      let (replies, isStopping) = inbox.withLock { inbox in
        defer { inbox.replies = [] }
        return (inbox.replies, inbox.isStopping)
      }
      if isStopping { return }
      for reply in replies { loop.complete(reply.token, reply.line) }
      let clients = loop.connections.count
      service.board.change { if $0.clients != clients { $0.clients = clients } }
    }
  }
}
