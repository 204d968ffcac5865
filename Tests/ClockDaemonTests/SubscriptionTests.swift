import ClockCore
import ClockProtocol
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// What a subscriber is told, and what not.
@Suite struct SubscriptionTests {
  private let test: TestBoard
  private let session = Session()

  init() throws {
    test = try TestBoard()
  }

  private func call(_ method: String, _ params: String) throws -> JSONValue {
    let line = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"\(method)\",\"params\":\(params)}"
    guard
      case .now(let reply?) = test.service.answer(Array(line.utf8), for: session, later: { _ in })
    else {
      Issue.record("no answer")
      return .null
    }
    return try JSONValue(parsing: reply.bytes)
  }

  /// What is told after all this.
  private func told() throws -> [OffsetNotification] {
    session.feed.refresh(test.board.read(), at: .read())
    session.look()
    return try String(decoding: session.lines(), as: UTF8.self).split(separator: "\n").map {
      try #require(OffsetNotification(json: try JSONValue(parsing: String($0))), "\($0)")
    }
  }

  private func move(_ index: Int, by change: Duration, error: Duration = .milliseconds(10)) throws {
    let status = try TestBoard.status(
      at: .read(), ahead: .milliseconds(250) + change, error: error)
    test.board.publish { $0.entries[index].show(status) }
  }

  @Test func theAnswerTellsTheOffsets() throws {
    let result = try #require(try call("subscribe", "{}")["result"])
    #expect(result["subscription"] == 1)
    let offsets = try #require(result["offsets"]?.array).compactMap(OffsetResult.init)
    #expect(offsets.map(\.exchange) == ["binance", "bybit", "kraken", "okx"])
    #expect(try told().isEmpty)
    let second = try call("subscribe", "{\"exchanges\":[\"okx\",\"binance\",\"okx\"]}")["result"]
    #expect(second?["subscription"] == 2)
    #expect(second?["offsets"]?.array?.map { $0["exchange"] } == ["binance", "okx"])
  }

  @Test func aNotificationIsTheOffsetObject() throws {
    _ = try call("subscribe", "{}")
    try move(0, by: .milliseconds(2))
    session.feed.refresh(test.board.read(), at: .read())
    session.look()
    let line = String(decoding: session.lines(), as: UTF8.self)
    #expect(
      line.hasPrefix(
        #"{"jsonrpc":"2.0","method":"offset","params":{"subscription":1,"exchange":"binance","#))
    #expect(line.hasSuffix("}}\n"))
    let params = try #require(try JSONValue(parsing: line)["params"])
    guard case .object(let members) = params,
      case .object(let offset) = session.feed.offsets[0].json
    else {
      Issue.record("no object")
      return
    }
    #expect(members.dropFirst().map(\.key) == offset.map(\.key))
    #expect(members.dropFirst().map(\.value) == offset.map(\.value))
  }

  @Test func changesBelowTheLeastAreNotTold() throws {
    _ = try call("subscribe", "{\"min_change_us\":5000}")
    try move(0, by: .milliseconds(4))
    #expect(try told().isEmpty)
    // Bit by bit it has become enough.
    try move(0, by: .milliseconds(6))
    #expect(try told().map(\.offset.exchange) == ["binance"])
    #expect(try told().isEmpty)
    // The offset stays, its bounds change.
    try move(0, by: .milliseconds(6), error: .milliseconds(16))
    #expect(try told().map(\.offset.exchange) == ["binance"])
  }

  @Test func aChangeOfTheStateIsTold() throws {
    _ = try call("subscribe", "{\"min_change_us\":86400000000}")
    test.board.change { $0.entries[0].status.failure = ProbeFailure(reason: "no answer") }
    let notifications = try told()
    #expect(notifications.map(\.offset.state) == ["holdover"])
    #expect(notifications.map(\.offset.reason) == ["no answer"])
    let empty = TestBoard.empty(at: .read())
    test.board.publish { $0.entries[0].show(empty) }
    #expect(try told().map(\.offset.state) == ["unknown"])
    // The same state, but now with a measurement.
    test.board.change { $0.entries[3].status.disruption = "x" }
    #expect(try told().map(\.offset.state) == ["disrupted"])
  }

  @Test func onlyWhatWasAskedForIsTold() throws {
    _ = try call("subscribe", "{\"exchanges\":[\"kraken\"]}")
    _ = try call("subscribe", "{\"exchanges\":[\"binance\",\"kraken\"],\"min_change_us\":10000}")
    try move(0, by: .milliseconds(5))
    #expect(try told().isEmpty)
    try move(2, by: .milliseconds(5))
    #expect(try told().map(\.subscription) == [1])
    try move(2, by: .milliseconds(20))
    #expect(try told().map(\.subscription) == [1, 2])
    #expect(try call("unsubscribe", "{\"subscription\":1}")["result"] == ["subscription": 1])
    try move(2, by: .milliseconds(40))
    #expect(try told().map(\.subscription) == [2])
    #expect(
      try call("unsubscribe", "{\"subscription\":1}")["error"]?["message"]
        == "subscription: there is no 1 on this connection")
  }

  /// Who reads late is told what is the case then, once.
  @Test func onlyTheNewestIsKeptForASlowReader() throws {
    _ = try call("subscribe", "{\"exchanges\":[\"binance\"]}")
    for step in 1...50 {
      try move(0, by: .milliseconds(2 * step))
      session.feed.refresh(test.board.read(), at: .read())
      session.look()
    }
    #expect(session.untold > 50 * 400)
    let untold = session.untold
    session.look()
    #expect(session.untold == untold)
    let notifications = try told()
    #expect(notifications.count == 1)
    let known = try #require(notifications.first?.offset.measurement)
    #expect(abs(known.offsetNanoseconds - 350_000_000) < 1_000_000)
    #expect(session.untold == 0)
  }

  @Test func otherExchangesAreTakenIn() throws {
    _ = try call("subscribe", "{}")
    _ = try call("subscribe", "{\"exchanges\":[\"kraken\"]}")
    test.board.change { _ = $0.entries.removeFirst() }
    let notifications = try told()
    #expect(notifications.map(\.offset.exchange) == ["bybit", "kraken", "okx", "kraken"])
    #expect(notifications.map(\.subscription) == [1, 1, 1, 2])
  }

  @Test(arguments: [
    ("{\"exchanges\":[]}", -32602, "exchanges: a list of one or more strings is expected"),
    ("{\"exchanges\":\"binance\"}", -32602, "exchanges: a list of one or more strings is expected"),
    (
      "{\"exchanges\":[\"binance\",7]}", -32602,
      "exchanges: a list of one or more strings is expected"
    ),
    (
      "{\"exchanges\":[\"binance\",\"mtgox\"]}", -32002,
      "unknown exchange \"mtgox\"; enabled: binance, bybit, kraken, okx"
    ),
    (
      "{\"min_change_us\":-1}", -32602,
      "min_change_us: a whole number from 0 to 86400000000 is expected"
    ),
    (
      "{\"min_change_us\":0.5}", -32602,
      "min_change_us: a whole number from 0 to 86400000000 is expected"
    ),
    (
      "{\"least\":1}", -32602,
      "unknown parameter \"least\"; it takes exchanges, min_change_us"
    ),
  ])
  func refusals(_ params: String, _ code: Int64, _ message: String) throws {
    let error = try call("subscribe", params)["error"]
    #expect(error?["code"]?.integer == code)
    #expect(error?["message"]?.string == message)
    #expect(session.subscriptions.isEmpty)
  }

  @Test func aConnectionHoldsOnlySoMany() throws {
    for _ in 0..<Session.mostSubscriptions {
      #expect(try call("subscribe", "{}")["result"] != nil)
    }
    #expect(try call("subscribe", "{}")["error"]?["code"] == -32005)
    _ = try call("unsubscribe", "{\"subscription\":3}")
    #expect(try call("subscribe", "{}")["result"]?["subscription"] == 17)
  }

  @Test func nothingIsToldBeforeTheAnswer() throws {
    _ = try call("subscribe", "{}")
    session.isAnswerPending = true
    try move(0, by: .milliseconds(5))
    #expect(try told().isEmpty)
    session.isAnswerPending = false
    #expect(try told().map(\.offset.exchange) == ["binance"])
  }
}
