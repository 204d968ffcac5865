import ClockCore
import ClockProtocol
import Glibc
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// What waits for all clients together, without a daemon around it.
@Suite struct ServerLoopTests {
  private final class Server {
    private let scratch = Scratch()
    let served: ServedLoop
    var path: String { scratch.root + "/socket" }

    /// How many lines were answered, of each connection.
    let answered = TestBoard.Mutexed([UInt64: Int]())

    /// - Parameter answer: bytes of the answer to each request; none is given where it is zero.
    /// - Parameter handle: in place of an answer, given the connection's token.
    init(
      mostKept: Int = .max, answer: Int = 100_000,
      log: TestBoard.Mutexed<[String]> = TestBoard.Mutexed([]),
      handle: ((UInt64) -> ServerLoop.Handling)? = nil
    ) throws {
      served = try ServedLoop(
        at: scratch.root + "/socket", mostKept: mostKept,
        log: ClientLog { line in log.change { $0.append(line) } },
        handler: { [answered] token, _, _ in
          if let handle { return handle(token) }
          answered.change { $0[token, default: 0] += 1 }
          let text = JSONValue.string(String(repeating: "x", count: answer))
          return .now(answer == 0 ? nil : .result(text, id: 1))
        })
    }

    func client() throws -> OwnedDescriptor {
      try UnixSocket.connect(to: path, patience: .seconds(10))
    }

    func step() { served.step() }
    func turn() { served.settle() }

    func takeRequests(of client: borrowing OwnedDescriptor) {
      for _ in 0..<4 {
        #expect(Array("{}\n".utf8).withUnsafeBytes { client.send($0) } == .bytes(3))
      }
      turn()
    }

    /// Whether a client gets all that it has asked for.
    func serves(_ client: borrowing OwnedDescriptor) -> Bool {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      var count = 0
      while count < 400_000 {
        guard case .bytes(let some) = buffer.withUnsafeMutableBytes({ client.read(into: $0) })
        else { return false }
        count += some
        turn()
      }
      return true
    }

    var unreadBytes: Int { served.loop.connections.values.reduce(0) { $0 + $1.waitingBytes } }
  }

  @Test func whoTakesNothingForLongestIsCutOffFirst() throws {
    let log = TestBoard.Mutexed([String]())
    // How much the kernel takes off a client differs.
    let each: Int
    do {
      let server = try Server(mostKept: .max, log: log)
      let client = try server.client()
      server.takeRequests(of: client)
      each = server.unreadBytes
    }
    try #require(each > 0 && each <= Connection.mostUnread)

    let server = try Server(mostKept: each * 5 / 2, log: log)
    let first = try server.client()
    let second = try server.client()
    let third = try server.client()
    server.takeRequests(of: first)
    server.takeRequests(of: second)
    #expect(server.served.loop.connections.count == 3)
    server.takeRequests(of: third)
    #expect(server.served.loop.connections.count == 2)
    #expect(server.unreadBytes == 2 * each)
    let lines = log.change { $0 }
    #expect(lines.count == 1)
    let reason =
      "was cut off: \(3 * each) bytes are kept for all clients together, \(3 * each) of them for this"
      + " process, and for this connection for longest"
    #expect(lines.first?.hasSuffix(reason) == true, "\(lines)")
    let areServed = [server.serves(first), server.serves(second), server.serves(third)]
    #expect(areServed == [false, true, true])
    #expect(server.unreadBytes == 0)
  }

  /// A list of a thousand exchanges, of which the kernel takes a part only.
  @Test func anAnswerMayBeLongerThanWhatMayWait() throws {
    let server = try Server(answer: 2_000_000)
    let client = try LoopClient(of: server.path)
    for _ in 0..<2 {
      client.send("{}\n")
      server.turn()
      // More of it comes, which is no line yet.
      client.send("{")
      server.turn()
      var answer = ""
      while !answer.hasSuffix("\n") {
        let text = client.text()
        try #require(text != "", "after \(answer.utf8.count) bytes")
        answer += text
        server.turn()
      }
      #expect(answer.utf8.count > 2_000_000)
      client.send("}\n")
      server.turn()
      while !client.text().hasSuffix("\n") { server.turn() }
    }
  }

  @Test func whoseLineIsUnfinishedForLongestIsCutOffFirst() throws {
    let server = try Server(mostKept: 150_000, answer: 10)
    let clients = try (0..<3).map { _ in try LoopClient(of: server.path) }
    for client in clients {
      client.send(String(repeating: "x", count: 60_000))
      server.turn()
    }
    #expect(server.served.loop.connections.count == 2)
    #expect(clients[0].text() == "")
    for client in clients[1...] {
      client.send("\n")
      server.turn()
      #expect(client.text().contains("xxxxxxxxxx"))
    }
    // Nothing is kept any more.
    for client in clients[1...] {
      client.send(String(repeating: "x", count: 60_000))
      server.turn()
    }
    #expect(server.served.loop.connections.count == 2)
  }

  @Test func whoAsksForMuchIsServedLittleByLittle() throws {
    let server = try Server(answer: 0)
    let greedy = try server.client()
    server.turn()
    let lines = Array(String(repeating: "{}\n", count: 20_000).utf8)
    #expect(lines.withUnsafeBytes { greedy.send($0) } == .bytes(60_000))
    server.step()
    let modest = try server.client()
    #expect(Array("{}\n".utf8).withUnsafeBytes { modest.send($0) } == .bytes(3))
    var steps = 0
    while server.answered.change({ $0.count }) < 2, steps < 1000 {
      // A pause of what is bulk is no turn of anybody.
      while let pause = server.served.loop.idleTime(), pause > .zero {}
      server.step()
      steps += 1
    }
    // To be let in, a turn of the other one or two, and its own.
    #expect(steps <= 5)
    #expect(server.answered.change { $0.values.max() ?? 0 } < 500)
    server.turn()
    #expect(server.answered.change { $0.values.sorted() } == [1, 20_000])
  }

  @Test func whatIsSentBeforeAnEndIsReadToTheEnd() throws {
    let server = try Server(answer: 0)
    for count in [0, 1, 16 * 1024 / 4, 16 * 1024 / 4 + 1, 20_000] {
      let client = try server.client()
      // The last line has no newline.
      let lines = Array((String(repeating: "{ }\n", count: count) + "{}").utf8)
      #expect(lines.withUnsafeBytes { client.send($0) } == .bytes(lines.count))
      shutdown(client.number, CInt(SHUT_WR))
      server.turn()
      #expect(server.answered.change { $0.values.max() } == count + 1)
      #expect(server.served.loop.connections.isEmpty)
      server.answered.change { $0 = [:] }
    }
  }

  /// While they wait for it, the thread sleeps.
  @Test func aFloodOfClientsIsLetInLittleByLittle() throws {
    let server = try Server()
    var clients: [LoopClient] = []
    for _ in 0..<90 { clients.append(try LoopClient(of: server.path)) }
    // Nothing else comes: it is told of once.
    var events = 0
    server.served.poller.wait(for: .zero) {
      server.served.loop.handle($0)
      events += 1
    }
    server.served.poller.wait(for: .zero) { _ in events += 1 }
    #expect(events == 1)
    server.served.serve()
    #expect((1...10).contains(server.served.loop.connections.count))
    server.turn()
    #expect(server.served.loop.connections.count == 90)
  }

  /// One at a time, of whom is still there.
  @Test func longWorkIsStartedOneAfterTheOther() throws {
    let started = TestBoard.Mutexed([UInt64]())
    let server = try Server { token in
      .long { started.change { $0.append(token) } }
    }
    func next() -> UInt64? { started.change { $0.popLast() } }
    let first = try server.client()
    var gone: OwnedDescriptor? = try server.client()
    let last = try server.client()
    for number in [first.number, gone?.number ?? -1, last.number] {
      #expect(write(number, "{}\n", 3) == 3)
    }
    server.turn()
    let one = try #require(next())
    #expect(next() == nil)
    gone = nil
    server.turn()
    #expect(next() == nil)
    server.served.loop.longWorkIsOver(after: .milliseconds(100))
    let other = try #require(next())
    #expect(other != one && next() == nil)
    server.served.loop.complete(one, .answered(.result(JSONValue.null, id: 1), complaint: nil))
    server.served.loop.longWorkIsOver(after: .milliseconds(100))
    #expect(next() == nil)
    #expect(server.served.loop.connections.count == 2)
  }

  /// That of others may go on and on.
  @Test func whoIsGoneWhileItsLongWorkWaitsKeepsNothing() throws {
    let server = try Server { _ in .long {} }
    let first = try LoopClient(of: server.path)
    first.send("{}\n")
    server.turn()
    weak var kept: Connection?
    do {
      let gone = try LoopClient(of: server.path)
      gone.send("{}\n")
      server.turn()
      kept = server.served.loop.connections.values.max { $0.token < $1.token }
      #expect(kept?.longWork != nil)
    }
    server.turn()
    #expect(server.served.loop.connections.count == 1)
    #expect(kept == nil)
    withExtendedLifetime(first) {}
  }

  /// A script may end as soon as it has said what is to be done.
  @Test func whatWasSentBeforeItsClientWasGoneIsCarriedOut() throws {
    let begun = TestBoard.Mutexed([UInt64]())
    let server = try Server { token in
      begun.change { $0.append(token) }
      return .later
    }
    do {
      let client = try server.client()
      #expect(write(client.number, "{}\n{}\n{}\n", 9) == 9)
    }
    server.turn()
    for count in 1...3 {
      let tokens = begun.change { $0 }
      #expect(tokens.count == count)
      server.served.loop.complete(tokens[0], .answered(nil, complaint: nil))
      server.turn()
    }
    #expect(server.served.loop.connections.isEmpty)
  }

  /// They are seen off as fast as they are let in, and take nobody's place.
  @Test func whoComesAndGoesDoesNotPileUp() throws {
    let server = try Server(answer: 2_000)
    let lines = [UInt8](String(repeating: "{}\n", count: 50).utf8)
    var (sent, most): (UInt64, Int) = (0, 0)
    let firstToken = server.served.loop.nextToken
    while sent < 2_000, most < 50 {
      // Not more than the kernel has wait.
      if sent < server.served.loop.nextToken - firstToken + 20 {
        let client = try server.client()
        _ = lines.withUnsafeBytes { client.send($0) }
        sent += 1
      }
      server.step()
      most = max(most, server.served.loop.connections.count)
    }
    #expect(most < 50)
    #expect(server.answered.change { $0.values.max() } == 1)
    server.turn()
    #expect(server.served.loop.connections.isEmpty)
  }
}
