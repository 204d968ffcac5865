import ClockCore
import ExchangeCatalog
import TOMLDocument
import Testing

@Suite struct ExchangeCatalogTests {
  @Test func builtInExchangesSortedByID() {
    #expect(
      ExchangeCatalog.builtIn.map(\.id) == [
        "binance", "bitget", "bybit", "kraken", "kucoin", "okx",
      ])
    #expect(ExchangeCatalog.definition(of: "okx")?.name == "OKX")
    #expect(ExchangeCatalog.definition(of: "nope") == nil)
  }

  @Test(arguments: ExchangeCatalog.builtIn)
  func everyEntrySaysWhereItIsFrom(_ definition: ExchangeDefinition) {
    #expect(ExchangeDefinition.isValid(id: definition.id))
    #expect(!definition.confidence.isEmpty)
    #expect(!definition.sources.isEmpty)
    #expect(!definition.timestampErrorCodes.isEmpty)
    #expect(!definition.timestampCarrier.isEmpty)
    #expect(definition.url.hasPrefix("https://"))
    #expect(definition.requestHeaders.isEmpty)
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
    #expect(ExchangeCatalog.definition(of: "okx")?.timestampFormat == .iso8601Milliseconds)
    #expect(ExchangeCatalog.definition(of: "okx")?.windowParameter == nil)
    #expect(ExchangeCatalog.definition(of: "binance")?.windowParameter == "recvWindow")
  }

  /// Codes that widely copied tables have and the exchanges' documentation has not.
  @Test(arguments: [("okx", "50113"), ("bitget", "40007"), ("kucoin", "400100")])
  func wronglyCopiedCodesAreAbsent(_ id: String, _ code: String) {
    #expect(ExchangeCatalog.definition(of: id)?.timestampErrorCodes.contains(code) == false)
  }

  @Test(arguments: ["a", "okx", "0x", "binance-testnet", "a_b", String(repeating: "a", count: 32)])
  func validIDs(_ id: String) { #expect(ExchangeDefinition.isValid(id: id)) }

  @Test(arguments: [
    "", "OKX", "-a", "_a", "a b", "a.b", "é", String(repeating: "a", count: 33),
  ])
  func invalidIDs(_ id: String) { #expect(!ExchangeDefinition.isValid(id: id)) }
}
