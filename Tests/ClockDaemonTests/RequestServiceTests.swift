import ClockCore
import ClockProtocol
import ExchangeCatalog
import Glibc
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

@Suite struct RequestServiceTests {
  /// Whoever may connect may ask; only the operator says what is believed.
  @Test func aJumpIsAcceptedByTheOperatorAlone() throws {
    let test = try TestBoard()
    let demand = { (params: String) in
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resync\",\"params\":{\(params)}}"
    }
    let accepting = demand(#""exchange":"binance","accept_step":true"#)
    for stranger in [nil, geteuid() + 1, UInt32.max] {
      let line = try #require(try test.ask(accepting, as: stranger))
      let error = try JSONValue(parsing: line)["error"]
      #expect(error?["code"] == -32004, "\(line)")
      #expect(error?["message"]?.string?.hasPrefix("accept_step is for root and") == true)
    }
    #expect(test.resyncs.change { $0 }.isEmpty)
    for line in [accepting, demand(#""accept_step":true"#)] {
      for user in [0, geteuid()] {
        _ = test.service.answer(Array(line.utf8), for: Session(user: user)) { _ in }
      }
    }
    _ = test.service.answer(Array(demand("").utf8), for: Session(user: 65_534)) { _ in }
    #expect(test.resyncs.change { $0.count } == 5)
  }

  private let test: TestBoard

  init() throws {
    test = try TestBoard()
  }

  private func result(_ method: String, _ params: String = "{}") throws -> JSONValue {
    try #require(try test.call(method, params)["result"])
  }

  // MARK: Answers

  @Test func stampIsTheEarliestTimeOfTheExchange() throws {
    let before = HostClocks.read().local
    let stamp = try #require(
      StampResult(json: try result("stamp", "{\"exchange\":\"binance\"}")))
    let after = HostClocks.read().local
    let ahead = stamp.unixMicroseconds * 1_000
    // 250 ms ahead, less the 10 ms of the error, rounded down to 1 ms.
    #expect(ahead >= before.nanoseconds + 238_000_000)
    #expect(ahead <= after.nanoseconds + 240_000_000)
    #expect(stamp.timestamp == .integer(stamp.unixMicroseconds / 1_000))
    #expect(stamp.windowMilliseconds == 5_000)
    #expect(stamp.isGuaranteed)
    #expect(stamp.state == "synchronized")
    #expect(stamp.carrier == "query or body parameter 'timestamp'")
    #expect((1_020...1_040).contains(stamp.smallestWindowMilliseconds ?? 0))
  }

  @Test func aWindowOfTheRequestIsUsed() throws {
    let params = "{\"exchange\":\"binance\",\"recv_window_ms\":1500.5}"
    let stamp = try #require(StampResult(json: try result("stamp", params)))
    #expect(stamp.windowMilliseconds == 1_500)
    #expect(stamp.marginMilliseconds ?? 0 < 1_000)
  }

  @Test func nowIsTheTimeWithItsBounds() throws {
    let now = try #require(NowResult(json: try result("now", "{\"exchange\":\"bybit\"}")))
    #expect(now.state == "holdover")
    #expect(now.earliestMicroseconds <= now.estimateMicroseconds)
    #expect(now.estimateMicroseconds <= now.latestMicroseconds)
    let width = now.latestMicroseconds - now.earliestMicroseconds
    #expect((20_000...21_000).contains(width))
    // The estimate is 250 ms ahead; the two clocks were not read at once.
    #expect(abs(now.estimateMicroseconds - now.localMicroseconds - 250_000) < 1_000)
  }

  @Test func offsetIsAllThatIsKnown() throws {
    let offset = try #require(
      OffsetResult(json: try result("offset", "{\"exchange\":\"binance\"}")))
    let known = try #require(offset.measurement)
    #expect(abs(known.offsetNanoseconds - 250_000_000) < 1_000_000)
    // This host's clock may have been slewed since the board was made.
    let slew: Int64 = 10_000
    #expect(known.lowerNanoseconds <= 240_000_000 + slew)
    #expect(known.upperNanoseconds >= 260_000_000 - slew)
    #expect(known.shortestRoundTripNanoseconds == 19_000_000)
    #expect(known.lastRoundTripNanoseconds == 21_000_000)
    #expect(offset.samples == 8)
    #expect(offset.resolutionNanoseconds == 1_000_000)
    #expect((3_000_000...3_240_000).contains(offset.nextSyncMilliseconds))
    let unknown = try #require(
      OffsetResult(json: try result("offset", "{\"exchange\":\"okx\"}")))
    #expect(unknown.measurement == nil)
    #expect(unknown.state == "unknown")
    #expect(unknown.reason == "first resync under way")
  }

  @Test func offsetsAreSortedById() throws {
    let ids = try result("offsets").array?.compactMap { $0["exchange"]?.string }
    #expect(ids == ["binance", "bybit", "kraken", "okx"])
  }

  @Test func exchangesAreTheWholeCatalogue() throws {
    let exchanges = try #require(try result("exchanges").array).compactMap(ExchangeResult.init)
    #expect(exchanges.map(\.id) == ExchangeCatalog.builtIn.map(\.id))
    #expect(exchanges.filter(\.isEnabled).map(\.id) == ["binance", "bybit", "kraken", "okx"])
    #expect(exchanges.first { $0.id == "kraken" }?.windowMilliseconds == nil)
    #expect(exchanges.first { $0.id == "binance" }?.longestWindowMilliseconds == 60_000)
  }

  @Test func whatIsNotKnownOfAnExchangeIsNull() throws {
    let exchanges = try #require(try result("exchanges").array)
    let tolerances = exchanges.map { ($0["id"]?.string ?? "", $0["future_tolerance_ms"]) }
    for (id, tolerance) in tolerances {
      #expect((tolerance?.integer ?? 1) > 0, "\(id)")
      if ["backpack", "okx", "gate", "coinex", "kraken"].contains(id) {
        #expect(tolerance == .null, "\(id)")
      }
      if ["binance", "bybit", "poloniex"].contains(id) { #expect(tolerance == 1_000, "\(id)") }
    }
    let binance = try #require(exchanges.first { $0["id"] == "binance" }?["codes"]?.array)
    #expect(binance.map { $0["side"]?.string }.prefix(3) == ["ahead", "behind", nil])
  }

  @Test func healthNamesWhatIsNotWell() throws {
    let health = try result("health")
    #expect(health["status"] == "degraded")
    #expect(
      health["reasons"] == [
        "bybit is holdover: no answer within 5 s", "okx is unknown: first resync under way",
      ])
    #expect(health["ready"] == false)
    #expect(health["counts"]?["exchanges"] == 4)
    #expect(health["counts"]?["synchronized"] == 2)
    #expect(health["counts"]?["unknown"] == 1)
    let offset = try #require(health["system_clock"]?["offset_ns"]?.integer)
    #expect(abs(offset - 250_000_000) < 1_000_000)
  }

  @Test func healthSaysWhoseClockIsWrong() throws {
    let verdicts = try #require(try result("health")["verdicts"]?.array)
      .compactMap(VerdictResult.init)
    #expect(verdicts.map(\.kind) == [.systemClockWrong, .answersUnusable, .unknown])
    #expect(verdicts.map(\.exchange) == [nil, "bybit", "okx"])
    #expect(
      verdicts[0].summary == "your clock is wrong: it is 250 ms behind what 3 exchanges agree on")
  }

  // MARK: Refusals

  /// Every message that a client can be shown.
  @Test(
    arguments: [
      (
        "nope", "{}", .methodNotFound,
        "unknown method \"nope\"; known: stamp, now, offset, offsets, convert, subscribe,"
          + " unsubscribe, resync, report, history, health, exchanges"
      ),
      ("stamp", "{}", .invalidParams, "exchange: missing; a string is expected"),
      ("now", "{\"exchange\":null}", .invalidParams, "exchange: missing; a string is expected"),
      ("offset", "{\"exchange\":5}", .invalidParams, "exchange: a string is expected"),
      ("resync", "{\"exchange\":[]}", .invalidParams, "exchange: a string is expected"),
      (
        "now", "{\"exchange\":\"binance\",\"max_eror_ms\":5}", .invalidParams,
        "unknown parameter \"max_eror_ms\"; it takes exchange, max_error_ms"
      ),
      ("health", "{\"x\":1}", .invalidParams, "unknown parameter \"x\"; it takes none"),
      (
        "stamp", "{\"exchange\":\"binance\",\"recv_window_ms\":0}", .invalidParams,
        "recv_window_ms: a number from 1 to 600000 is expected"
      ),
      (
        "stamp", "{\"exchange\":\"binance\",\"recv_window_ms\":\"5000\"}", .invalidParams,
        "recv_window_ms: a number from 1 to 600000 is expected"
      ),
      (
        "stamp", "{\"exchange\":\"binance\",\"recv_window_ms\":60001}", .invalidParams,
        "recv_window_ms: binance allows at most 60000 ms"
      ),
      (
        "stamp", "{\"exchange\":\"binance\",\"lifetime_ms\":-5}", .invalidParams,
        "lifetime_ms: a number from 1 to 86400000 is expected"
      ),
      (
        "stamp", "{\"exchange\":\"binance\",\"lifetime\":5}", .invalidParams,
        "unknown parameter \"lifetime\"; it takes exchange, recv_window_ms, lifetime_ms"
      ),
      (
        "stamp", "{\"exchange\":\"kraken\",\"recv_window_ms\":5000}", .invalidParams,
        "recv_window_ms: the timestamp of kraken is a nonce, which has none"
      ),
      (
        "now", "{\"exchange\":\"binance\",\"max_error_ms\":-1}", .invalidParams,
        "max_error_ms: a number from 0 to 86400000 is expected"
      ),
      (
        "now", "{\"exchange\":\"binance\",\"max_error_ms\":2}", .errorTooLarge,
        "the error of 10.0 ms is above the max_error_ms of 2.00 ms"
      ),
      (
        "stamp", "{\"exchange\":\"okx\"}", .notSynchronized,
        "okx: no time can be given: first resync under way"
      ),
      (
        "now", "{\"exchange\":\"okx\"}", .notSynchronized,
        "okx: no time can be given: first resync under way"
      ),
      (
        "stamp", "{\"exchange\":\"mtgox\"}", .unknownExchange,
        "unknown exchange \"mtgox\"; enabled: binance, bybit, kraken, okx"
      ),
      (
        "resync", "{\"exchange\":\"mtgox\"}", .unknownExchange,
        "unknown exchange \"mtgox\"; enabled: binance, bybit, kraken, okx"
      ),
      (
        "offset", "{\"exchange\":\"kucoin\"}", .unknownExchange,
        "exchange \"kucoin\" is not enabled; add [exchanges.kucoin] to the configuration;"
          + " enabled: binance, bybit, kraken, okx"
      ),
      (
        "offset", "{\"exchange\":\"\"}", .unknownExchange,
        "unknown exchange \"\"; enabled: binance, bybit, kraken, okx"
      ),
      ("now", "[]", .invalidParams, "params are named: an object is expected"),
    ] as [(String, String, RPCError.Code, String)])
  func refusals(_ method: String, _ params: String, _ code: RPCError.Code, _ message: String)
    throws
  {
    let error = try #require(
      try test.call(method, params)["error"].flatMap(RPCError.init(json:)))
    #expect(error.code == code)
    #expect(error.message == message)
    #expect(test.resyncs.change { $0.isEmpty })
  }

  @Test(arguments: [
    ("{", "not a JSON document: line 1, column 1: string or '}' expected near end of file"),
    ("7", "a request is an object"), ("[]", "the batch is empty"),
    ("{\"jsonrpc\":\"1\"}", "\"jsonrpc\" must be \"2.0\""),
    ("{\"jsonrpc\":\"2.0\"}", "\"method\" must be a string"),
    ("{\"jsonrpc\":\"2.0\",\"id\":[]}", "id is a string, a number or null"),
  ])
  func faults(_ line: String, _ message: String) throws {
    let answer = try JSONValue(parsing: try #require(try test.ask(line)))
    #expect(answer["error"]?["message"]?.string == message)
    #expect(answer["id"] == .null)
  }

  @Test func aRefusalSaysWhenToAskAgain() throws {
    let error = try #require(try test.call("now", "{\"exchange\":\"okx\"}")["error"]?["data"])
    #expect(error["exchange"] == "okx")
    #expect(error["state"] == "unknown")
    #expect(error["reason"] == "first resync under way")
    #expect(error["retry_after_ms"] == 1_000)
  }

  /// The actor has not dealt with the suspend yet: no time is given all the same.
  @Test func aSuspendIsNoticedByTheReader() throws {
    var before = HostClocks.read()
    before.suspended = ClockLead(
      lower: before.suspended.lower - .seconds(1), upper: before.suspended.upper - .seconds(1))
    test.board.change { $0.host = HostWatch(at: before) }
    let error = try test.call("stamp", "{\"exchange\":\"binance\"}")["error"]
    #expect(error?["message"] == "binance: no time can be given: the host was suspended")
    #expect(error?["data"]?["state"] == "disrupted")
    // A resync begins at once, whenever the next one was due.
    #expect(error?["data"]?["retry_after_ms"] == 1_000)
    #expect(try result("offset", "{\"exchange\":\"binance\"}")["next_sync_ms"] == 0)
    #expect(try result("health")["status"] == "failing")
    // What was known before the suspend accuses nobody.
    let health = try result("health")
    #expect(health["system_clock"]?["offset_ns"] == .null)
    #expect(health["verdicts"]?.array?.contains { $0["verdict"] == "system_clock_wrong" } == false)
  }
}
