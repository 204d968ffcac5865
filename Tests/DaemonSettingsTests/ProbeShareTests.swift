import DaemonSettings
import Testing

/// Exchanges that are asked at one host divide what it stands.
@Suite struct ProbeShareTests {
  private func shares(_ text: String) throws -> [String: ProbeShare] {
    let settings = try DaemonSettings.read(text, file: "c").get()
    return Dictionary(
      uniqueKeysWithValues: zip(settings.exchanges.map(\.id), settings.probeShares))
  }

  private func usual(_ count: Int) -> ProbeShare {
    ProbeShare(probesPerMinute: count, isStrict: false)
  }

  private func strict(_ count: Int) -> ProbeShare {
    ProbeShare(probesPerMinute: count, isStrict: true)
  }

  @Test func aloneAnExchangeHasTheWholeBudget() throws {
    #expect(
      try shares("[exchanges.binance]\n[exchanges.okx]\n[exchanges.bitmex]") == [
        "binance": usual(60), "okx": usual(60), "bitmex": strict(10),
      ])
  }

  /// Also where the host is another one's alternative: `mexccontract` may be asked at MEXC's.
  @Test func oneHostIsShared() throws {
    #expect(
      try shares("[exchanges.mexc]\n[exchanges.mexccontract]\n[exchanges.okx]") == [
        "mexc": usual(30), "mexccontract": usual(30), "okx": usual(60),
      ])
    #expect(
      try shares(
        "[exchanges.binanceusdm]\nsandbox = true\n[exchanges.binancecoinm]\nsandbox = true")
        == ["binanceusdm": usual(30), "binancecoinm": usual(30)])
    #expect(try shares("[exchanges.mexc]\n[exchanges.mexccontract]\nenabled = false").count == 1)
  }

  @Test func theStrictestLimitOfAHostCounts() throws {
    let own = "url = \"HTTPS://user@WWW.BitMEX.com/other\"\ntime = \"/t\"\n"
    #expect(
      try shares("[exchanges.bitmex]\n[exchanges.own]\n" + own)
        == ["bitmex": strict(5), "own": strict(5)])
    #expect(
      try shares("[exchanges.own]\nprobes_per_minute = 1\n" + own + "[exchanges.bitmex]\n")
        == ["bitmex": strict(1), "own": strict(1)])
  }

  /// Simulated exchanges have ports of their own.
  @Test func anotherPortIsAnotherHost() throws {
    #expect(
      try shares(
        "[exchanges.okx]\nbase_url = \"http://h:1\"\n[exchanges.bybit]\nbase_url = \"http://h:2\"")
        == ["okx": usual(60), "bybit": usual(60)])
  }
}
