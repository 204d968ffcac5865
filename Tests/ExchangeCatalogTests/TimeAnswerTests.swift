import ClockCore
import ExchangeCatalog
import JSONDocument
import Testing

private func read(_ id: String, _ body: String) -> Result<Int64, TimeAnswerError> {
  guard let definition = ExchangeCatalog.definition(of: id) else { return .success(0) }
  return read(definition, TimeAnswer(body: Array(body.utf8)))
}

private func read(
  _ definition: ExchangeDefinition, _ answer: TimeAnswer
) -> Result<Int64, TimeAnswerError> {
  do {
    return .success(try definition.readTime(from: answer).nanoseconds)
  } catch {
    return .failure(error)
  }
}

/// A definition whose answer is one bare JSON value.
private func bare(_ unit: TimeUnit) -> ExchangeDefinition {
  ExchangeDefinition(
    id: "x", url: "https://x.example/", timeSource: .body(JSONPointer("")!), unit: unit)
}

private func message(_ unit: TimeUnit, _ body: String) -> String {
  switch read(bare(unit), TimeAnswer(body: Array(body.utf8))) {
  case .success(let nanoseconds): "\(nanoseconds)"
  case .failure(let error): error.description
  }
}

@Suite struct TimeAnswerTests {
  /// Answers as the exchanges document them.
  @Test(
    arguments: [
      ("binance", #"{"serverTime":1762820224559}"#, 1_762_820_224_559_000_000),
      (
        "bybit",
        #"{"retCode":0,"retMsg":"OK","result":{"timeSecond":"1688639403","timeNano":"1688639403423213947"},"retExtInfo":{},"time":1688639403423}"#,
        1_688_639_403_423_213_947
      ),
      (
        "okx", #"{"code":"0","msg":"","data":[{"ts":"1597026383085"}]}"#,
        1_597_026_383_085_000_000
      ),
      (
        "bitget",
        #"{"code":"00000","msg":"success","requestTime":1688008631614,"data":{"serverTime":"1688008631614"}}"#,
        1_688_008_631_614_000_000
      ),
      (
        "kucoin", #"{"code":"200000","msg":"success","data":1646837113087}"#,
        1_646_837_113_087_000_000
      ),
      (
        "kraken",
        #"{"error":[],"result":{"unixtime":1762820224,"rfc1123":"Tue, 11 Nov 25 00:17:04 +0000"}}"#,
        1_762_820_224_000_000_000
      ),
    ] as [(String, String, Int64)])
  func documentedAnswers(_ id: String, _ body: String, _ nanoseconds: Int64) {
    #expect(read(id, body) == .success(nanoseconds))
    #expect(read(id, "\u{FEFF}" + body) == .success(nanoseconds))
    #expect(read(id, body + "\r\n") == .success(nanoseconds))
  }

  /// The examples of two exchanges are from before 2020: they show the format, not a time.
  @Test func documentedAnswersFromBefore2020AreImplausible() {
    let hint = "outside 2020 to 2100 in milliseconds and in every other unit"
    #expect(
      read("binance", #"{"serverTime":1499827319559}"#)
        == .failure(.notATime(value: "1499827319559", hint: hint)))
    #expect(
      read("kucoin", #"{"code":"200000","msg":"success","data":1546837113087}"#)
        == .failure(.notATime(value: "1546837113087", hint: hint)))
  }

  @Test(arguments: [
    ("binance", "{}", "/serverTime"), ("binance", "[]", "/serverTime"),
    ("binance", "null", "/serverTime"), ("binance", #"{"code":-1003}"#, "/serverTime"),
    ("okx", #"{"code":"50011","data":[]}"#, "/data/0/ts"),
    ("okx", #"{"data":{"0":"1597026383085"}}"#, "/data/0/ts"),
    ("bybit", #"{"retCode":10006,"result":{}}"#, "/result/timeNano"),
    ("bitget", #"{"code":"429","data":null}"#, "/data/serverTime"),
    ("kucoin", #"{"code":"429000"}"#, "/data"),
    ("kraken", #"{"error":["EAPI:Rate limit exceeded"]}"#, "/result/unixtime"),
  ])
  func missingTime(_ id: String, _ body: String, _ source: String) {
    #expect(read(id, body) == .failure(.missing(source)))
  }

  /// A terminal obeys some of them, and a person is deceived by others.
  @Test func whatCannotBeSeenIsShownAsWhatItIs() {
    let sent = "\u{9B}31m\u{1B}[2J\u{202E}drow\u{2028}\u{200B}\u{85}\u{7F}é✓"
    let shown =
      #"\u{009B}31m\u{1B}[2J\u{202E}drow\u{2028}\u{200B}\u{0085}\u{7F}é✓"#
    #expect(Excerpt.plain(sent) == shown, "\(Excerpt.plain(sent).utf8.map { $0 })")
    guard case .failure(let error) = read("binance", "{\"serverTime\":\"\(sent)\"}") else {
      return
    }
    #expect(!error.description.unicodeScalars.contains("\u{9B}"))
  }

  @Test(arguments: [
    ("", "it is empty"), ("\u{FEFF}", "it is empty"),
    ("<html>", "line 1, column 1: '[' or '{' expected near '<'"),
  ])
  func notJSON(_ body: String, _ detail: String) {
    switch read("binance", body) {
    case .failure(.notJSON(let found)) where body.contains("<"):
      #expect(found.hasPrefix("line 1, column "))
    case .failure(let error): #expect(error == .notJSON(detail))
    case .success: Issue.record("read a time from \(body)")
    }
  }

  @Test(arguments: [
    #"{"serverTime":1762820224559,"serverTime":1}"#, #"{"serverTime":1762820224559"#,
    #"{"serverTime":1762820224559}{}"#, #"{"serverTime":99999999999999999999}"#,
    String(repeating: "[", count: 60_000), String(repeating: #"{"a":"#, count: 10_000),
    "\u{0}", "{\"serverTime\":NaN}",
  ])
  func brokenJSON(_ body: String) {
    guard case .failure(.notJSON(let detail)) = read("binance", body) else {
      Issue.record("not refused as JSON")
      return
    }
    #expect(!detail.contains("\n"))
    #expect(detail.count < 200)
  }

  @Test func invalidUTF8IsNotJSON() throws {
    let binance = try #require(ExchangeCatalog.definition(of: "binance"))
    let body = Array(#"{"serverTime":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
    guard case .failure(.notJSON) = read(binance, TimeAnswer(body: body)) else {
      Issue.record("not refused")
      return
    }
  }

  /// Numbers, strings of digits and fractions, exact to the last digit.
  @Test(
    arguments: [
      (TimeUnit.seconds, "1762820224", 1_762_820_224_000_000_000),
      (.seconds, "\"1762820224.5\"", 1_762_820_224_500_000_000),
      (.seconds, "\"1762820224.123456789\"", 1_762_820_224_123_456_789),
      (.seconds, "\"1762820224.9999999999\"", 1_762_820_224_999_999_999),
      (.seconds, "1762820224.201", 1_762_820_224_201_000_000),
      (.milliseconds, "\"1762820224559.25\"", 1_762_820_224_559_250_000),
      (.milliseconds, "1762820224559.0", 1_762_820_224_559_000_000),
      (.microseconds, "1762820224559123", 1_762_820_224_559_123_000),
      (.nanoseconds, "1762820224559123457", 1_762_820_224_559_123_457),
      (.nanoseconds, "\"1762820224559123457\"", 1_762_820_224_559_123_457),
      (.nanoseconds, "\"9007199254740993\"", 0),
      (
        .milliseconds, "\"0001762820224559\"",
        1_762_820_224_559_000_000
      ),
      (.iso8601, "\"2025-11-11T00:17:04.1Z\"", 1_762_820_224_100_000_000),
      (.iso8601, "\"2025-11-11T00:17:04.123456789+00:00\"", 1_762_820_224_123_456_789),
      (.iso8601, "\"2025-11-11T00:17:04Z\"", 1_762_820_224_000_000_000),
      (.httpDate, "\"Tue, 11 Nov 2025 00:17:04 GMT\"", 1_762_820_224_000_000_000),
      (.milliseconds, "1577836800000", 1_577_836_800_000_000_000),
      (.milliseconds, "4102444799999", 4_102_444_799_999_000_000),
    ] as [(TimeUnit, String, Int64)])
  func values(_ unit: TimeUnit, _ body: String, _ nanoseconds: Int64) {
    let answer = read(bare(unit), TimeAnswer(body: Array(body.utf8)))
    if nanoseconds == 0 {
      #expect(throws: TimeAnswerError.self) { try answer.get() }
    } else {
      #expect(answer == .success(nanoseconds))
    }
  }

  private static let implausible = "the answer's time "
  /// Every message about a value that is not a time.
  @Test(
    arguments: [
      (TimeUnit.milliseconds, "null", "null is not plausible: the exchange sent no time"),
      (.milliseconds, "0", "0 is not plausible: zero: the exchange sent no time"),
      (.milliseconds, "\"0\"", "\"0\" is not plausible: zero: the exchange sent no time"),
      (.milliseconds, "0.0", "0.0 is not plausible: zero: the exchange sent no time"),
      (.milliseconds, "-1", "-1 is not plausible: it is negative"),
      (
        .nanoseconds, "-9223372036854775808",
        "-9223372036854775808 is not plausible: it is negative"
      ),
      (
        .milliseconds, "1597026383",
        "1597026383 is not plausible: it looks like seconds, milliseconds expected"
      ),
      (
        .seconds, "1597026383085",
        "1597026383085 is not plausible: it looks like milliseconds, seconds expected"
      ),
      (
        .milliseconds, "\"1597026383085123\"",
        "\"1597026383085123\" is not plausible: it looks like microseconds, milliseconds expected"
      ),
      (
        .milliseconds, "1597026383085123456",
        "1597026383085123456 is not plausible: it looks like nanoseconds, milliseconds expected"
      ),
      (
        .seconds, "9223372036854775807",
        "9223372036854775807 is not plausible: outside 2020 to 2100 in seconds and in every other unit"
      ),
      (
        .nanoseconds, "\"99999999999999999999999\"",
        "\"99999999999999999999999\" is not plausible: outside 2020 to 2100 in nanoseconds and in every other unit"
      ),
      (
        .milliseconds, "1577836799999",
        "1577836799999 is not plausible: outside 2020 to 2100 in milliseconds and in every other unit"
      ),
      (
        .milliseconds, "4102444800000",
        "4102444800000 is not plausible: outside 2020 to 2100 in milliseconds and in every other unit"
      ),
      (.milliseconds, "\"\"", "\"\" is not plausible: it is empty"),
      (.milliseconds, "\"abc\"", "\"abc\" is not plausible: digits expected (milliseconds)"),
      (.milliseconds, "\"1.5e12\"", "\"1.5e12\" is not plausible: digits expected (milliseconds)"),
      (.milliseconds, "\"1.\"", "\"1.\" is not plausible: digits expected (milliseconds)"),
      (.milliseconds, "\" 1\"", "\" 1\" is not plausible: digits expected (milliseconds)"),
      (.milliseconds, "\"+1\"", "\"+1\" is not plausible: digits expected (milliseconds)"),
      (.milliseconds, "1e300", "1e+300 is not plausible: digits expected (milliseconds)"),
      (
        .milliseconds, "\"a\\nb\"",
        "\"a\\nb\" is not plausible: digits expected (milliseconds)"
      ),
      (
        .milliseconds, "\"2025-11-11T00:17:04Z\"",
        "\"2025-11-11T00:17:04Z\" is not plausible: it looks like an ISO 8601 time, milliseconds expected"
      ),
      (
        .milliseconds, "\"Tue, 11 Nov 2025 00:17:04 GMT\"",
        "\"Tue, 11 Nov 2025 00:17:04 GMT\" is not plausible: it looks like an HTTP date, milliseconds expected"
      ),
      (
        .iso8601, "\"1597026383085\"",
        "\"1597026383085\" is not plausible: it looks like milliseconds, an ISO 8601 time expected"
      ),
      (
        .iso8601, "\"2019-12-31T23:59:59.999Z\"",
        "\"2019-12-31T23:59:59.999Z\" is not plausible: outside 2020 to 2100"
      ),
      (
        .iso8601, "\"9999-12-31T23:59:59Z\"",
        "\"9999-12-31T23:59:59Z\" is not plausible: outside 2020 to 2100"
      ),
      (.iso8601, "\"12345\"", "\"12345\" is not plausible: an ISO 8601 time expected"),
      (
        .httpDate, "\"Wed, 01 Jan 2014 00:00:00 GMT\"",
        "\"Wed, 01 Jan 2014 00:00:00 GMT\" is not plausible: outside 2020 to 2100"
      ),
      (
        .httpDate, "\"Mon, 11 Nov 2025 00:17:04 GMT\"",
        "\"Mon, 11 Nov 2025 00:17:04 GMT\" is not plausible: an HTTP date expected"
      ),
    ] as [(TimeUnit, String, String)])
  func implausible(_ unit: TimeUnit, _ body: String, _ text: String) {
    #expect(message(unit, body) == Self.implausible + text)
  }

  @Test(
    arguments: [
      (TimeUnit.milliseconds, "true", "a number or a string of digits, but is true"),
      (.milliseconds, "{}", "a number or a string of digits, but is an object"),
      (.milliseconds, "[1762820224559]", "a number or a string of digits, but is an array"),
      (.iso8601, "1762820224559", "an ISO 8601 time, but is the number 1762820224559"),
      (.httpDate, "1.5", "an HTTP date, but is the number 1.5"),
    ] as [(TimeUnit, String, String)])
  func wrongTypes(_ unit: TimeUnit, _ body: String, _ text: String) {
    #expect(message(unit, body) == "the answer has no time: the whole body should be " + text)
  }

  @Test func otherMessages() {
    #expect(
      TimeAnswerError.missing("/data/0/ts").description
        == "the answer has no time: /data/0/ts is missing")
    #expect(
      TimeAnswerError.notJSON("it is empty").description == "the answer is not JSON: it is empty")
  }

  @Test func longValuesAreCutShort() {
    let text = message(.milliseconds, "\"" + String(repeating: "9", count: 60_000) + "\"")
    #expect(text.count < 200)
  }

  @Test func timeInAHeader() throws {
    var definition = bare(.httpDate)
    definition.timeSource = try #require(TimeSource("header:Date"))
    func answer(_ headers: [(name: String, value: String)]) -> Result<Int64, TimeAnswerError> {
      read(definition, TimeAnswer(body: [], headers: headers))
    }
    #expect(
      answer([("Age", "0"), ("dAtE", " Tue, 11 Nov 2025 00:17:04 GMT\t")])
        == .success(1_762_820_224_000_000_000))
    #expect(answer([("Age", "0")]) == .failure(.missing("header Date")))
    definition.unit = .microseconds
    #expect(answer([("date", "1762820224559123")]) == .success(1_762_820_224_559_123_000))
  }
}
