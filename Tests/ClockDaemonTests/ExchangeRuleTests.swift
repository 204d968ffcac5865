import ClockCore
import ClockProtocol
import DaemonSettings
import ExchangeCatalog
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// What the catalogue says of an exchange reaches its stamps and its probes.
@Suite struct ExchangeRuleTests {
  private func stamp(_ id: String, at clocks: HostClocks = .read()) throws -> JSONValue {
    try result(id, at: clocks).json
  }

  private func result(
    _ id: String, at clocks: HostClocks = .read(), window: Duration? = nil,
    lifetime: Duration? = nil
  ) throws -> StampResult {
    var entry = try TestBoard.entry(id, TestBoard.status(at: clocks))
    return try #require(
      try entry.stamp(
        StampDemand(exchange: id, window: window, lifetime: lifetime), at: clocks,
        host: HostWatch(at: clocks)))
  }

  private func refusal(
    _ id: String, window: Duration? = nil, lifetime: Duration? = nil
  ) throws -> String? {
    do {
      _ = try result(id, window: window, lifetime: lifetime)
      return nil
    } catch let error as RPCError {
      #expect(error.code == .invalidParams)
      return error.message
    }
  }

  /// OKX's 30 s are documented for its WebSocket only.
  @Test func aWindowThatIsNotDocumentedGuaranteesNothing() throws {
    #expect(try stamp("bitget")["guaranteed"] == true)
    let okx = try stamp("okx")
    #expect(okx["guaranteed"] == false)
    #expect(okx["recv_window_ms"] == 30_000)
    #expect(try #require(okx["margin_ms"]?.integer) >= 0)
    #expect(okx["min_recv_window_ms"] == .null)
    #expect(
      okx["reason"]
        == "the window of okx is not documented: 30.0 s is what clients use or report")
    #expect(try stamp("bitget")["reason"] == nil)
  }

  @Test func aWindowThatIsTooShortIsSaidToBeSo() throws {
    let short = try result("binance", window: .milliseconds(500))
    #expect(!short.isGuaranteed)
    let smallest = try #require(short.smallestWindowMilliseconds)
    #expect(
      short.reason == "a window of 500 ms is too short for a clock known to ±10.0 ms and a request"
        + " that may take 1.00 s; one of \(smallest) ms is enough")
    let enough = try result("binance", window: .milliseconds(smallest + 2))
    #expect(enough.isGuaranteed && enough.reason == nil)
  }

  @Test func whereNoWindowWouldDoItIsSaid() throws {
    let clocks = HostClocks.read()
    var entry = try TestBoard.entry(
      "kucoin", TestBoard.status(at: clocks, error: .seconds(9)))
    let stamp = try #require(
      try entry.stamp(
        StampDemand(exchange: "kucoin"), at: clocks, host: HostWatch(at: clocks)))
    #expect(!stamp.isGuaranteed && stamp.smallestWindowMilliseconds == nil)
    #expect(
      stamp.reason == "a window of 5.00 s is too short for a clock known to ±9.00 s and a request"
        + " that may take 1.00 s; so is every one that kucoin allows")
  }

  /// Whether Bybit grants more than its default, nobody has documented.
  @Test(arguments: ["bybit", "binanceusdm", "binancecoinm", "coinex", "mexccontract"])
  func noWindowIsGuaranteedThatMayNotBeGranted(_ id: String) throws {
    let usual = id == "mexccontract" ? 10_000 : 5_000
    #expect(try result(id).isGuaranteed)
    #expect(try result(id, window: .milliseconds(usual)).isGuaranteed)
    let longer = try result(id, window: .milliseconds(usual + 1))
    #expect(!longer.isGuaranteed && longer.windowMilliseconds == Int64(usual + 1))
    #expect(longer.smallestWindowMilliseconds.map { $0 < 2_000 } == true)
    #expect(
      longer.reason
        == "\(id) is not known to grant a window of more than \(usual / 1_000).\(usual == 5_000 ? "00" : "0") s:"
        + " it may count as less")
  }

  @Test func otherRulesSayWhyNothingIsGuaranteed() throws {
    #expect(
      try result("kraken").reason
        == "only kraken knows which nonces the key has used; and as no state is kept, a restart"
        + " may repeat some")
    #expect(try result("upbit").reason == "requests to upbit carry no timestamp")
    #expect(try result("woo").reason == "which timestamps woo accepts is not known")
  }

  /// Each exchange has a window, a lifetime or neither; the other one is a mistake of the caller.
  @Test func theWrongParameterIsRefused() throws {
    let second = Duration.seconds(1)
    #expect(
      try refusal("binance", lifetime: second)
        == "lifetime_ms: the timestamp of binance is no expiry; use recv_window_ms")
    #expect(
      try refusal("okx", lifetime: second) == "lifetime_ms: the timestamp of okx is no expiry")
    #expect(
      try refusal("okx", window: second)
        == "recv_window_ms: okx has no window that a request can set; it is always 30000 ms")
    #expect(
      try refusal("bitmex", window: second)
        == "recv_window_ms: the timestamp of bitmex is an expiry; use lifetime_ms")
    #expect(
      try refusal("kraken", window: second)
        == "recv_window_ms: the timestamp of kraken is a nonce, which has none")
    #expect(
      try refusal("kraken", lifetime: second)
        == "lifetime_ms: the timestamp of kraken is a nonce, which has none")
    #expect(
      try refusal("dydx", window: second)
        == "recv_window_ms: the timestamp of dydx is none: its requests carry none")
    #expect(
      try refusal("lbank", lifetime: second)
        == "lifetime_ms: the timestamp of lbank is judged by a rule that is not known")
    #expect(
      try refusal("binance", window: .milliseconds(60_001))
        == "recv_window_ms: binance allows at most 60000 ms")
    #expect(
      try refusal("phemex", lifetime: .seconds(121))
        == "lifetime_ms: phemex allows at most 120000 ms")
    for lifetime in [1, 120] {
      #expect(try refusal("phemex", lifetime: .seconds(lifetime)) == nil)
    }
  }

  /// The window that every request has there anyway, or one that does what nobody knows.
  @Test func aWindowThatChangesNothingIsTaken() throws {
    #expect(try refusal("kucoin", window: .seconds(5)) == nil)
    #expect(try result("kucoin", window: .seconds(5)).windowMilliseconds == 5_000)
    #expect(
      try refusal("kucoin", window: .milliseconds(5_001))
        == "recv_window_ms: kucoin has no window that a request can set; it is always 5000 ms")
    for id in ["bingx", "hashkey"] {
      let stamp = try result(id, window: .seconds(5))
      #expect(stamp.windowMilliseconds == nil && !stamp.isGuaranteed, "\(id)")
      #expect(
        try refusal(id, lifetime: .seconds(5))
          == "lifetime_ms: the timestamp of \(id) is judged by a rule that is not known")
    }
    #expect(
      try refusal("woo", window: .seconds(5))
        == "recv_window_ms: the timestamp of woo is judged by a rule that is not known")
    let poloniex = try result("poloniex", window: .seconds(5))
    #expect(poloniex.windowMilliseconds == 5_000 && !poloniex.isGuaranteed)
    #expect(try result("poloniex").windowMilliseconds == 1_000)
  }

  @Test(arguments: [
    ("gate", #"^[0-9]{10}$"#), ("coinbaseexchange", #"^[0-9]{10}$"#),
    ("coinbase", #"^[0-9]{10}$"#), ("gemini", #"^[0-9]{10}$"#),
    ("okx", #"^"2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"$"#),
    ("htx", #"^"2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"$"#),
    ("binance", #"^[0-9]{13}$"#), ("kraken", #"^[0-9]{13}$"#),
  ])
  func theTimestampIsWrittenAsTheExchangeWantsIt(_ id: String, _ form: String) throws {
    let text = try result(id).timestamp.text
    #expect(try text.contains(Regex(form)), "\(text)")
  }

  @Test func anExpiryIsAhead() throws {
    let clocks = HostClocks.read()
    let stamp = try stamp("bitmex", at: clocks)
    // Its clock is at most 260 ms ahead of this host's, and the stamp 5 s ahead of that, rounded up.
    let expected = (clocks.local.nanoseconds + 5_260_000_000 + 999_999_999) / 1_000_000_000
    #expect(stamp["timestamp"] == .integer(expected))
    #expect(stamp["guaranteed"] == true)
    #expect(stamp["carrier"] == "header api-expires")
    #expect(stamp["recv_window_ms"] == 5_000)
    #expect(stamp["min_recv_window_ms"] == 1_001)
    let longer = try result("bitmex", at: clocks, lifetime: .seconds(60))
    #expect(longer.timestamp == .integer(expected + 55))
    #expect(longer.windowMilliseconds == 60_000)
  }

  @Test func theBudgetOfAHostReachesTheTracker() throws {
    let text = "[exchanges.bitmex]\n[exchanges.mexc]\n[exchanges.mexccontract]\n[exchanges.okx]"
    let settings = try DaemonSettings.read(text, file: "c").get()
    let trackers = settings.trackers
    #expect(trackers.map(\.hostShare) == [10, 30, 30, 60])
    #expect(trackers.map(\.isHostShareStrict) == [true, false, false, false])
  }
}
