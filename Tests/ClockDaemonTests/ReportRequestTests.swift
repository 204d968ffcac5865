import ClockCore
import ClockProtocol
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// `report` as a client meets it; of the exchanges of `TestBoard`.
@Suite struct ReportRequestTests {
  private func report(_ test: TestBoard, _ members: JSONValue.Member...) throws -> ReportResult {
    try report(test, members)
  }

  private func report(_ test: TestBoard, _ members: [JSONValue.Member]) throws -> ReportResult {
    let answer = try answer(test, .object(members))
    return try #require(answer["result"].flatMap(ReportResult.init(json:)), "\(answer.text)")
  }

  private func answer(_ test: TestBoard, _ params: JSONValue) throws -> JSONValue {
    let line = Request(id: 7, method: "report", params: params).line
    let later = TestBoard.Mutexed<String?>(nil)
    let answer = test.service.answer(Array(line.utf8)) { reply in later.change { $0 = reply?.text }
    }
    let reply: String? =
      switch answer {
      case .now(let reply): reply?.text
      case .later: later.change { $0 }
      }
    return try JSONValue(parsing: try #require(reply))
  }

  private func doubts(_ test: TestBoard) -> [String] {
    test.doubts.change { $0.map { $0.id + ($0.doubt.isContradiction ? "!" : "") } }
  }

  private func exchangeMilliseconds(_ lead: Duration) -> Int64 {
    (HostClocks.read().local + .milliseconds(250) + lead).nanoseconds / 1_000_000
  }

  // MARK: Verdicts

  @Test func aClockErrorIsAnsweredWithANewStamp() throws {
    let test = try TestBoard()
    let result = try report(test, .init("exchange", "binance"), .init("code", -1021))
    #expect(result.verdict == "clock" && result.action == "resign")
    #expect(doubts(test) == ["binance"] && result.isResynced)
    let stamp = try #require(result.stamp.flatMap(StampResult.init(json:)))
    #expect(abs(stamp.unixMicroseconds / 1_000 - exchangeMilliseconds(.zero)) < 1_000)
    #expect(OffsetResult(json: result.offset)?.state == "synchronized")
    #expect(
      result.explanation
        == "binance -1021: the timestamp is too old or too new; the clock that the timestamp was"
        + " taken from is in doubt. The exchange's clock has been read anew and is known within"
        + " ±10.0 ms: sign again with the stamp given here.")
  }

  @Test func theSameNumberMeansAnotherThingElsewhere() throws {
    let test = try TestBoard()
    let binance = try report(test, .init("exchange", "binance"), .init("code", "-2015"))
    let bybit = try report(test, .init("exchange", "bybit"), .init("code", 10004))
    #expect(binance.verdict == "key" && binance.action == "check_key")
    #expect(bybit.verdict == "signature" && bybit.action == "check_signature")
    #expect(binance.stamp == nil && binance.retryAfterMilliseconds == nil)
    #expect(!binance.isResynced && doubts(test).isEmpty)
    #expect(
      bybit.explanation
        == "bybit 10004: invalid signature; what is signed, or how, is wrong; this is no matter of"
        + " clocks.")
  }

  @Test func theTwoTextsOfOneCodeTellTheSide() throws {
    let test = try TestBoard()
    let ahead = try report(
      test, .init("exchange", "binance"), .init("code", "-1021"),
      .init("message", "Timestamp for this request was 1000ms ahead of the server's time."),
      .init("timestamp", .integer(exchangeMilliseconds(.seconds(3)))))
    #expect(ahead.verdict == "clock" && ahead.explanation.contains("at least 2.9"))
    #expect(ahead.explanation.contains("ahead of the exchange's clock"))
    let behind = try report(
      test, .init("exchange", "binance"), .init("code", "-1021"),
      .init("message", "Timestamp for this request is outside of the recvWindow."),
      .init("timestamp", .string(String(exchangeMilliseconds(.seconds(-30))))))
    #expect(behind.verdict == "clock")
    #expect(behind.explanation.contains("at least 30.0 s behind the exchange's clock"))
    #expect(behind.explanation.contains("with a window of 5.00 s"))
  }

  @Test func secondsForMillisecondsIsAMatterOfFormat() throws {
    let test = try TestBoard()
    let result = try report(
      test, .init("exchange", "binance"), .init("code", -1021),
      .init("timestamp", .integer(exchangeMilliseconds(.zero) / 1_000)))
    #expect(result.verdict == "format" && result.action == "check_format")
    #expect(
      result.explanation.contains(
        "the timestamp is written as Unix seconds, wanted is Unix milliseconds"))
    #expect(doubts(test).isEmpty)
  }

  @Test func aStampOfOursThatIsTooOldWasLate() throws {
    let test = try TestBoard()
    let old = exchangeMilliseconds(.seconds(-7))
    let outside: [JSONValue.Member] = [
      .init("exchange", "binance"), .init("code", -1021),
      .init("message", "outside of the recvWindow"), .init("timestamp", .integer(old)),
    ]
    test.board.withEntry(of: "binance") { entry, _ in
      entry.givenStamps.note(
        ExchangeInstant(nanoseconds: old * 1_000_000), at: HostClocks.monotonic())
    }
    let answer = try answer(test, .object(outside))
    let result = try #require(answer["result"].flatMap(ReportResult.init(json:)))
    #expect(result.verdict == "late" && result.action == "resign_wider_window")
    #expect(result.stamp?["min_recv_window_ms"]?.integer ?? 0 > 1_000)
    #expect(result.explanation.contains("its clock is right within ±10.0 ms"))
    #expect(result.explanation.contains("the request took longer than its window of 5.00 s"))
    #expect(doubts(test).isEmpty)
  }

  @Test func theDaemonKnowsItsOwnStamps() throws {
    let test = try TestBoard()
    let stamp = try #require(
      try test.call("stamp", "{\"exchange\":\"binance\"}")["result"].flatMap(StampResult.init))
    let isOwn = test.board.withEntry(of: "binance") { entry, _ in
      entry.givenStamps.contains(
        ExchangeInstant(nanoseconds: stamp.unixMicroseconds * 1_000), at: HostClocks.monotonic())
    }
    #expect(isOwn == true)
  }

  @Test func aDisclosedClockIsHeldAgainstTheBound() throws {
    let test = try TestBoard(reading: .refused(reason: "the budget is spent"))
    func message(_ lead: Duration) -> JSONValue {
      .string("server_timestamp[\(exchangeMilliseconds(lead))],recv_window[5000]")
    }
    let stepped = try report(
      test, .init("exchange", "bybit"), .init("code", 10002),
      .init("message", message(.seconds(20))))
    #expect(doubts(test) == ["bybit!"])
    #expect(stepped.verdict == "clock" && !stepped.isResynced)
    #expect(stepped.explanation.contains("the exchange says that its clock is at least 20.0 s"))
    #expect(stepped.explanation.hasSuffix("cannot be read anew now: the budget is spent."))
    let right = try report(
      test, .init("exchange", "bybit"), .init("code", 10002),
      .init("message", message(.milliseconds(-50))))
    #expect(right.verdict == "clock" && doubts(test) == ["bybit!"])
    #expect(right.explanation.contains("its clock is right within ±10.0 ms, as the refusal itself"))
    #expect(
      right.explanation.contains("is wrong, or with a stamp of this daemon, the request took"))
    // The bound is what it was: nothing is learnt from a bot.
    let offset = try #require(OffsetResult(json: stepped.offset)?.measurement)
    #expect(offset.errorNanoseconds < 11_000_000)
  }

  /// Bybit says what it judged by: that counts, not what is usual or what the bot says.
  @Test func theWindowThatTheRefusalTellsIsTheOneThatCounts() throws {
    let test = try TestBoard()
    func report(made: Duration, window: Int64, _ more: JSONValue.Member...) throws -> ReportResult {
      let message =
        "invalid request, please check your server timestamp or recv_window param."
        + " req_timestamp[\(exchangeMilliseconds(made))],"
        + "server_timestamp[\(exchangeMilliseconds(.milliseconds(-50)))],recv_window[\(window)]"
      return try self.report(
        test, [.init("exchange", "bybit"), .init("message", .string(message))] + more)
    }
    let short = try report(made: .milliseconds(-950), window: 500, .init("recv_window_ms", 5_000))
    #expect(short.verdict == "late" && short.action == "resign_wider_window", "\(short)")
    #expect(short.explanation.contains("with a window of 500 ms: to be sure takes a window of 1."))
    #expect(short.stamp?["recv_window_ms"] == 500 && short.stamp?["guaranteed"] == false)
    let usual = try report(made: .milliseconds(-6_050), window: 5_000)
    #expect(usual.verdict == "clock" && usual.explanation.contains("with a window of 5.00 s"))
    let long = try report(made: .milliseconds(-6_050), window: 20_000, .init("recv_window_ms", 5))
    #expect(long.verdict == "late", "\(long)")
    #expect(long.explanation.contains("fine even now (6.0"), "\(long.explanation)")
    #expect(long.explanation.contains("with a window of 20.0 s"))
    #expect(doubts(test).isEmpty, "the exchange has told where its clock is")
  }

  @Test func twoCodesInOneTextAreToldAsSuch() throws {
    let test = try TestBoard()
    let result = try report(
      test, .init("exchange", "binance"), .init("message", "code=-1021, then code=-1022"))
    #expect(result.verdict == "unknown" && result.action == "none")
    #expect(
      result.explanation
        == "binance; the message has codes that mean different things: report the one that the"
        + " exchange gave.")
  }

  /// By whom a clock is doubted limits what a bot that lies can cause.
  @Test func theReporterIsTold() throws {
    let test = try TestBoard()
    let line = Request(
      id: 7, method: "report", params: ["exchange": "binance", "code": -1021]
    ).line
    for user in [nil, 0, 1_000] as [UInt32?] {
      _ = test.service.answer(Array(line.utf8), for: Session(user: user)) { _ in }
    }
    #expect(test.doubts.change { $0.map(\.doubt.reporter) } == [nil, 0, 1_000])
  }

  @Test func anExpiryIsReportedWithItsLifetime() throws {
    let test = try TestBoard(following: "bitmex")
    let seconds = exchangeMilliseconds(.zero) / 1_000
    let message = "This request has expired - `expires` is in the past. Current time: \(seconds)"
    let short = try report(
      test, .init("exchange", "bitmex"), .init("message", .string(message)),
      .init("timestamp", .integer(seconds - 1)), .init("recv_window_ms", 900))
    #expect(short.verdict == "late" && short.action == "resign", "\(short)")
    #expect(short.explanation.contains(", with a lifetime of 900 ms: to be sure takes a lifetime"))
    #expect(short.stamp?["recv_window_ms"] == 900 && short.stamp?["guaranteed"] == false)
    let other = try report(
      test, .init("exchange", "bitmex"), .init("message", .string(message)),
      .init("timestamp", .integer(seconds - 30)))
    #expect(other.verdict == "clock" && other.action == "resign", "\(other)")
    #expect(
      other.explanation.contains("the expiry had passed by at least 30.0 s by the exchange's"))
    #expect(other.stamp?["guaranteed"] == true && doubts(test).isEmpty)
  }

  @Test func whereNoStampCanBeGivenOneHasToWait() throws {
    let test = try TestBoard()
    let result = try report(
      test, .init("exchange", "okx"), .init("code", "50102"), .init("http_status", 401))
    #expect(result.verdict == "clock" && result.action == "wait")
    #expect(result.stamp == nil && result.retryAfterMilliseconds == 1_000)
    #expect(!result.isResynced)
  }

  @Test func whileTheExchangeWantsToBeLeftAloneOneHasToWait() throws {
    let test = try TestBoard(reading: .refused(reason: "HTTP 429: Too Many Requests"))
    test.board.change { $0.entries[0].status.blockedUntil = HostClocks.monotonic() + .seconds(60) }
    let result = try report(test, .init("exchange", "binance"), .init("code", -1021))
    #expect(result.verdict == "clock" && result.action == "wait")
    #expect((55_000...60_000).contains(result.retryAfterMilliseconds ?? 0))
    #expect(result.explanation.hasSuffix("cannot be read anew now: HTTP 429: Too Many Requests."))
    let limited = try report(test, .init("exchange", "binance"), .init("http_status", 429))
    #expect(limited.verdict == "rate_limit" && limited.action == "wait")
    #expect((55_000...60_000).contains(limited.retryAfterMilliseconds ?? 0))
    #expect(doubts(test) == ["binance"])
  }

  @Test func whoMeetsTheBanFirstIsToldToWaitAsWell() throws {
    for failure in [ProbeFailure(reason: "HTTP 418", status: 418), nil] {
      let test = try TestBoard(reading: .ended(before: nil))
      test.board.change {
        $0.entries[0].status.failure = failure
        $0.entries[0].status.blockedUntil = HostClocks.monotonic() + .seconds(60)
      }
      let result = try report(test, .init("exchange", "binance"), .init("code", -1021))
      #expect(result.verdict == "clock" && result.action == "wait")
      #expect((55_000...60_000).contains(result.retryAfterMilliseconds ?? 0))
      #expect(!result.explanation.contains("sign again"), "\(result.explanation)")
    }
  }

  @Test func whatTheTableDoesNotHaveIsNoMatterOfClocks() throws {
    let test = try TestBoard()
    for lead: Duration in [.milliseconds(560), .seconds(9), .seconds(-90)] {
      let result = try report(
        test, .init("exchange", "binance"), .init("code", -2010),
        .init("timestamp", .integer(exchangeMilliseconds(lead))))
      #expect(result.verdict == "unknown" && result.action == "none" && result.stamp == nil)
    }
    #expect(doubts(test).isEmpty)
  }

  @Test func noAgeIsNegative() throws {
    let test = try TestBoard()
    let result = try report(
      test, .init("exchange", "binance"), .init("code", -1021),
      .init("message", "Timestamp for this request is outside of the recvWindow."),
      .init("timestamp", .integer(exchangeMilliseconds(.milliseconds(9_500)))))
    #expect(result.verdict == "clock" && doubts(test) == ["binance"])
    #expect(result.explanation.contains("at least 9.4"), "\(result.explanation)")
    #expect(!result.explanation.contains("(-"))
  }

  @Test func aNonceIsAnsweredWithALargerOne() throws {
    let test = try TestBoard()
    let body: JSONValue = #"{"error":["EAPI:Invalid nonce"]}"#
    let first = try report(test, .init("exchange", "kraken"), .init("message", body))
    let second = try report(test, .init("exchange", "kraken"), .init("message", body))
    #expect(first.verdict == "clock" && first.action == "resign" && doubts(test).isEmpty)
    let nonces = [first, second].compactMap { $0.stamp?["timestamp"]?.integer }
    #expect(nonces.count == 2 && nonces[0] < nonces[1])
    let outrun = try report(
      test, .init("exchange", "kraken"), .init("message", body),
      .init("timestamp", .integer(exchangeMilliseconds(.zero) * 1_000)))
    #expect(outrun.action == "check_key")
  }

  // MARK: Strange input

  @Test(arguments: [
    (
      "{\"exchange\":\"binance\"}",
      "what was refused is missing: a code, an http_status or a message"
    ),
    (
      "{\"exchange\":\"binance\",\"code\":null}",
      "what was refused is missing: a code, an http_status or a message"
    ),
    ("{\"code\":1}", "exchange: missing; a string is expected"),
    ("{\"exchange\":\"binance\",\"code\":true}", "code: a string or a number is expected"),
    ("{\"exchange\":\"binance\",\"code\":[1]}", "code: a string or a number is expected"),
    ("{\"exchange\":\"binance\",\"code\":{}}", "code: a string or a number is expected"),
    ("{\"exchange\":\"binance\",\"message\":5}", "message: a string is expected"),
    (
      "{\"exchange\":\"binance\",\"http_status\":\"429\"}",
      "http_status: a whole number from 100 to 599 is expected"
    ),
    (
      "{\"exchange\":\"binance\",\"http_status\":99}",
      "http_status: a whole number from 100 to 599 is expected"
    ),
    (
      "{\"exchange\":\"binance\",\"http_status\":9223372036854775807}",
      "http_status: a whole number from 100 to 599 is expected"
    ),
    (
      "{\"exchange\":\"binance\",\"code\":1,\"timestamp\":[]}",
      "timestamp: a string or a number is expected"
    ),
    (
      "{\"exchange\":\"binance\",\"code\":1,\"recv_window_ms\":0}",
      "recv_window_ms: a number from 1 to 86400000 is expected"
    ),
    (
      "{\"exchange\":\"binance\",\"code\":1,\"recv_window_ms\":-5}",
      "recv_window_ms: a number from 1 to 86400000 is expected"
    ),
    (
      "{\"exchange\":\"binance\",\"code\":1,\"recv_window_ms\":1e300}",
      "recv_window_ms: a number from 1 to 86400000 is expected"
    ),
    (
      "{\"exchange\":\"binance\",\"status\":1}",
      "unknown parameter \"status\"; it takes exchange, code, http_status, message,"
        + " timestamp, recv_window_ms"
    ),
  ])
  func whatCannotBeReadIsRefused(_ params: String, _ message: String) throws {
    let test = try TestBoard()
    let error = try answer(test, try JSONValue(parsing: params))["error"]
    #expect(error?["code"] == -32602 && error?["message"]?.string == message)
    #expect(doubts(test).isEmpty)
  }

  @Test func anExchangeThatIsNotFollowedIsRefused() throws {
    let test = try TestBoard()
    let error = try answer(test, ["exchange": "kucoin", "code": "400002"])["error"]
    #expect(error?["code"] == -32002)
  }

  @Test(arguments: [
    "-1", "0", "1e308", "-1e308", "9223372036854775807", "-9223372036854775808", "\"\"", "\"x\"",
    "\"99999999999999999999999999999999999999\"", "\"-1762820224500\"", "0.5", "1762820224500.5",
    "\"\\u0000\"", "4102444800000", "4102444799999", "1577836800000", "1577836799999",
  ])
  func noTimestampAndNoWindowDoHarm(_ timestamp: String) throws {
    for id in ["binance", "bybit", "kraken", "okx"] {
      for window in ["1", "5000", "86400000"] {
        for code in ["-1021", "10002", "50102", "50036", "\"EAPI:Invalid nonce\"", "\"?\""] {
          let test = try TestBoard()
          let params =
            "{\"exchange\":\"\(id)\",\"code\":\(code),\"timestamp\":\(timestamp),"
            + "\"recv_window_ms\":\(window)}"
          // A zero byte makes the line no JSON document of this protocol.
          guard let params = try? JSONValue(parsing: params) else { continue }
          let answer = try answer(test, params)
          let result = try #require(answer["result"].flatMap(ReportResult.init(json:)))
          #expect(RejectionVerdict(rawValue: result.verdict) != nil)
          #expect(RejectionAction(rawValue: result.action) != nil)
          #expect(doubts(test).count <= 1)
        }
      }
    }
  }

  @Test func aLongMessageIsQuotedShortAndOnOneLine() throws {
    let test = try TestBoard()
    let result = try report(
      test, .init("exchange", "binance"),
      .init("code", .string(String(repeating: "x\n", count: 5_000))),
      .init("message", .string(String(repeating: "y", count: 50_000))))
    #expect(result.verdict == "unknown" && result.action == "none")
    #expect(result.explanation.utf8.count < 300 && !result.explanation.contains("\n"))
  }

  @Test func aNotificationIsNotAnswered() throws {
    let test = try TestBoard()
    let line = #"{"jsonrpc":"2.0","method":"report","params":{"exchange":"binance","code":-2015}}"#
    #expect(try test.ask(line) == nil)
  }
}
