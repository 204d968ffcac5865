import ClockCore
import ClockProtocol
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// Plain requests of many clients, which are answered together.
@Suite struct PlainTurnTests {
  /// Answers stamps with their id and the reading of CLOCK_MONOTONIC_RAW that they are made of, and
  /// leaves all else to the handler, which gives back what it is asked.
  private final class Server {
    private let scratch = Scratch()
    private let served: ServedLoop
    private let clients: [LoopClient]
    /// How many lines the handler was asked.
    let handled = TestBoard.Mutexed(0)

    init(clients count: Int) throws {
      let path = scratch.root + "/socket"
      served = try ServedLoop(
        at: path,
        shortcut: { requests, clocks, output, ends in
          for request in requests {
            if request.method == .stamp {
              output += request.id
              output += " \(clocks.raw.nanoseconds)\n".utf8
            }
            ends.append(request.method == .stamp ? output.count : nil)
          }
        },
        handler: { [handled] _, input, _ in
          handled.change { $0 += 1 }
          guard case .line(let line) = input else { return .now(nil) }
          return .now(.result(JSONValue.string(String(decoding: line, as: UTF8.self)), id: 0))
        })
      clients = try (0..<count).map { _ in try LoopClient(of: path) }
      settle()
    }

    func send(_ text: String, by client: Int) { clients[client].send(text) }

    func step() { served.step() }
    func look() -> Int { served.look() }
    func serve() { served.serve() }
    func settle() { served.settle() }
    func idleTime() -> Duration? { served.loop.idleTime() }

    func text(of client: Int) -> String { clients[client].text() }

    func lines(of client: Int) -> [String] {
      text(of: client).split(separator: "\n").map { String($0) }
    }
  }

  private func request(_ id: Int, _ method: String = "stamp") -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":{"exchange":"okx"}}"# + "\n"
  }

  @Test func whoAsksAtOnceIsAnsweredByOneReadingOfTheClocks() throws {
    let server = try Server(clients: 5)
    for client in 0..<5 { server.send(request(client), by: client) }
    let asked = HostClocks.monotonic()
    server.step()
    let answered = HostClocks.monotonic()
    let answers = (0..<5).map { server.lines(of: $0).map { $0.split(separator: " ") } }
    for client in 0..<5 { #expect(answers[client].map(\.first) == ["\(client)"]) }
    let readings = answers.compactMap { $0.first.flatMap { Int64($0.last ?? "") } }
    #expect(readings.count == 5 && Set(readings).count == 1)
    // The last one was asked just before `asked`.
    for reading in readings {
      #expect((asked.nanoseconds...answered.nanoseconds).contains(reading))
    }
  }

  /// For a moment.
  @Test func whoAsksAgainAndAgainIsWaitedFor() throws {
    let server = try Server(clients: 1)
    #expect(server.idleTime() == nil)
    // On a busy machine it may seldom ask soon enough.
    let patience = HostClocks.monotonic() + .seconds(10)
    var isWaitedFor = false
    while !isWaitedFor, HostClocks.monotonic() < patience {
      server.send(request(1), by: 0)
      server.step()
      isWaitedFor = server.idleTime() == .zero
      _ = server.text(of: 0)
    }
    #expect(isWaitedFor)
    while HostClocks.monotonic() < patience, server.idleTime() != nil { server.step() }
    #expect(server.idleTime() == nil)
  }

  /// Also where it is read together with others, and more is sent behind it.
  @Test func whatIsNotAnsweredThatWayKeepsItsPlace() throws {
    let server = try Server(clients: 3)
    server.send(request(1), by: 0)
    server.send(request(2, "now"), by: 1)
    server.send(request(3), by: 2)
    server.step()
    server.send(request(4), by: 1)
    server.settle()
    #expect(server.lines(of: 0).count == 1)
    #expect(server.lines(of: 2).first?.hasPrefix("3 ") == true)
    let lines = server.lines(of: 1)
    try #require(lines.count == 2)
    #expect(lines[0].contains(#"\"id\":2"#))
    #expect(lines[1].hasPrefix("4 "))
  }

  /// The thread sleeps in between, and whoever asks one thing at a time does not wait for them.
  @Test func aFloodOfOthersHasAShareOfTheTime() throws {
    let server = try Server(clients: 2)
    let many = 1000
    let flood = String(repeating: request(1, "now"), count: many)
    var (sent, answers) = (0, 0)
    func read() {
      server.settle()
      while answers < sent, case let text = server.text(of: 0), !text.isEmpty {
        answers += text.count { $0 == "\n" }
        server.settle()
      }
    }
    // A step that begins and ends within a pause does nothing for it. On a busy machine few do.
    var handled: (before: Int, after: Int)?
    for _ in 0..<100 where handled == nil {
      read()
      server.send(flood, by: 0)
      sent += many
      for _ in 0..<10 * many where handled == nil {
        let before = server.handled.change { $0 }
        let looked = HostClocks.monotonic()
        guard let pause = server.idleTime(), pause > .zero else {
          server.step()
          continue
        }
        server.step()
        let after = server.handled.change { $0 }
        if HostClocks.monotonic() < looked + pause { handled = (before, after) }
      }
    }
    let (before, after) = try #require(handled)
    #expect(before == after && after < sent)
    server.send(request(2), by: 1)
    server.step()
    #expect(server.lines(of: 1).first?.hasPrefix("2 ") == true)
    #expect(server.idleTime() != nil)
    server.settle()
    read()
    #expect(answers == sent)
  }

  /// Together they are more than is read at a time.
  @Test func longOnesAreReadAsTheyWereSent() throws {
    let server = try Server(clients: 6)
    for length in [10_000, 16_383, 16_384, 16_385, 20_000] {
      for client in 0..<6 {
        let text = request(client)
        let blanks = String(repeating: " ", count: length - text.utf8.count)
        server.send("{" + blanks + text.dropFirst(), by: client)
      }
      server.settle()
      for client in 0..<6 {
        let lines = server.lines(of: client)
        // One that did not come in one piece is not plain.
        let isPlain = lines.first?.hasPrefix("\(client) ") == true
        let isWhole = lines.first?.contains(#"\"id\":\#(client),"#) == true
        #expect(lines.count == 1 && (isPlain || isWhole), "\(length): \(lines)")
      }
    }
  }

  /// Else each byte of a slow writer would wake the thread.
  @Test func whoWaitsForItsTurnIsNotToldOfAgain() throws {
    let server = try Server(clients: 2)
    // Part of a request: no plain one any more.
    server.send("{", by: 0)
    server.settle()
    #expect(server.look() == 0)
    // Each is told of once, and the first of these has it wait for its turn.
    for (byte, told) in zip(["a", "b", "c", "d"], [1, 1, 0, 0]) {
      server.send(byte, by: 0)
      #expect(server.look() == told, "\(byte)")
    }
    // Another one is.
    server.send(request(7), by: 1)
    #expect(server.look() == 1)
    server.settle()
    #expect(server.lines(of: 1).count == 1)
    // After its turn it is told of again, and nothing of it is lost.
    server.send("}\n", by: 0)
    #expect(server.look() == 1)
    server.settle()
    #expect(server.text(of: 0).contains("{abcd}"))
    // So is one of which it turns out that it has a plain request.
    for part in [request(8).prefix(20), request(8).dropFirst(20)] {
      server.send(String(part), by: 0)
      #expect(server.look() == 1)
    }
    server.settle()
    #expect(server.lines(of: 0).first?.hasPrefix("8 ") == true)
    server.send(request(9), by: 0)
    #expect(server.look() == 1)
    server.settle()
    #expect(server.lines(of: 0).first?.hasPrefix("9 ") == true)
  }

  /// Nor after it, as long as something came each time.
  @Test func ofWhomSomethingComesEachTimeIsNotToldOf() throws {
    let many = 40
    let server = try Server(clients: many)
    for client in 0..<many { server.send("{", by: client) }
    server.settle()
    for _ in 1...2 {
      for client in 0..<many { server.send("a", by: client) }
      #expect(server.look() == many)
    }
    // More than one look's share: the first has had its turn, and waits for the next.
    server.serve()
    server.send("b", by: 0)
    #expect(server.look() == 0)
    server.settle()
    server.send("}\n", by: 0)
    #expect(server.look() == 1)
    server.settle()
    #expect(server.text(of: 0).contains("{aab}"))
  }
}
