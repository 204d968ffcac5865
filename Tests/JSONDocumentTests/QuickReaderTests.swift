import Testing

@testable import JSONDocument

/// What the quick reader reads, the real parser reads alike.
@Suite struct QuickReaderTests {
  private func quick(_ text: String) -> JSONValue? {
    Array(text.utf8).withUnsafeBufferPointer { QuickReader.read($0) }
  }

  @Test(arguments: [
    #"{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"binance"}}"#,
    #" { "jsonrpc" : "2.0" , "id" : -12, "list": [ ] , "none":{}, "all":[true,false,null] } "#,
    "\t\r\n[1,[2,[3]]]\n", "0", "-7", "123456789012345678", "\"\"", "null",
  ])
  func whatClientsSendIsReadQuickly(_ text: String) throws {
    let value = try #require(quick(text))
    #expect(value == (try JSONValue(parsingAnything: Array(text.utf8))))
  }

  @Test(arguments: [
    "", " ", "1.5", "1e3", "-0", "01", "-", "1234567890123456789", "\"\\n\"", "\"é\"", "\"\u{7F}\"",
    "{\"a\":1,\"a\":2}", "[1,]", "{\"a\":1,}", "[1 2]", "1 2", "tru", "nulll", "{1:2}", "\u{0B}1",
    "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "\"a", "{\"a\"}", "1\u{0}",
    "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1,"
      + "\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1}",
  ])
  func itGivesUpOnEverythingElse(_ text: String) {
    #expect(quick(text) == nil)
  }

  /// Documents put together from what JSON is made of, most of them wrong somewhere.
  @Test(arguments: 0..<8)
  func itNeverContradictsTheParser(_ seed: Int) {
    let parts = [
      "{", "}", "[", "]", ",", ":", "\"a\"", "\"bc\"", "\"", "\\", "0", "1", "-", "23", ".", "e",
      "true", "false", "null", " ", "\n", "\t", "é", "\u{1}", "{\"a\":1}", "[1,2]", "\"a\":", "x",
    ]
    // Numerical Recipes' generator; its high bits are good enough.
    var state = UInt64(seed) &* 977 &+ 1
    func random(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }
    var read = 0
    for _ in 0..<20_000 {
      let text = (0..<(1 + random(8))).map { _ in parts[random(parts.count)] }.joined()
      guard let value = quick(text) else { continue }
      read += 1
      #expect(value == (try? JSONValue(parsingAnything: Array(text.utf8))), "\(text)")
    }
    #expect(read > 500)
  }
}
