import JSONDocument
import Testing

@testable import ClockProtocol

/// What is read as a plain request, `Message` reads alike.
@Suite struct PlainRequestTests {
  private func plain(_ line: [UInt8]) -> (request: PlainRequest, id: [UInt8])? {
    line.withUnsafeBufferPointer { bytes in
      PlainRequest(line: bytes).map { ($0, Array($0.id)) }
    }
  }

  /// What the daemon finds in the same bytes otherwise: one request, or something else.
  private func request(_ bytes: [UInt8]) -> Request? {
    var buffer = LineBuffer()
    var lines: [LineBuffer.Line] = []
    bytes.withUnsafeBytes { buffer.append($0) { lines.append($0) } }
    guard buffer.isEmpty, lines.count == 1, case .complete(let line) = lines[0],
      case .single(.success(let request)) = Message(line: line)
    else { return nil }
    return request
  }

  private func method(_ request: PlainRequest) -> String {
    switch request.method {
    case .stamp: "stamp"
    case .now: "now"
    }
  }

  /// - Returns: whether the line is plain.
  private func comparePlain(_ line: [UInt8]) -> Bool {
    guard let (plain, id) = plain(line) else { return false }
    var parameters: [JSONValue.Member] = [.init("exchange", .string(plain.exchange))]
    if let window = plain.windowMilliseconds {
      parameters.append(.init("recv_window_ms", .integer(window)))
    }
    let request = request(line)
    let text = String(decoding: line, as: UTF8.self)
    #expect(request?.method == method(plain), "\(text)")
    // Given back as it would be otherwise.
    #expect(request?.id?.text == String(decoding: id, as: UTF8.self), "\(text)")
    for parameter in parameters {
      #expect(request?.params[parameter.key] == parameter.value, "\(text)")
    }
    if case .object(let members) = request?.params {
      #expect(members.count == parameters.count, "\(text)")
    }
    return true
  }

  @Test(arguments: [
    #"{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"binance"}}"#,
    #"{"jsonrpc": "2.0", "id": 12, "method": "now", "params": {"exchange": "okx"}}"#,
    #"{"method":"stamp","params":{"recv_window_ms":5000,"exchange":"bybit"},"id":-3,"jsonrpc":"2.0"}"#,
    "{ \"id\" :\t\"a b/c\" , \"jsonrpc\":\"2.0\",\"method\":\"now\",\"params\":{ \"exchange\":\"\" } }",
    #"{"jsonrpc":"2.0","id":123456789012345678,"method":"stamp","params":{"exchange":"x","recv_window_ms":1}}"#,
    #"{"jsonrpc":"2.0","id":0,"method":"stamp","params":{"exchange":"x","recv_window_ms":600000}}"#,
  ])
  func whatClientsSendIsPlain(_ line: String) {
    for end in ["\n", "\r\n"] { #expect(comparePlain(Array((line + end).utf8))) }
    #expect(!comparePlain(Array(line.utf8)), "a line without its end")
  }

  private static let usual =
    #"{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"binance"}}"#

  @Test(
    arguments: [
      ("1", "1.0"), ("1", "1E2"), ("1", "01"), ("1", "-0"), ("1", "1234567890123456789"),
      ("1", "null"), ("1", "true"), ("1", "[]"), ("1", #""é""#), ("1", #""\u0041""#),
      ("1", "\"a\u{0}\""), ("1", "1\u{0}"), ("1", #"1,"id":1"#), ("1", ""), ("\"id\":1,", ""),
      ("stamp", "offset"), ("stamp", "stamp "), ("stamp", "st\\u0061mp"), ("2.0", "2"),
      ("2.0", "2.00"), (#""jsonrpc":"2.0","#, ""), ("jsonrpc", "id"), (":{", ":[{"),
      (#"{"exchange":"binance"}"#, "{}"), (#"{"exchange":"binance"}"#, #"["binance"]"#),
      (#""binance""#, "1"), (#""binance""#, #""binance","exchange":"okx""#),
      (#""binance""#, #""binance","recv_window_ms":0"#),
      (#""binance""#, #""binance","recv_window_ms":600001"#),
      (#""binance""#, #""binance","recv_window_ms":1.5"#),
      (#""binance""#, #""binance","recv_window_ms":null"#),
      (#""binance""#, #""binance","lifetime_ms":1"#), (#""binance""#, #""binance","x":1"#),
      (#"{"exchange":"binance"}"#, #"{"exchange":"binance"},"x":1"#), ("}}", "}"), ("}}", "}}}"),
      ("}}", "},}"), ("}}", "}} 1"), (",", ",\n"), (",", ",\r"), ("{\"jsonrpc\"", "\n{\"jsonrpc\""),
      ("{\"jsonrpc\"", " {\"jsonrpc\""), ("{", "{\"id\" "),
      ("id\":", "id\""), ("\"id\":", "\"id\" \"method\":"),
    ] as [(String, String)])
  func whateverElseIsNot(_ part: String, _ other: String) throws {
    let range = try #require(Self.usual.firstRange(of: part))
    var line = Self.usual
    line.replaceSubrange(range, with: other)
    #expect(plain(Array((line + "\n").utf8)) == nil, "\(line)")
  }

  @Test func aWindowIsOfStampsOnly() {
    let line =
      #"{"jsonrpc":"2.0","id":1,"method":"now","params":{"exchange":"x","recv_window_ms":5}}"#
    #expect(plain(Array((line + "\n").utf8)) == nil)
  }

  @Test func twoLinesAreNot() {
    #expect(plain(Array((Self.usual + "\n" + Self.usual + "\n").utf8)) == nil)
    #expect(plain(Array((Self.usual + "\n\n").utf8)) == nil)
    #expect(plain([]) == nil)
  }

  /// Requests put together from their parts in any order, some left out, doubled, or damaged by
  /// some bytes.
  @Test(arguments: 0..<4 as Range<UInt64>)
  func itNeverContradictsTheParser(_ seed: UInt64) {
    var random = Random(state: seed &* 977 &+ 1)
    let ids = [
      "1", "-5", "\"a\"", "1E2", "1e400", "null", "\"\\n\"", "\"\u{7F}\"", "12345678901234567890",
    ]
    let values = ["\"binance\"", "\"okx\"", "\"\"", "\"ü\"", "1", "null"]
    let windows = ["5000", "0", "1", "600001", "5e3", "-1"]
    let spaces = Array(repeating: "", count: 200) + [" ", " ", "\t", "  ", "\r", "\n"]
    var plainLines = 0
    for _ in 0..<5_000 {
      func space() -> String { spaces.randomElement(using: &random) ?? "" }
      func member(_ name: String, _ value: String) -> String {
        "\(space())\"\(name)\"\(space()):\(space())\(value)\(space())"
      }
      func object(_ members: [String]) -> String {
        var members = members.shuffled(using: &random)
        if Int.random(in: 0..<12, using: &random) == 0 { members.removeLast() }
        if Int.random(in: 0..<12, using: &random) == 0, let any = members.first {
          members.append(any)
        }
        return "{" + members.joined(separator: ",") + "}"
      }
      var parameters = [member("exchange", values.randomElement(using: &random) ?? "")]
      if Bool.random(using: &random) {
        parameters.append(member("recv_window_ms", windows.randomElement(using: &random) ?? ""))
      }
      let line = object([
        member("jsonrpc", "\"2.0\""), member("id", ids.randomElement(using: &random) ?? ""),
        member(
          "method", ["\"stamp\"", "\"now\"", "\"offset\""].randomElement(using: &random) ?? ""),
        member("params", object(parameters)),
      ])
      var bytes = Array((line + (["\n", "\r\n", ""].randomElement(using: &random) ?? "")).utf8)
      if Int.random(in: 0..<4, using: &random) == 0 {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.remove(at: index)
        case 1: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: index)
        default: bytes[index] = UInt8.random(in: 0...255, using: &random)
        }
      }
      if comparePlain(bytes) { plainLines += 1 }
    }
    #expect(plainLines > 50)
  }

  private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 32 ^ state) &* 0x9E37_79B9_7F4A_7C15
    }
  }
}
