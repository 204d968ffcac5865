import ClockProtocol
import JSONDocument
import Testing

@Suite struct MessageTests {
  private func fault(_ text: String) throws -> RequestFault {
    guard case .single(.failure(let fault)) = Message(line: Array(text.utf8)) else {
      throw Wrong(text: text)
    }
    return fault
  }

  private struct Wrong: Error {
    var text: String
  }

  @Test(arguments: [
    ("{", -32700, "null"), ("", -32700, "null"), ("{\"jsonrpc\":\"2.0\",}", -32700, "null"),
    ("1", -32600, "null"), ("\"x\"", -32600, "null"), ("null", -32600, "null"),
    ("{}", -32600, "null"), ("[]", -32600, "null"),
    ("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"now\"}", -32600, "1"),
    ("{\"jsonrpc\":2.0,\"id\":1,\"method\":\"now\"}", -32600, "1"),
    ("{\"id\":\"a\",\"method\":\"now\"}", -32600, "\"a\""),
    ("{\"jsonrpc\":\"2.0\",\"id\":2}", -32600, "2"),
    ("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":3}", -32600, "2"),
    ("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":null}", -32600, "2"),
    ("{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"now\"}", -32600, "null"),
    ("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"now\"}", -32600, "null"),
    ("{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"now\"}", -32600, "null"),
    ("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"now\",\"params\":[1]}", -32602, "7"),
    ("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"now\",\"params\":null}", -32602, "7"),
    ("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"now\",\"params\":5}", -32602, "null"),
    ("{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"now\"}", -32700, "null"),
  ])
  func whatIsMalformedIsAnsweredWith(_ text: String, _ code: Int64, _ id: String) throws {
    let fault = try fault(text)
    #expect(fault.error.code.rawValue == code)
    #expect(fault.id?.text == id)
    #expect(!fault.error.message.isEmpty)
  }

  /// A notification is never answered, not even to say that its parameters are wrong.
  @Test func aNotificationWithWrongParametersHasNobodyToTell() throws {
    let fault = try fault("{\"jsonrpc\":\"2.0\",\"method\":\"now\",\"params\":[1]}")
    #expect(fault.error.code == .invalidParams)
    #expect(fault.id == nil)
  }

  @Test(arguments: ["1", "-5", "\"abc\"", "1.5", "null", "9223372036854775807"])
  func idsComeBackAsTheyWere(_ id: String) {
    let line = "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"health\"}"
    guard case .single(.success(let request)) = Message(line: Array(line.utf8)) else {
      Issue.record("refused: \(line)")
      return
    }
    #expect(request.id?.text == id)
    #expect(request.params == [:])
  }

  @Test func aRequestWithoutIdIsANotification() {
    let line = "{\"jsonrpc\":\"2.0\",\"method\":\"resync\"}"
    #expect(
      Message(line: Array(line.utf8)) == .single(.success(Request(id: nil, method: "resync"))))
  }

  @Test func aRequestIsReadAsItWasWritten() {
    for id in [nil, 1, "x", .null] as [JSONValue?] {
      let request = Request(id: id, method: "stamp", params: ["exchange": "binance"])
      #expect(Message(line: Array(request.line.utf8)) == .single(.success(request)))
    }
  }

  @Test func aBatchKeepsItsOrderAndEachOfItsFaults() throws {
    let line = "[1,{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\"},[],{\"id\":3}]"
    guard case .batch(let requests) = Message(line: Array(line.utf8)) else {
      throw Wrong(text: line)
    }
    let codes = requests.map { request -> RPCError.Code? in
      if case .failure(let fault) = request { fault.error.code } else { nil }
    }
    #expect(codes == [.invalidRequest, nil, .invalidRequest, .invalidRequest])
    #expect(try requests[1].get() == Request(id: 1, method: "a"))
  }

  @Test func aBatchHasALimit() throws {
    func batch(_ count: Int) -> String {
      "[" + Array(repeating: "{}", count: count).joined(separator: ",") + "]"
    }
    guard case .batch(let requests) = Message(line: Array(batch(256).utf8)) else {
      throw Wrong(text: "256")
    }
    #expect(requests.count == 256)
    #expect(try fault(batch(257)).error.message == "a batch holds at most 256 requests")
    for method in ["resync", "report", "history"] {
      func waiting(_ count: Int) -> String {
        let one = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\"}"
        let others = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"health\"}"
        return "[\(([one] + Array(repeating: others, count: count - 1)).joined(separator: ","))]"
      }
      guard case .batch = Message(line: Array(waiting(8).utf8)) else { throw Wrong(text: "8") }
      let message = try fault(waiting(9)).error.message
      #expect(message == "a batch with resync, report or history in it holds at most 8 requests")
    }
    #expect(try fault("[]").error.message == "the batch is empty")
  }
}

@Suite struct LineBufferTests {
  private func lines(of pieces: [[UInt8]]) -> [LineBuffer.Line] {
    var buffer = LineBuffer()
    var lines: [LineBuffer.Line] = []
    for piece in pieces { piece.withUnsafeBytes { buffer.append($0) { lines.append($0) } } }
    return lines
  }

  private func complete(_ text: String) -> LineBuffer.Line { .complete(Array(text.utf8)) }

  @Test(arguments: [
    ("a\nb\n", ["a", "b"]), ("a\r\nb\n", ["a", "b"]), ("\n\r\n\na\n\n", ["a"]), ("a", []),
    ("", []), ("a\rb\n", ["a\rb"]), ("a\r\r\n", ["a\r"]), ("ü\n", ["ü"]), ("\0\n", ["\0"]),
  ])
  func linesEndWithANewline(_ text: String, _ expected: [String]) {
    #expect(lines(of: [Array(text.utf8)]) == expected.map(complete))
  }

  @Test func theLongestLineFitsAndOneByteMoreDoesNot() {
    let longest = [UInt8](repeating: 120, count: LineBuffer.longestRequest)
    #expect(lines(of: [longest + [10]]) == [.complete(longest)])
    #expect(lines(of: [longest, [120], [10]]) == [.tooLong])
    #expect(lines(of: [longest + longest + longest]) == [.tooLong])
    #expect(
      lines(of: [longest + longest, longest + [10, 97, 10]]) == [.tooLong, complete("a")])
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func howTheBytesArriveMakesNoDifference(_ seed: UInt64) {
    var random = Random(state: seed)
    var bytes: [UInt8] = []
    for _ in 0..<40 {
      let count: Int = [0, 1, 2, 30, 65_535, 65_536, 65_537].randomElement(using: &random) ?? 0
      bytes += [UInt8](repeating: 97, count: Bool.random(using: &random) ? count : count % 97)
      bytes += Bool.random(using: &random) ? [13, 10] : [10]
    }
    let whole = lines(of: [bytes])
    var pieces: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let longest = Bool.random(using: &random) ? 3 : 70_000
      let piece = rest.prefix(.random(in: 1...longest, using: &random))
      pieces.append(Array(piece))
      rest = rest.dropFirst(piece.count)
    }
    #expect(lines(of: pieces) == whole, "seed \(seed)")
  }

  /// Small and poor, but seeded.
  private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 32 ^ state) &* 0x9E37_79B9_7F4A_7C15
    }
  }
}
