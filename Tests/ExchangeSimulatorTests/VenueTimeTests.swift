import ClockCore
import ExchangeCatalog
import ExchangeSimulator
import Testing

/// The time answers of the exchanges that are described by data, to the byte as documented, and all
/// of them as the daemon's catalogue reads them.
@Suite struct VenueTimeTests {
  struct Golden: Sendable, CustomTestStringConvertible {
    var id: String
    var method = "GET"
    var path: String
    /// On the exchange's clock.
    var nanoseconds: Int64
    var body: String
    var testDescription: String { id }

    init(_ id: String, _ path: String, _ nanoseconds: Int64, _ body: String) {
      (self.id, self.path, self.nanoseconds, self.body) = (id, path, nanoseconds, body)
    }
  }

  static let documented = [
    Golden(
      "ascendex", "/api/pro/v1/exchange-info", 1_640_052_379_063_999_999,
      #"{"code":0,"data":{"requestTimeEcho":1640052379050,"requestReceiveAt":1640052379063,"latency":13}}"#
    ),
    Golden("backpack", "/api/v1/time", 1_753_131_712_992_000_000, "1753131712992"),
    Golden(
      "binance-testnet", "/api/v3/time", 1_499_827_319_559_000_000, #"{"serverTime":1499827319559}"#
    ),
    Golden(
      "binancecoinm", "/dapi/v1/time", 1_499_827_319_559_000_000, #"{"serverTime":1499827319559}"#),
    Golden(
      "binanceoptions", "/eapi/v1/time", 1_592_387_156_596_000_000, #"{"serverTime":1592387156596}"#
    ),
    Golden(
      "binanceus", "/api/v3/time", 1_499_827_319_559_000_000, #"{"serverTime":1499827319559}"#),
    Golden(
      "binanceusdm", "/fapi/v1/time", 1_499_827_319_559_000_000, #"{"serverTime":1499827319559}"#),
    Golden(
      "bingx", "/openApi/swap/v2/server/time", 1_675_319_535_362_000_000,
      #"{"code":0,"msg":"","data":{"serverTime":1675319535362}}"#),
    Golden("bitfinex", "/v2/platform/status", 0, "[1]"),
    Golden(
      "bitmart", "/system/time", 1_599_843_709_578_000_000,
      #"{"message":"OK","code":1000,"trace":"c4e5e5b7-fe9f-4191-89f7-53f6c5bf9030","data":{"server_time":1599843709578}}"#
    ),
    Golden(
      "bitmex", "/api/v1", 1_598_985_828_877_000_000,
      #"{"name":"BitMEX API","version":"1.2.0","timestamp":1598985828877}"#),
    Golden("bitvavo", "/v2/time", 1_590_379_519_148_000_000, #"{"time":1590379519148}"#),
    Golden(
      "bybit-testnet", "/v5/market/time", 1_688_639_403_423_213_947,
      #"{"retCode":0,"retMsg":"OK","result":{"timeSecond":"1688639403","timeNano":"1688639403423213947"},"retExtInfo":{},"time":1688639403423}"#
    ),
    Golden(
      "coinbase", "/api/v3/brokerage/time", 1_709_005_034_333_000_000,
      #"{"iso":"2024-02-27T03:37:14Z","epochSeconds":"1709005034","epochMillis":"1709005034333"}"#),
    Golden(
      "coinbaseexchange", "/time", 1_589_270_451_504_999_999,
      #"{"iso":"2020-05-12T08:00:51.504Z","epoch":1589270451.504}"#),
    Golden(
      "coinex", "/v2/time", 1_711_699_867_777_000_000,
      #"{"code":0,"data":{"timestamp":1711699867777},"message":"OK"}"#),
    Golden(
      "deribit", "/api/v2/public/get_time", 1_583_922_446_019_955_000,
      #"{"jsonrpc":"2.0","result":1583922446019,"usIn":1583922446019955,"usOut":1583922446019956,"usDiff":1,"testnet":false}"#
    ),
    Golden(
      "dydx", "/v4/time", 1_753_024_333_466_000_000,
      #"{"iso":"2025-07-20T15:12:13.466Z","epoch":1753024333.466}"#),
    Golden(
      "gate", "/api/v4/spot/time", 1_731_447_921_098_000_000, #"{"server_time":1731447921098}"#),
    Golden("hashkey", "/api/v1/time", 1_721_661_553_214_000_000, #"{"serverTime":1721661553214}"#),
    Golden(
      "htx", "/v1/common/timestamp", 1_637_504_261_099_000_000,
      #"{"status":"ok","data":1637504261099}"#),
    Golden(
      "htxlinear", "/api/v1/timestamp", 1_578_124_684_692_000_000,
      #"{"status":"ok","ts":1578124684692}"#),
    Golden(
      "krakenfutures", "/derivatives/api/v3/feeschedules", 1_673_373_560_057_000_000,
      #"{"feeSchedules":[],"result":"success","serverTime":"2023-01-10T17:59:20.057Z"}"#),
    Golden(
      "kucoinfutures", "/api/v1/timestamp", 1_637_385_119_302_000_000,
      #"{"code":"200000","data":1637385119302}"#),
    Golden(
      "lbank", "/v2/timestamp.do", 1_691_789_627_950_000_000,
      #"{"result":"true","data":1691789627950,"error_code":0,"ts":1691789627950}"#),
    Golden("mexc", "/api/v3/time", 1_645_539_742_999_999_999, #"{"serverTime":1645539742000}"#),
    Golden(
      "mexccontract", "/api/v1/contract/ping", 1_648_124_374_985_000_000,
      #"{"success":true,"code":0,"data":1648124374985}"#),
    Golden(
      "phemex", "/public/time", 1_676_000_000_000_000_000,
      #"{"code":0,"msg":"","data":{"serverTime":1676000000000}}"#),
    Golden("poloniex", "/timestamp", 1_649_371_360_000_000_000, #"{"serverTime":1649371360000}"#),
    Golden(
      "woo", "/v3/public/systemInfo", 1_751_442_989_564_000_000,
      #"{"success":true,"data":{"status":0,"msg":"System is functioning properly.","estimatedEndTime":1749963600362},"timestamp":1751442989564}"#
    ),
    Golden(
      "xt", "/v4/public/time", 1_677_823_301_643_000_000,
      #"{"rc":0,"mc":"SUCCESS","ma":[],"result":{"serverTime":1677823301643}}"#),
  ]

  @Test(arguments: documented) func documentedBody(_ golden: Golden) throws {
    let request = HTTPRequest(
      golden.method, golden.path, query: [.init("requestTime", "1640052379050")])
    let answer = try time(golden.id, request, at: golden.nanoseconds, after: .microseconds(1))
    #expect(answer.status == 200)
    #expect(answer.text == golden.body)
  }

  @Test func gateTellsWhenARequestCameInAndLeft() throws {
    let behavior = try #require(ExchangeBehaviors["gate"])
    let answer = try time(
      "gate", HTTPRequest("GET", "/api/v4/spot/time"), at: 1_731_447_921_098_765_999,
      after: .milliseconds(2))
    #expect(answer.headers.contains(.init("X-In-Time", "1731447921098765")))
    #expect(answer.headers.contains(.init("X-Out-Time", "1731447921100765")))
    // On every answer, a refusal too.
    var ledger = Ledger()
    let refusal = behavior.rejection(
      of: HTTPRequest("POST", "/api/v4/spot/orders"), at: ExchangeInstant(nanoseconds: 5000),
      ledger: &ledger)
    #expect(refusal?.headers.contains(.init("X-Out-Time", "5")) == true)
  }

  @Test func krakenFuturesTrimsZeros() throws {
    for (nanoseconds, text) in [
      (1_673_373_560_100_000_000, "20.1Z"), (1_673_373_560_000_000_000, "20Z"),
      (1_673_373_560_010_000_000, "20.01Z"),
    ] {
      let request = HTTPRequest("GET", "/derivatives/api/v3/feeschedules")
      let body = try time("krakenfutures", request, at: Int64(nanoseconds)).text
      #expect(body.hasSuffix(#""serverTime":"2023-01-10T17:59:\#(text)"}"#))
    }
  }

  /// Their bodies have times that are no clock.
  @Test(arguments: [
    ("bitstamp", "/api/v2/ticker/btcusd/"), ("bithumb", "/v1/market/all"),
    ("cryptocom", "/exchange/v1/public/get-tickers"), ("gemini", "/v1/symbols"),
    ("hyperliquid", "/info"), ("upbit", "/v1/ticker"),
  ])
  func bodiesOfThoseWithoutATimeEndpoint(_ id: String, _ path: String) throws {
    let method = id == "hyperliquid" ? "POST" : "GET"
    let body = try time(id, HTTPRequest(method, path), at: 1_762_820_224_987_000_000).text
    #expect(!body.contains("1762820224"))
    #expect(["bithumb", "gemini"].contains(id) || body.contains(/17628201\d\d|1762820223287/))
  }

  /// Each at many moments: what the daemon reads is never later than the truth, and less than the
  /// resolution that it claims earlier.
  @Test(arguments: ExchangeCatalog.builtIn.map(\.id))
  func theCatalogueReadsTheAnswer(_ id: String) throws {
    let definition = try #require(ExchangeCatalog.definition(of: id))
    let query = definition.path.split(separator: "?").dropFirst().first ?? ""
    let request = HTTPRequest(
      definition.requestBody == nil ? "GET" : "POST",
      String(definition.path.prefix { $0 != "?" }),
      query: query.split(separator: "&").map { pair in
        let parts = pair.split(separator: "=").map(String.init)
        return .init(parts[0], parts[1].first == "{" ? "1762820224000" : parts[1])
      },
      headers: definition.requestHeaders.map { .init($0.name, $0.value) },
      body: definition.requestBody ?? "")
    for step in 0..<200 {
      let truth = Int64(1_762_820_224_000_000_000) + Int64(step) * 7_654_321_987
      let answer = try time(id, request, at: truth)
      let headers =
        answer.headers.map { (name: $0.name, value: $0.value) }
        + [(name: "Date", value: ExchangeInstant(nanoseconds: truth).httpDate)]
      let read = try definition.readStamps(
        from: TimeAnswer(body: answer.body, headers: headers), roundTrip: .seconds(1))
      let instant = ExchangeInstant(nanoseconds: truth)
      #expect(read.arrival <= instant && instant < read.arrival + read.resolution)
      #expect(read.departure <= instant && instant < read.departure + read.resolution)
      let isWhole =
        id == "mexc" || definition.coarseResolution != nil && read.resolution == .seconds(1)
      #expect(read.resolution == (isWhole ? .seconds(1) : resolution(of: definition)))
    }
  }

  /// The fault `seconds` is one that the daemon rejects.
  @Test(arguments: ExchangeCatalog.builtIn.filter { $0.timeSource != .header("Date") }.map(\.id))
  func theWrongUnitIsNotRead(_ id: String) throws {
    let definition = try #require(ExchangeCatalog.definition(of: id))
    let behavior = try #require(ExchangeBehaviors[id])
    let instant = ExchangeInstant(nanoseconds: 1_762_820_224_987_654_321)
    let answer = behavior.timeAnswer(
      to: HTTPRequest("GET", behavior.timePath), received: instant, now: instant, inWrongUnit: true)
    #expect(throws: TimeAnswerError.self) {
      try definition.readTime(from: TimeAnswer(body: answer.body))
    }
  }

  /// The finest that the exchange tells when it is asked as the catalogue asks.
  private func resolution(of definition: ExchangeDefinition) -> Duration {
    definition.serverStamps?.unit.resolution ?? definition.finerUnit?.resolution
      ?? definition.resolution
  }

  @Test func everyExchangeOfTheCatalogueIsSimulated() {
    #expect(ExchangeBehaviors.ids == ExchangeCatalog.builtIn.map(\.id))
    #expect(ExchangeBehaviors.ids.count == 43)
  }

  private func time(
    _ id: String, _ request: HTTPRequest, at received: Int64, after: Duration = .zero
  ) throws -> HTTPAnswer {
    let behavior = try #require(ExchangeBehaviors[id])
    #expect(behavior.endpoint(of: request) == .time, "\(id): \(request.method) \(request.path)")
    let instant = ExchangeInstant(nanoseconds: received)
    return behavior.timeAnswer(
      to: request, received: instant, now: instant + after, inWrongUnit: false)
  }
}
