import ClockCore
import ClockProtocol
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// A plain request gets the same answer, whichever way it is answered.
@Suite struct PlainAnswerTests {
  private let test: TestBoard

  init() throws {
    test = try TestBoard()
  }

  private func plainAnswer(_ line: String) -> String? {
    plainAnswers([line]).map { $0[0] } ?? nil
  }

  /// Nil where one of the lines is no plain request.
  private func plainAnswers(_ lines: [String]) -> [String?]? {
    var output: [UInt8] = []
    var ends: [Int?] = []
    let bytes = lines.map { Array(($0 + "\n").utf8)[...] }
    let isPlain = read(bytes) { test.service.answer($0, at: .read(), to: &output, ends: &ends) }
    guard isPlain else { return nil }
    #expect(ends.count == lines.count)
    var start = 0
    let answers = ends.map { end -> String? in
      guard let end else { return nil }
      defer { start = end }
      #expect(start < end)
      return String(decoding: output[start..<end], as: UTF8.self)
    }
    #expect(start == output.count)
    return answers
  }

  /// Their bytes are there for as long as `body` runs.
  private func read(
    _ lines: [ArraySlice<UInt8>], as requests: [PlainRequest] = [],
    _ body: ([PlainRequest]) -> Void
  ) -> Bool {
    guard let line = lines.first else {
      body(requests)
      return true
    }
    return line.withUnsafeBufferPointer {
      guard let request = PlainRequest(line: $0) else { return false }
      return read(Array(lines.dropFirst()), as: requests + [request], body)
    }
  }

  /// The text with each run of digits as one 0.
  private func withoutNumbers(_ text: String) -> String {
    text.reduce(into: "") { text, character in
      guard character.isNumber else { return text.append(character) }
      if text.last != "0" { text.append("0") }
    }
  }

  @Test(arguments: [
    #"{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"binance"}}"#,
    #"{"jsonrpc":"2.0","id":"a/b","method":"stamp","params":{"exchange":"bybit"}}"#,
    #"{"jsonrpc":"2.0","id":-7,"method":"stamp","params":{"exchange":"binance","recv_window_ms":9}}"#,
    #"{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"kraken"}}"#,
    #"{"method":"now","params":{"exchange":"bybit"},"id":5,"jsonrpc":"2.0"}"#,
  ])
  func theAnswerIsTheSame(_ line: String) throws {
    let before = try #require(try test.ask(line))
    let plain = try #require(plainAnswer(line))
    let after = try #require(try test.ask(line))
    #expect(plain.hasSuffix("}\n"))
    #expect(withoutNumbers(plain) == withoutNumbers(before) + "\n")
    let answers = try [before, plain, after].map { try JSONValue(parsing: $0) }
    #expect(answers[1]["id"] == answers[0]["id"])
    let results = answers.compactMap { $0["result"] }
    for name in ["timestamp", "unix_us", "estimate_us", "local_us"] {
      let numbers = results.compactMap { $0[name]?.integer }
      #expect(numbers.count == (results[0][name]?.integer == nil ? 0 : 3))
      #expect(numbers == numbers.sorted())
    }
    #expect(results[1]["recv_window_ms"] == results[0]["recv_window_ms"])
    #expect(results[1]["guaranteed"] == results[0]["guaranteed"])
  }

  /// What is refused is left to the way that has the words for it.
  @Test(arguments: [
    #"{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"okx"}}"#,
    #"{"jsonrpc":"2.0","id":1,"method":"now","params":{"exchange":"okx"}}"#,
    #"{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"nowhere"}}"#,
    #"{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"binance","recv_window_ms":60001}}"#,
    #"{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"kraken","recv_window_ms":1}}"#,
    #"{"jsonrpc":"2.0","method":"stamp","params":{"exchange":"binance"}}"#,
  ])
  func whatIsRefusedIsLeftToTheOtherWay(_ line: String) throws {
    #expect(plainAnswer(line) == nil)
  }

  /// Of those that are asked at once, each gets its own answer.
  @Test func whoIsRefusedIsLeftOutAmongOthers() throws {
    let line = { (id: Int, exchange: String) in
      #"{"jsonrpc":"2.0","id":\#(id),"method":"stamp","params":{"exchange":"\#(exchange)"}}"#
    }
    let exchanges = ["binance", "nowhere", "kraken", "okx", "kraken", "binance"]
    let answers = try #require(plainAnswers(exchanges.enumerated().map(line)))
    let results = try answers.map { try $0.map { try JSONValue(parsing: $0) } }
    #expect(results.map { $0?["id"]?.integer } == [0, nil, 2, nil, 4, 5])
    let told = results.map { $0?["result"]?["exchange"]?.text }
    #expect(told == [#""binance""#, nil, #""kraken""#, nil, #""kraken""#, #""binance""#])
    // The clocks are read once, and a nonce is still given out once.
    let times = results.map { $0?["result"]?["unix_us"]?.integer }
    #expect(times[0] == times[5])
    #expect(try #require(times[4]) > (try #require(times[2])))
  }

  /// But for the id; and who asks for something else is told that.
  @Test func whoAsksTheSameAtOnceIsToldTheSame() throws {
    let line = { (method: String, parameters: String, id: Int) in
      #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":{"exchange":\#(parameters)}}"#
    }
    let kinds = [
      ("stamp", #""binance""#), ("now", #""binance""#), ("stamp", #""bybit""#),
      ("stamp", #""binance","recv_window_ms":700"#), ("stamp", #""binance","recv_window_ms":900"#),
    ]
    let answers = try #require(
      plainAnswers((0..<10).map { line(kinds[$0 % 5].0, kinds[$0 % 5].1, $0 + 10) }))
    for index in 0..<5 {
      let (first, again) = (try #require(answers[index]), try #require(answers[index + 5]))
      #expect(first.contains(#""id":\#(index + 10),"#))
      #expect(
        again
          == first.replacing(#""id":\#(index + 10),"#, with: #""id":\#(index + 15),"#))
    }
    let results = try answers.prefix(5).map { try JSONValue(parsing: try #require($0))["result"] }
    #expect(results[1]?["estimate_us"]?.integer != nil)
    #expect(results[2]?["exchange"]?.text == #""bybit""#)
    #expect(results[3]?["recv_window_ms"]?.integer == 700)
    #expect(results[4]?["recv_window_ms"]?.integer == 900)
  }

  /// Nothing was given out by the way that gave up.
  @Test func aNonceThatHasToWaitIsLeftToTheOtherWay() throws {
    _ = test.board.withEntry(of: "kraken") { entry, _ in
      entry.nonces = NonceSequence(isKept: true)
    }
    let line = #"{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"kraken"}}"#
    #expect(plainAnswer(line) == nil)
    #expect(test.board.withEntry(of: "kraken") { entry, _ in entry.nonces.last } == .some(nil))
  }
}
