import ClockProtocol
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

@Suite struct BatchTests {
  private typealias Done = @Sendable (Result<JSONValue, RPCError>) -> Void

  private func request(_ method: String, id: String?) -> String {
    let id = id.map { "\"id\":\($0)," } ?? ""
    return "{\"jsonrpc\":\"2.0\",\(id)\"method\":\"\(method)\"}"
  }

  private func ids(_ line: String?) throws -> String? {
    try line.map { try JSONValue(parsing: $0).array?.compactMap { $0["id"]?.text } ?? [] }
      .map { $0.joined(separator: " ") }
  }

  @Test func answersKeepTheOrderOfTheRequests() throws {
    let test = try TestBoard()
    let line = [request("offsets", id: "3"), "5", request("health", id: "\"a\"")]
    let reply = try test.ask("[\(line.joined(separator: ","))]")
    #expect(try ids(reply) == "3 null \"a\"")
  }

  @Test func notificationsGetNoAnswer() throws {
    let test = try TestBoard()
    #expect(try test.ask(request("health", id: nil)) == nil)
    #expect(try test.ask(request("nope", id: nil)) == nil)
    #expect(try test.ask("{\"jsonrpc\":\"2.0\",\"method\":\"now\",\"params\":[1]}") == nil)
    #expect(try test.ask("[\(request("health", id: nil)),\(request("x", id: nil))]") == nil)
    let mixed = [request("health", id: nil), request("health", id: "1")]
    #expect(try ids(try test.ask("[\(mixed.joined(separator: ","))]")) == "1")
  }

  @Test(arguments: ["offsets", "exchanges"]) func listsInABatchAreFew(_ method: String) throws {
    let test = try TestBoard()
    let line = (0..<256).map { request($0 == 255 ? "health" : method, id: "\($0)") }
    let reply = try #require(try test.ask("[\(line.joined(separator: ","))]"))
    let answers = try #require(try JSONValue(parsing: reply).array)
    #expect(answers.count == 256)
    #expect(answers.prefix(8).allSatisfy { $0["result"]?.array != nil })
    #expect(answers[8..<255].allSatisfy { $0["error"]?["code"] == -32600 })
    #expect(answers.last?["result"] != nil)
  }

  /// They are made by the thread that everybody waits for.
  @Test(arguments: ["subscribe", "unsubscribe"])
  func besideWhatIsAboutTheConnectionTheyAreFewer(_ method: String) throws {
    let test = try TestBoard()
    let line = (0..<8).map { request($0 == 3 ? method : "exchanges", id: "\($0)") }
    let reply = try #require(try test.ask("[\(line.joined(separator: ","))]"))
    let answers = try #require(try JSONValue(parsing: reply).array)
    #expect(answers.prefix(2).allSatisfy { $0["result"]?.array != nil })
    #expect(answers[4...].allSatisfy { $0["error"]?["code"] == -32600 })
    let message = answers[4]["error"]?["message"]?.string
    #expect(message?.contains("at most 2 requests whose answers are lists beside") == true)
  }

  @Test(arguments: [false, true])
  func aBatchWithResyncsIsAnsweredOnceTheLastOneIsDone(_ isReversed: Bool) throws {
    let waiting = TestBoard.Mutexed([Done]())
    let test = try TestBoard { _, done in waiting.change { $0.append(done) } }
    let replies = TestBoard.Mutexed([String?]())
    let line = [
      request("offsets", id: "1"), request("resync", id: "2"), request("health", id: "3"),
      request("resync", id: "4"), request("resync", id: nil),
    ]
    let answer = test.service.answer(Array("[\(line.joined(separator: ","))]".utf8)) { reply in
      replies.change { $0.append(reply?.text) }
    }
    guard case .later = answer else {
      Issue.record("a resync takes time")
      return
    }
    let handlers = waiting.change { $0 }
    #expect(handlers.count == 3)
    for (index, done) in (isReversed ? handlers.reversed() : handlers).enumerated() {
      #expect(replies.change { $0.isEmpty })
      done(
        index == 0 ? .failure(RPCError(.refused, "banned")) : .success(["n": .integer(1)]))
    }
    #expect(replies.change { $0.count } == 1)
    let reply = try #require(replies.change { $0[0] })
    #expect(try ids(reply) == "1 2 3 4")
    let answers = try #require(try JSONValue(parsing: reply).array)
    #expect((answers[1]["error"] != nil) == !isReversed)
    // It would have to be kept meanwhile.
    #expect(answers[0]["error"]?["code"] == -32600)
    #expect(answers[0]["error"]?["message"]?.string?.contains("no other list") == true)
    #expect(answers[2]["result"] != nil)
  }

  @Test func aResyncThatIsDoneAtOnceIsAnsweredToo() throws {
    let test = try TestBoard()
    let replies = TestBoard.Mutexed([String?]())
    for line in [request("resync", id: "1"), "[\(request("resync", id: "2"))]"] {
      guard
        case .later = test.service.answer(
          Array(line.utf8), later: { reply in replies.change { $0.append(reply?.text) } })
      else {
        Issue.record("\(line)")
        return
      }
    }
    let single = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resynced\":true}}"
    let batch = "[{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"resynced\":true}}]"
    #expect(replies.change { $0 } == [single, batch])
    #expect(test.resyncs.change { $0 } == [nil, nil])
  }

  @Test func noncesGrowAcrossThreads() throws {
    let test = try TestBoard()
    let finished = Semaphore()
    let line = Array(
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"stamp\",\"params\":{\"exchange\":\"kraken\"}}"
        .utf8)
    let all = TestBoard.Mutexed([[Int64]]())
    for _ in 0..<4 {
      try Thread.start(named: "bot") {
        var nonces: [Int64] = []
        for _ in 0..<1_000 {
          guard case .now(let reply?) = test.service.answer(line, later: { _ in }),
            let nonce = (try? JSONValue(parsing: reply.bytes))?["result"]?["timestamp"]?.integer
          else { break }
          nonces.append(nonce)
        }
        all.change { [nonces] in $0.append(nonces) }
        finished.signal()
      }
    }
    for _ in 0..<4 { finished.wait() }
    let nonces = all.change { $0 }
    #expect(nonces.map(\.count) == [1_000, 1_000, 1_000, 1_000])
    #expect(nonces.allSatisfy { zip($0, $0.dropFirst()).allSatisfy { $0 < $1 } })
    #expect(Set(nonces.joined()).count == 4_000)
  }
}
