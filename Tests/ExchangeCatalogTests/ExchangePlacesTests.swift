import ExchangeCatalog
import Testing

@Suite struct ExchangePlacesTests {
  @Test func sandboxes() throws {
    let (testnet, problems) = try read("sandbox = true", over: "binance")
    #expect(problems.isEmpty)
    #expect(testnet?.url == "https://testnet.binance.vision/api/v3/time")
    #expect(testnet?.alternatives == [])
    let own = "sandbox = true\nsandbox_url = \"http://s/\"\n"
    #expect(try read(least + own).definition?.url == "http://s/")
    #expect(try read(own, over: "kraken").definition?.baseURL == "http://s")
    #expect(
      try read("sandbox = true", over: "kraken").problems
        == ["1:11: no sandbox of Kraken is known: set base_url to its address instead"])
    #expect(
      try read("sandbox = true\nbase_url = \"http://h\"", over: "binance").problems
        == ["1:11: sandbox = true is complete: it cannot stand beside base_url"])
  }

  /// It is the same host of one exchange, and its page says so.
  @Test func everySandboxIsAPlaceOfItsOwnOrSaysThatItIsNot() {
    let same = ExchangeCatalog.builtIn.filter { $0.sandboxURL == $0.baseURL }
    #expect(same.map(\.id) == ["okx"])
    let words = "| sandbox | `https://www.okx.com`, the same host: one clock for both |"
    #expect(CataloguePage.markdown(of: same).contains(words))
    let all = CataloguePage.markdown(of: ExchangeCatalog.builtIn)
    #expect(all.split(separator: "the same host: one clock for both").count == 2)
    #expect(ExchangeCatalog.builtIn.count { $0.sandboxURL != nil } == 19)
  }

  /// A proxy or a simulator must not be left for the real exchange.
  @Test func anotherPlaceHasNoAlternatives() throws {
    #expect(try read("", over: "binance").definition?.baseURLs.count == 6)
    #expect(
      try read("base_url = \"http://h\"", over: "binance").definition?.baseURLs == ["http://h"])
    #expect(
      try read("path = \"/api/v1/time\"", over: "binance").definition?.baseURLs.count == 6)
    #expect(
      try read("base_url = \"http://h\"\nalternatives = [\"http://i\"]", over: "binance")
        .definition?.baseURLs == ["http://h", "http://i"])
  }
}
