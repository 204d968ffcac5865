internal import ClockProtocol
internal import Glibc
internal import JSONDocument
internal import LinuxSystem

/// The connections of the socket's thread, and what happens on each.
struct ServerLoop: ~Copyable {
  typealias Handler = (_ token: UInt64, _ line: [UInt8]) -> RequestService.Answer

  static let listenerToken: UInt64 = 0

  private(set) var connections: [UInt64: Connection] = [:]
  private let poller: Poller
  private let maxClients: Int
  private let handler: Handler
  private var nextToken: UInt64 = 1
  /// Connections with lines that are in but had to make way for others.
  private var backlog: [UInt64] = []

  /// Lines of one connection answered before the others have their turn.
  private static let linesPerTurn = 32
  /// Kept open so that, when the process has no descriptor left, it can be given up to accept and
  /// turn away a client instead of leaving it waiting.
  private var spare = OwnedDescriptor.null()

  init(poller: Poller, maxClients: Int, handler: @escaping Handler) {
    self.poller = poller
    self.maxClients = maxClients
    self.handler = handler
  }

  mutating func handle(_ event: Poller.Event, listener: borrowing OwnedDescriptor) {
    if event.token == Self.listenerToken {
      accept(from: listener)
    } else if let connection = connections[event.token] {
      if event.isClosed && connection.isWaiting {
        // Nobody is left to hear the answer, and the event would come again and again until then.
        connection.cutOff()
      } else if event.isReadable || event.isClosed {
        read(connection)
      }
      settle(connection)
    }
  }

  /// Nothing is left to do before the next event.
  var isIdle: Bool { backlog.isEmpty }

  /// Gives each connection with lines left one more turn.
  mutating func continueBacklog() {
    let tokens = backlog
    backlog = []
    for token in tokens {
      guard let connection = connections[token] else { continue }
      work(connection)
      settle(connection)
    }
  }

  /// The answer to a request that had to wait; nil when none is due.
  mutating func complete(_ token: UInt64, _ line: String?) {
    guard let connection = connections[token] else { return }
    connection.isWaiting = false
    if let line { connection.enqueue(line) }
    work(connection)
    settle(connection)
  }

  private mutating func accept(from listener: borrowing OwnedDescriptor) {
    while true {
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
    let connection = Connection(token: nextToken, descriptor: descriptor)
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

  private func turnAway(_ descriptor: consuming OwnedDescriptor, _ reason: String) {
    _ = Array((Self.refusal(reason) + "\n").utf8).withUnsafeBytes { descriptor.send($0) }
  }

  private static func refusal(_ reason: String) -> String {
    Response.error(RPCError(.overloaded, reason), id: .null).text
  }

  private func read(_ connection: Connection) {
    guard !connection.isWaiting, !connection.hasLines, !connection.inputEnded else { return }
    withUnsafeTemporaryAllocation(byteCount: LineBuffer.longestRequest, alignment: 16) { buffer in
      switch connection.descriptor.read(into: buffer) {
      case .bytes(let count):
        connection.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      case .closed: connection.endInput()
      case .wouldBlock: break
      }
    }
    work(connection)
  }

  /// Answers the lines that are in, in order; stops at one that has to wait.
  private func work(_ connection: Connection) {
    for _ in 0..<Self.linesPerTurn {
      guard !connection.isWaiting, !connection.isCutOff, let line = connection.nextLine() else {
        return
      }
      switch line {
      case .tooLong:
        let limit = "a request line holds at most \(LineBuffer.longestRequest) bytes"
        connection.enqueue(Response.error(RPCError(.invalidRequest, limit), id: .null).text)
      case .complete(let bytes):
        switch handler(connection.token, bytes) {
        case .now(let reply): if let reply { connection.enqueue(reply) }
        case .later: connection.isWaiting = true
        }
      }
    }
  }

  /// Sends what is ready, and closes or watches the connection as it stands.
  private mutating func settle(_ connection: Connection) {
    connection.flush()
    if connection.hasLines, !connection.isWaiting, !connection.isCutOff,
      !backlog.contains(connection.token)
    {
      backlog.append(connection.token)
    }
    if connection.isFinished {
      poller.remove(connection.descriptor)
      connections[connection.token] = nil
    } else {
      connection.watch(with: poller)
    }
  }
}
