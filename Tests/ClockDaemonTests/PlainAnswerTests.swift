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
    var output: [UInt8] = []
    let isPlain = Array((line + "\n").utf8).withUnsafeBufferPointer {
      PlainRequest(line: $0).map { test.service.answer($0, at: .read(), to: &output) } ?? false
    }
    #expect(isPlain == !output.isEmpty)
    return isPlain ? String(decoding: output, as: UTF8.self) : nil
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
