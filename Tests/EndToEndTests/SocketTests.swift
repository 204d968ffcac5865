import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

/// Clients that are wrong, slow or many, on a real socket.
@Suite struct SocketTests {
  let simulator: ExchangeSimulator
  let daemon: DaemonProcess

  init() throws {
    simulator = try ExchangeSimulator([.init("binance"), .init("okx")])
    daemon = try DaemonProcess(following: simulator, settings: "[socket]\nmax_clients = 8\n")
    try daemon.waitUntilReady()
  }

  /// A client without manners: bytes go out as they are, lines come back as text.
  final class RawClient {
    let descriptor: OwnedDescriptor
    var input = LineBuffer(longestLine: 1 << 26)
    var lines: [String] = []

    init(_ path: String) throws {
      descriptor = try UnixSocket.connect(to: path)
    }

    func send(_ text: String) {
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        guard case .bytes(let count) = rest.withUnsafeBytes({ descriptor.send($0) }) else { return }
        rest = rest.dropFirst(count)
      }
    }

    func answer() throws -> JSONValue {
      struct Closed: Error {}
      guard let line = line() else { throw Closed() }
      return try JSONValue(parsing: line)
    }

    /// The next line; nil when the daemon has closed the connection.
    func line() -> String? {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while lines.isEmpty {
        guard case .bytes(let count) = buffer.withUnsafeMutableBytes({ descriptor.read(into: $0) })
        else { return nil }
        var fresh: [String] = []
        buffer.withUnsafeBytes {
          input.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) {
            if case .complete(let line) = $0 { fresh.append(String(decoding: line, as: UTF8.self)) }
          }
        }
        lines += fresh
      }
      return lines.removeFirst()
    }
  }

  private func code(_ answer: JSONValue) -> Int64? {
    answer["error"]?["code"]?.integer
  }

  static let health = #"{"jsonrpc":"2.0","id":7,"method":"health"}"# + "\n"

  struct BadLine: CustomTestStringConvertible {
    var text: String
    var code: Int64
    var testDescription: String {
      "\(text.prefix(40).debugDescription) of \(text.utf8.count) bytes"
    }
  }

  static let badLines = [
    ("garbage", -32700),
    ("{\"jsonrpc\":\"2.0\",\"id\":1", -32700),
    ("\u{0}\u{1}\u{2}", -32700),
    (String(repeating: "[", count: 60_000), -32700),
    ("[]", -32600), ("42", -32600), ("{}", -32600),
    (#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
    (#"{"jsonrpc":"2.0","id":1,"method":"nonsense"}"#, -32601),
    (#"{"jsonrpc":"2.0","id":1,"method":"stamp"}"#, -32602),
    (#"{"jsonrpc":"2.0","id":1,"method":"stamp","params":["binance"]}"#, -32602),
    (#"{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":7}}"#, -32602),
    (#"{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"nowhere"}}"#, -32002),
    (#"{"jsonrpc":"2.0","id":1,"method":"resync","params":{"exchange":"nowhere"}}"#, -32002),
    (
      #"{"jsonrpc":"2.0","id":1,"method":"now","params":{"exchange":"okx","max_error_ms":0}}"#,
      -32003
    ),
    (String(repeating: "x", count: 65_537), -32600),
    (String(repeating: "x", count: 1_000_000), -32600),
  ].map { BadLine(text: $0, code: $1) }

  @Test(arguments: badLines)
  func aBadLineGetsItsErrorAndEveryoneIsServedOn(_ line: BadLine) throws {
    let neighbour = try RawClient(daemon.socketPath)
    let client = try RawClient(daemon.socketPath)
    client.send(line.text + "\n" + Self.health)
    #expect(try code(client.answer()) == line.code)
    let answer = try client.answer()
    #expect(answer["id"] == 7 && answer["result"]?["status"] == "ok")
    neighbour.send(Self.health)
    #expect(try code(neighbour.answer()) == nil)
  }

  @Test func answersComeInOrderAlsoWhenOneHasToWait() throws {
    let client = try RawClient(daemon.socketPath)
    var text = ""
    for id in 0..<50 {
      let method = id % 10 == 3 ? "resync" : "offset"
      text += #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":{"exchange":"okx"}}"#
      text += "\n"
    }
    client.send(text)
    for id in 0..<50 {
      let answer = try client.answer()
      #expect(answer["id"] == .integer(Int64(id)))
    }
  }

  @Test func aRequestSplitAnywhereIsStillOneRequest() throws {
    let client = try RawClient(daemon.socketPath)
    for byte in Self.health { client.send(String(byte)) }
    #expect(try code(client.answer()) == nil)
  }

  @Test func aClientThatNeverReadsIsCutOff() throws {
    let deaf = try RawClient(daemon.socketPath)
    let flood = String(repeating: Self.health, count: 20_000)
    deaf.send(flood)
    deaf.send(flood)
    let client = try RawClient(daemon.socketPath)
    client.send(Self.health)
    #expect(try code(client.answer()) == nil)
    try daemon.eventually("the deaf client is gone") {
      try daemon.call(.health)["counts"]?["clients"]?.integer == 2
    }
  }

  @Test func aClientBeyondTheLimitIsToldSo() throws {
    var full = false
    try withClients(8) {
      let client = try RawClient(daemon.socketPath)
      full = try code(client.answer()) == -32005 && client.line() == nil
    }
    #expect(full)
    try daemon.eventually("a place is free again") {
      (try? daemon.call(.health))?["status"] == "ok"
    }
  }

  /// A bot that leaves its connections open shuts nobody else out.
  @Test func whoHasAllPlacesGivesUpTheIdlestForAnotherProcess() throws {
    var clients = try (0..<7).map { _ in try RawClient(daemon.socketPath) }
    // Idle for longest, but promised something.
    clients[1].send(#"{"jsonrpc":"2.0","id":1,"method":"subscribe"}"# + "\n")
    #expect(try code(clients[1].answer()) == nil)
    func count(of client: RawClient) throws -> JSONValue? {
      client.send(Self.health)
      return try client.answer()["result"]?["counts"]?["clients"]
    }
    for number in [0, 5, 2, 3, 4, 6] { _ = try count(of: clients[number]) }
    // One that has asked for nothing yet.
    clients.append(try RawClient(daemon.socketPath))
    try daemon.eventually("all places are taken") { try count(of: clients[0]) == 8 }
    let (code, output) = try run(
      product("exchange-clock"), ["now", "okx"],
      environment: ["EXCHANGE_CLOCK_SOCKET=\(daemon.socketPath)"])
    #expect(code == 0, "\(output)")
    for number in [0, 2, 3, 4, 6, 7] {
      try daemon.eventually("seven are left") { try count(of: clients[number]) == 7 }
    }
    #expect(clients[5].line() == nil)
  }

  private func withClients(_ count: Int, _ body: () throws -> Void) throws {
    guard count > 0 else { return try body() }
    let client = try RawClient(daemon.socketPath)
    client.send(Self.health)
    #expect(try code(client.answer()) == nil)
    try withClients(count - 1, body)
  }

  @Test func demandsOfManyClientsAreOneBurst() throws {
    simulator.update("binance") { $0.forwardDelay = .milliseconds(30) }
    let before = simulator.counters(of: "binance").timeRequests
    let clients = try (0..<7).map { _ in try RawClient(daemon.socketPath) }
    let demand = #"{"jsonrpc":"2.0","id":1,"method":"resync","params":{"exchange":"binance"}}"#
    for client in clients {
      client.send("[" + Array(repeating: demand, count: 8).joined(separator: ",") + "]\n")
    }
    for client in clients {
      let answers = try #require(client.answer().array)
      #expect(answers.count == 8)
      #expect(answers.allSatisfy { $0["result"]?["state"] == "synchronized" })
    }
    #expect(simulator.counters(of: "binance").timeRequests - before == 8)
  }

  @Test func aLastLineWithoutNewlineIsAnswered() throws {
    let client = try RawClient(daemon.socketPath)
    client.send(String(Self.health.dropLast()))
    shutdown(client.descriptor.number, CInt(SHUT_WR))
    #expect(try client.answer()["id"] == 7)
    #expect(client.line() == nil)
  }

  /// One client keeps the daemon as busy as it can; another still gets its turn between.
  @Test func aFloodOfOneClientLeavesRoomForOthers() throws {
    let flood = try RawClient(daemon.socketPath)
    flood.send(String(repeating: "1\n", count: 2_000))
    let client = try RawClient(daemon.socketPath)
    client.send(Self.health)
    #expect(try code(client.answer()) == nil)
    for _ in 0..<2_000 { #expect(try code(flood.answer()) == -32600) }
  }

  @Test func aClientThatLeavesWhileItsResyncRunsCostsNothing() throws {
    simulator.update("okx") { $0.forwardDelay = .milliseconds(300) }
    let leaver = try RawClient(daemon.socketPath)
    leaver.send(#"{"jsonrpc":"2.0","id":1,"method":"resync","params":{"exchange":"okx"}}"# + "\n")
    try daemon.eventually("the resync has begun") {
      try daemon.offset("okx").nextSyncMilliseconds == 0
    }
    let before = daemon.process.processorTicks
    shutdown(leaver.descriptor.number, CInt(SHUT_RDWR))
    try daemon.eventually("the resync is over") {
      try daemon.offset("okx").nextSyncMilliseconds > 0
    }
    // It would have been two hundred ticks of 10 ms and more.
    #expect(daemon.process.processorTicks - before < 100)
  }
}
