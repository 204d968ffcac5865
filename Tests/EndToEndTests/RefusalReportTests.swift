import ClockCore
import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

/// Refused orders reported to the real daemon: the exchanges' own rules refuse, their own words are
/// reported, and what the daemon says to do then works.
@Suite struct RefusalReportTests {
  private static let ids = ["binance", "bitget", "bybit", "kraken", "kucoin", "okx"]

  private func report(
    _ daemon: DaemonProcess, _ id: String, _ answer: HTTPAnswer,
    _ more: (String, JSONValue)...
  ) throws -> ReportResult {
    var params: [JSONValue.Member] = [
      .init("exchange", .string(id)), .init("http_status", .integer(Int64(answer.status))),
      .init("message", .string(answer.text)),
    ]
    params += more.map { .init($0, $1) }
    let json = try daemon.call(.report, .object(params))
    return try #require(ReportResult(json: json), "\(json.text)")
  }

  private func text(_ timestamp: JSONValue?) -> String {
    timestamp?.string ?? timestamp?.text ?? ""
  }

  private func stamp(_ daemon: DaemonProcess, _ id: String) throws -> String {
    text(try daemon.call(.stamp, ["exchange": .string(id)])["timestamp"])
  }

  /// What a bot would write whose clock is off by that from the exchange's.
  private func timestamp(
    _ simulator: ExchangeSimulator, _ id: String, off: Duration
  ) -> String {
    let instant = simulator.clock(of: id) + off
    return id == "okx"
      ? CivilTime(unixNanoseconds: instant.nanoseconds).iso8601(fractionDigits: 3)
      : String(instant.nanoseconds / 1_000_000)
  }

  @Test func aWrongClockIsToldAndTheNewStampIsAccepted() throws {
    var conditions = Conditions()
    conditions.offset = .seconds(7)
    let simulator = try ExchangeSimulator(Self.ids.map { .init($0, conditions) })
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    for id in Self.ids where id != "kraken" {
      let far: [Duration] = ["okx", "bitget"].contains(id) ? [.seconds(40)] : [.seconds(6)]
      for off in far + far.map({ .zero - $0 }) {
        let order = RefusedOrder(at: id, of: simulator)
        let wrong = timestamp(simulator, id, off: off)
        let refusal = try #require(order.send(wrong), "\(id) accepted \(wrong)")
        for more in [[("timestamp", JSONValue.string(wrong))], []] {
          let result =
            try more.isEmpty
            ? report(daemon, id, refusal) : report(daemon, id, refusal, more[0])
          #expect(result.verdict == "clock" && result.action == "resign", "\(id): \(result)")
          if !more.isEmpty || id == "binance" || id == "bybit" {
            let side = off > .zero ? "ahead of the exchange's clock" : "behind the exchange's clock"
            let sides = [side, off > .zero ? side : "older than the exchange allows"]
            #expect(sides.contains { result.explanation.contains($0) }, "\(result.explanation)")
          }
          #expect(order.send(text(result.stamp?["timestamp"])) == nil, "\(id): \(result)")
        }
      }
    }
    let order = RefusedOrder(at: "kraken", of: simulator)
    #expect(order.send(try stamp(daemon, "kraken")) == nil)
    let refusal = try #require(order.send("1000"))
    let result = try report(daemon, "kraken", refusal)
    #expect(result.verdict == "clock" && result.action == "resign")
    #expect(order.send(text(result.stamp?["timestamp"])) == nil)
  }

  @Test func aStampThatCameTooLateIsToldFromAWrongClock() throws {
    let simulator = try ExchangeSimulator([.init("binance"), .init("bybit")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    for id in simulator.ids {
      let before = simulator.counters(of: id).timeRequests
      let order = RefusedOrder(at: id, of: simulator)
      let stamp = try stamp(daemon, id)
      let end = try #require(Int64(stamp)) + 30
      try daemon.eventually("a window of 30 ms is over") {
        simulator.clock(of: id).nanoseconds / 1_000_000 > end
      }
      let refusal = try #require(order.send(stamp, window: 30))
      let result = try report(
        daemon, id, refusal, ("timestamp", .string(stamp)), ("recv_window_ms", 30))
      #expect(result.verdict == "late" && result.action == "resign_wider_window", "\(result)")
      #expect(result.explanation.contains("its clock is right within ±"))
      #expect(!result.isResynced && simulator.counters(of: id).timeRequests == before)
      let window = try #require(result.stamp?["min_recv_window_ms"]?.integer)
      #expect(order.send(text(result.stamp?["timestamp"]), window: Int(window)) == nil)
    }
  }

  @Test func aClockThatSteppedIsReadAnewAndTheNewStampIsAccepted() throws {
    let simulator = try ExchangeSimulator([.init("binance"), .init("bybit")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    for (id, step) in [("binance", 20), ("bybit", 20), ("binance", -20)] {
      simulator.update(id) { $0.offset += .seconds(step) }
      let order = RefusedOrder(at: id, of: simulator)
      let stamp = try stamp(daemon, id)
      let refusal = try #require(order.send(stamp))
      let result = try report(daemon, id, refusal, ("timestamp", .string(stamp)))
      #expect(result.verdict == "clock" && result.isResynced, "\(id): \(result)")
      #expect(result.explanation.contains("is not where it was before"), "\(result.explanation)")
      #expect(order.send(text(result.stamp?["timestamp"])) == nil, "\(id): \(result)")
      // Who reports the same a moment later is told the same, though nothing moves any more.
      let second = try report(daemon, id, refusal, ("timestamp", .string(stamp)))
      #expect(second.verdict == "clock", "\(id): \(second)")
    }
  }

  @Test func aThousandBotsCauseOneBurst() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let daemon = try DaemonProcess(following: simulator, settings: "[socket]\nmax_clients = 2000\n")
    try daemon.waitUntilReady()
    // What has just been read is not read again: this is about what comes later.
    try daemon.eventually("the last resync is no longer fresh") {
      try daemon.offset("binance").measurement?.ageMilliseconds ?? 0 > 4_000
    }
    _ = ProcessLimits.raiseDescriptors()
    let before = simulator.counters(of: "binance").timeRequests
    let line =
      #"{"jsonrpc":"2.0","id":1,"method":"report","params":{"exchange":"binance","code":-1021,"#
      + #""message":"Timestamp for this request is outside of the recvWindow."}}"# + "\n"
    var clients: [SocketTests.RawClient] = []
    for _ in 0..<1_000 { clients.append(try SocketTests.RawClient(daemon.socketPath)) }
    let sent = HostClocks.monotonic()
    for client in clients { client.send(line) }
    for client in clients {
      let result = try #require(try client.answer()["result"].flatMap(ReportResult.init(json:)))
      #expect(result.verdict == "clock" && result.isResynced && result.stamp != nil)
    }
    let took = HostClocks.monotonic() - sent
    // They were told as soon as one probe had shown that the clock is right.
    try daemon.eventually("the burst is over") {
      try daemon.offset("binance").nextSyncMilliseconds > 0
    }
    let probes = simulator.counters(of: "binance").timeRequests - before
    print("1,000 reports of one refusal: \(probes) probes in \(took.shortText)")
    // Those that a slow machine reads seconds later are not at once.
    #expect(probes >= 8 && probes <= 8 * (1 + Int(took / .seconds(2))))
  }

  /// A resync of a clock of whole seconds takes one for each probe.
  @Test func oneProbeIsEnoughWhereTheClockIsRight() throws {
    let simulator = try ExchangeSimulator([.init("bitstamp")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    try daemon.eventually("the last resync is no longer fresh") {
      try daemon.offset("bitstamp").measurement?.ageMilliseconds ?? 0 > 4_000
    }
    let before = simulator.counters(of: "bitstamp").timeRequests
    let json = try daemon.call(.report, ["exchange": "bitstamp", "code": "API0017"])
    let probes = simulator.counters(of: "bitstamp").timeRequests - before
    let result = try #require(ReportResult(json: json))
    #expect(result.verdict == "clock" && result.isResynced && result.stamp != nil, "\(result)")
    print("a report on a clock of whole seconds was answered after \(probes) probe(s)")
    #expect((1...4).contains(probes))
    // One whose clock has stepped is not believed before two bursts say so.
    try daemon.eventually("the burst is over") {
      try daemon.offset("bitstamp").nextSyncMilliseconds > 0
    }
  }

  @Test func whatIsNoMatterOfClocksCausesNoProbe() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    let before = simulator.counters(of: "okx").timeRequests
    for (code, verdict) in [
      ("50113", "signature"), ("50111", "key"), ("50011", "rate_limit"),
      ("50112", "format"), ("50036", "late"), ("1", "unknown"),
    ] {
      let json = try daemon.call(.report, ["exchange": "okx", "code": .string(code)])
      #expect(json["verdict"]?.string == verdict)
    }
    #expect(simulator.counters(of: "okx").timeRequests == before)
  }

  @Test func anExchangeThatSaidStopIsNotAsked() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    simulator.update("okx") {
      $0.fault = .rateLimited
      $0.retryAfterSeconds = 600
    }
    #expect(try daemon.refusal(of: .resync, ["exchange": "okx"]) == nil)
    let before = simulator.counters(of: "okx").timeRequests
    for _ in 0..<20 {
      let json = try daemon.call(.report, ["exchange": "okx", "code": "50102"])
      let result = try #require(ReportResult(json: json))
      #expect(result.verdict == "clock" && result.action == "wait")
      #expect(result.retryAfterMilliseconds ?? 0 > 500_000)
      #expect(result.explanation.contains("cannot be read anew now: HTTP 429"))
      // What is known is still good, so a stamp is given.
      #expect(result.stamp != nil && !result.isResynced)
    }
    #expect(simulator.counters(of: "okx").timeRequests == before)
  }

  @Test func theFirstReportThatMeetsTheBanIsToldToWait() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    simulator.update("binance") {
      $0.fault = .rateLimited
      $0.retryAfterSeconds = 600
    }
    let before = simulator.counters(of: "binance").timeRequests
    let json = try daemon.call(
      .report,
      [
        "exchange": "binance", "code": -1021,
        "timestamp": .string(timestamp(simulator, "binance", off: .zero)),
      ])
    let result = try #require(ReportResult(json: json))
    #expect(simulator.counters(of: "binance").timeRequests == before + 1)
    #expect(result.action == "wait" && result.retryAfterMilliseconds ?? 0 > 500_000, "\(result)")
  }

  @Test func theCommandTellsAPersonWhatToDo() throws {
    let simulator = try ExchangeSimulator([.init("binance"), .init("okx")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    func tool(_ arguments: String...) throws -> (code: CInt?, output: String) {
      try run(
        product("exchange-clock"), ["report"] + arguments,
        environment: ["EXCHANGE_CLOCK_SOCKET=\(daemon.socketPath)"])
    }
    let clock = try tool("binance", "-1021")
    #expect(clock.code == 0)
    let lines = clock.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix("clock: binance -1021: the timestamp is too old or too new; "))
    #expect(lines[1].hasPrefix("do:    sign the request again, with a new stamp"))
    #expect(lines[2].contains(#/^stamp: \d{13}$/#))
    let signature = try tool("okx", "50113", "--http-status", "401")
    #expect(signature.output.hasPrefix("signature: okx 50113: invalid signature; "))
    #expect(signature.output.contains("do:    check the secret"))
    let unit = try tool("binance", "-1021", "--timestamp", "1762820224")
    #expect(unit.output.hasPrefix("format: ") && unit.code == 0)
    let unknown = try tool("okx", "--message", "nobody knows")
    #expect(unknown.output.hasPrefix("unknown: okx; ") && unknown.code == 1)
    let json = try tool("binance", "-1021", "--recv-window=5000", "--json")
    #expect(try ReportResult(json: JSONValue(parsing: json.output))?.verdict == "clock")
    // A message, or a code, may begin as an option does.
    let dashes = try tool("--message=--x", "--", "binance", "-1021")
    #expect(dashes.output.hasPrefix("clock: binance -1021: ") && dashes.code == 0)
    #expect(try tool("binance", "--", "--1021").output.hasPrefix("unknown: binance --1021; "))
    #expect(try tool("binance").code == 1)
    #expect(try tool().code == 64)
    #expect(try tool("binance", "1", "--http-status", "9").code == 64)
    #expect(try tool("kucoin", "400100").code == 1)
  }
}
