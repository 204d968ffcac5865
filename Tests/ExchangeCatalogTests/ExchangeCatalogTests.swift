import ClockCore
import TOMLDocument
import Testing

@testable import ExchangeCatalog

@Suite struct ExchangeCatalogTests {
  @Test func builtInExchangesSortedByID() {
    let ids = ExchangeCatalog.builtIn.map(\.id)
    #expect(ids.count == 43)
    #expect(ids == ids.sorted())
    #expect(Set(ids).isSuperset(of: ["binance", "bitget", "bybit", "kraken", "kucoin", "okx"]))
    #expect(ExchangeCatalog.definition(of: "okx")?.name == "OKX")
    #expect(ExchangeCatalog.definition(of: "nope") == nil)
  }

  @Test(arguments: ExchangeCatalog.builtIn)
  func everyEntrySaysWhereItIsFrom(_ definition: ExchangeDefinition) {
    #expect(ExchangeDefinition.isValid(id: definition.id))
    #expect(!definition.confidence.isEmpty)
    #expect(!definition.sources.isEmpty)
    #expect(!definition.ruleText.isEmpty)
    #expect(!definition.timestampCarrier.isEmpty)
    for url in definition.baseURLs + [definition.sandboxURL].compactMap({ $0 }) {
      #expect(url.hasPrefix("https://"))
    }
    #expect(Set(definition.baseURLs).count == definition.baseURLs.count)
    // The first that fits counts: one that names less must not stand before one that names more.
    for (index, code) in definition.codes.enumerated() {
      for later in definition.codes[(index + 1)...] where later.code == code.code {
        #expect(code.message != nil || code.httpStatus != nil, "\(code) hides \(later)")
      }
    }
  }

  /// Requests that need more than a GET, and hosts that stand less than the rest.
  @Test func theOddOnes() throws {
    let byBody = ExchangeCatalog.builtIn.filter { $0.requestBody != nil }
    #expect(byBody.map(\.id) == ["hyperliquid"])
    #expect(byBody.first?.requestBody == #"{"type":"exchangeStatus"}"#)
    #expect(ExchangeCatalog.builtIn.filter { $0.probesPerMinute != nil }.map(\.id) == ["bitmex"])
    #expect(ExchangeCatalog.definition(of: "bitmex")?.probesPerMinute == 10)
    let byTime = ExchangeCatalog.builtIn.filter { $0.url.contains("{unix_ms}") }
    #expect(byTime.map(\.id) == ["ascendex"])
    #expect(
      Placeholder.fill(try #require(byTime.first?.url), unixMilliseconds: 1_640_052_379_050)
        == "https://ascendex.com/api/pro/v1/exchange-info?requestTime=1640052379050")
    #expect(
      ExchangeCatalog.builtIn.filter { !$0.requestHeaders.isEmpty }.map(\.id) == [
        "binance", "binance-testnet", "kucoin", "kucoinfutures",
      ])
    #expect(
      ExchangeCatalog.builtIn.filter { $0.coarseResolution != nil }.map(\.id) == [
        "mexc", "phemex", "poloniex",
      ])
    #expect(
      ExchangeCatalog.builtIn.filter { $0.serverStamps != nil }.map(\.id) == [
        "deribit", "gate", "kucoin", "kucoinfutures",
      ])
    #expect(
      ExchangeCatalog.builtIn.filter { !$0.isWindowDocumented }.map(\.id) == [
        "backpack", "htxlinear", "okx", "poloniex", "xt",
      ])
  }

  @Test(arguments: [
    ("binance", "https://api.binance.com/api/v3/time", "/serverTime", "ms", "1ms"),
    ("bitget", "https://api.bitget.com/api/v2/public/time", "/data/serverTime", "ms", "1ms"),
    ("bybit", "https://api.bybit.com/v5/market/time", "/result/timeNano", "ns", "1us"),
    ("kraken", "https://api.kraken.com/0/public/Time", "/result/unixtime", "s", "1s"),
    ("kucoin", "https://api.kucoin.com/api/v1/timestamp", "/data", "ms", "1ms"),
    ("okx", "https://www.okx.com/api/v5/public/time", "/data/0/ts", "ms", "1ms"),
  ])
  func endpoints(
    _ id: String, _ url: String, _ pointer: String, _ unit: String, _ resolution: String
  ) throws {
    let definition = try #require(ExchangeCatalog.definition(of: id))
    #expect(definition.url == url)
    #expect(definition.timeSource.description == pointer)
    #expect(definition.unit.rawValue == unit)
    #expect(definition.resolution.text == resolution)
  }

  @Test func acceptanceRules() {
    func rule(_ id: String) -> AcceptanceRule? { ExchangeCatalog.definition(of: id)?.rule }
    func window(
      _ window: Int, longest: Int? = nil, isAdjustable: Bool = false, tolerance: Int
    ) -> AcceptanceRule {
      .window(
        AcceptanceWindow(
          window: .seconds(window), longestWindow: longest.map { .seconds($0) },
          isAdjustable: isAdjustable, tolerance: .seconds(tolerance)))
    }
    #expect(rule("binance") == window(5, longest: 60, isAdjustable: true, tolerance: 1))
    #expect(rule("bybit") == window(5, isAdjustable: true, tolerance: 1))
    #expect(rule("okx") == window(30, tolerance: 0))
    #expect(rule("bitget") == window(30, tolerance: 30))
    #expect(rule("kucoin") == window(5, tolerance: 5))
    #expect(rule("kraken") == .nonce)
    #expect(rule("bitmex") == .expiry(lifetime: .seconds(5), longest: nil))
    #expect(rule("phemex") == .expiry(lifetime: .seconds(60), longest: .seconds(120)))
    #expect(rule("upbit") == .untimed)
    #expect(rule("deribit") == .unknown)
    #expect(ExchangeCatalog.definition(of: "okx")?.timestampFormat == .iso8601Milliseconds)
    #expect(ExchangeCatalog.definition(of: "okx")?.windowParameter == nil)
    #expect(ExchangeCatalog.definition(of: "binance")?.windowParameter == "recvWindow")
  }

  /// Codes that widely copied tables have and the exchanges' documentation has not.
  @Test(arguments: [("okx", "50113"), ("bitget", "40007"), ("kucoin", "400100")])
  func wronglyCopiedCodesAreAbsent(_ id: String, _ code: String) {
    let codes = ExchangeCatalog.definition(of: id)?.codes ?? []
    #expect(!codes.isEmpty)
    #expect(!codes.contains { $0.code == code && [.clock, .late, .format].contains($0.verdict) })
  }

  @Test(arguments: ["a", "okx", "0x", "binance-testnet", "a_b", String(repeating: "a", count: 32)])
  func validIDs(_ id: String) { #expect(ExchangeDefinition.isValid(id: id)) }

  @Test(arguments: [
    "", "OKX", "-a", "_a", "a b", "a.b", "é", String(repeating: "a", count: 33),
  ])
  func invalidIDs(_ id: String) { #expect(!ExchangeDefinition.isValid(id: id)) }
}
