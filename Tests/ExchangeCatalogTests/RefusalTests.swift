import ClockCore
import Testing

@testable import ExchangeCatalog

/// How reports of refusals are read by each exchange's own table.
@Suite struct RefusalTests {
  private static let lines = RefusalTable.text.split(separator: "\n").map(String.init)

  @Test(arguments: lines)
  func isReadAsDocumented(_ line: String) throws {
    let cells = line.split(separator: " | ", omittingEmptySubsequences: false).map(String.init)
    try #require(cells.count == 5)
    let definition = try #require(ExchangeCatalog.definition(of: cells[0]))
    let refusal = Refusal(
      code: cells[1].isEmpty ? nil : cells[1], httpStatus: Int(cells[2]),
      message: cells[3].isEmpty ? nil : cells[3])
    #expect(Self.words(definition.reading(of: refusal).reading) == cells[4])
  }

  @Test func theTableHasEveryExchange() {
    let ids = Set(Self.lines.map { String($0.prefix { $0 != " " }) })
    #expect(ids == Set(ExchangeCatalog.builtIn.map(\.id)))
    #expect(ids.count == 43 && Self.lines.count == 343)
  }

  private static func words(_ reading: RejectionReading) -> String {
    guard case .listed(let cause, let side) = reading else { return "unknown" }
    let verdict =
      switch cause {
      case .clock: "clock"
      case .late: "late"
      case .signature: "signature"
      case .key: "key"
      case .rateLimit: "rate_limit"
      case .format: "format"
      case .nonce: "nonce"
      }
    return verdict + (side.map { " \($0.rawValue)" } ?? "")
  }

  private func reading(_ id: String, _ refusal: Refusal) throws -> RejectionReading {
    try #require(ExchangeCatalog.definition(of: id)).reading(of: refusal).reading
  }

  // MARK: How a report may be incomplete or wrapped

  @Test func aCodeWithoutItsMessageMayBeAmbiguous() throws {
    #expect(try reading("htx", Refusal(code: "api-signature-not-valid")) == .ambiguous)
    #expect(try reading("phemex", Refusal(code: "401")) == .ambiguous)
    #expect(try reading("gemini", Refusal(code: "InvalidNonce")) == .ambiguous)
    #expect(try reading("binance", Refusal(code: "-9999")) == .unlisted)
  }

  @Test func aStatusThatDoesNotFitIsOverlookedBesideACode() throws {
    #expect(
      try reading("okx", Refusal(code: "50102", httpStatus: 200)) == .listed(.clock, nil))
    #expect(
      try reading("poloniex", Refusal(httpStatus: 500, message: "sorry")) == .unlisted)
  }

  @Test func theWholeBodyWillDoAlsoInsideOfAnotherText() throws {
    for text in [
      #"{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}"#,
      #"binance {"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}"#,
      "APIError(code=-1021): Timestamp for this request is outside of the recvWindow.",
      #"{"code":-1021,"msg":"Timestamp for this request is outside of the rec\u0076Window."}"#,
    ] {
      #expect(
        try reading("binance", Refusal(message: text)) == .listed(.clock, .behind), "\(text)")
    }
    // The wrong code of a wrapper does not hide the right one of the body.
    let wrapped = Refusal(code: "400", message: #"{"code":"50113","msg":"Invalid Sign"}"#)
    #expect(try reading("okx", wrapped) == .listed(.signature, nil))
  }

  @Test func aLongBodyKeepsItsCode() throws {
    for length in [9_000, 50_000] {
      let filler = String(repeating: "x", count: length)
      let text = "binance {\"code\":-1021,\"a\":\"\(filler)\",\"b\":[\"\(filler.prefix(9))\"]}"
      #expect(try reading("binance", Refusal(message: text)) == .listed(.clock, nil), "\(length)")
    }
  }

  @Test(
    arguments: [
      ("-1021", .listed(.clock, nil)), (" -1021", .listed(.clock, nil)),
      ("-1021\n", .listed(.clock, nil)), ("-1021.0", .listed(.clock, nil)),
      ("- 1021", .unlisted), ("-1021.5", .unlisted), ("-1021x", .unlisted),
    ] as [(String, RejectionReading)])
  func aCodeIsReadWithoutItsWrapping(_ code: String, _ expected: RejectionReading) throws {
    #expect(try reading("binance", Refusal(code: code)) == expected)
    // As bodies have it: text, or a number.
    let quoted = code.replacing("\n", with: "\\n")
    #expect(try reading("binance", Refusal(message: "{\"code\":\"\(quoted)\"}")) == expected)
    // A number with a fraction that is none of the exchange's.
    #expect(try reading("bitstamp", Refusal(code: "400.002")) == .listed(.rateLimit, nil))
  }

  @Test func aCodeMayComeAsARealNumber() throws {
    let body = #"{"code":-1021.0,"msg":"m"}"#
    #expect(try reading("binance", Refusal(message: body)) == .listed(.clock, nil))
  }

  /// As libraries write exceptions.
  @Test(
    arguments: [
      (
        "binance", "APIError(code=-1022): Signature for this request is not valid.",
        .listed(.signature, nil)
      ),
      (
        "binance", "binance.exceptions.BinanceAPIException: APIError(code=-1021): Timestamp",
        .listed(.clock, nil)
      ),
      (
        "binance", #"ccxt.base.errors.InvalidNonce: binance {"code":-1021,"msg":"m"} (attempt 2)"#,
        .listed(.clock, nil)
      ),
      (
        "binance",
        #"[2026-11-21 10:00:00] ERROR [bot] {retry} failed: binance {"code":-1022,"msg":"{}"} ]"#,
        .listed(.signature, nil)
      ),
      ("binance", #"b'{"code":-1022,"msg":"m"}'"#, .listed(.signature, nil)),
      (
        "binance",
        #"b'{"code":-1021,"msg":"Timestamp for this request was 1000ms ahead of the server\'s time."}'"#,
        .listed(.clock, .ahead)
      ),
      ("bitfinex", #"b'["error",10100,"it\'s invalid"]'"#, .listed(.key, nil)),
      (
        "bitfinex", #"{"try"} ["x"y] ["error",10100,"no"] in [2] of [0]"#, .listed(.key, nil)
      ),
      ("binance", "b\"{'code': -2015, 'msg': 'Invalid API-key'}\"", .listed(.key, nil)),
      (
        "binance", "{'code': -1021, 'msg': \"Timestamp was 1000ms ahead of the server's time.\"}",
        .listed(.clock, .ahead)
      ),
      (
        "binance", "ClientError: (401, -2014, 'API-key format invalid.', {'Date': 'now'}, None)",
        .listed(.key, nil)
      ),
      (
        "binance", #"{"level":"error","msg":"binance {\"code\":-1021,\"msg\":\"m\"}"}"#,
        .listed(.clock, nil)
      ),
      ("binance", "<APIError> code=-1021, msg=Timestamp", .listed(.clock, nil)),
      ("bybit", #"{"ret_code":10002,"ret_msg":"invalid request"}"#, .listed(.clock, nil)),
      ("bybit", "{'ret_code': 10004, 'ret_msg': 'error sign!'}", .listed(.signature, nil)),
      (
        "bybit",
        """
        API key is invalid. (ErrCode: 10003) (ErrTime: 10:00:00).
        Request → POST https://api.bybit.com/v5/order/create: {"symbol": "BTCUSDT"}.
        """, .listed(.key, nil)
      ),
      (
        "bybit",
        "invalid request, please check your server timestamp or recv_window param."
          + " req_timestamp[1],server_timestamp[2],recv_window[3] (ErrCode: 10002)"
          + " (ErrTime: 10:00:00).", .listed(.clock, nil)
      ),
      ("okx", #"okx {"code":"50113","data":[],"msg":"Invalid Sign"}"#, .listed(.signature, nil)),
      (
        "okx", "OkxAPIException: API Request Error(error_code=50102): expired", .listed(.clock, nil)
      ),
      (
        "kucoin", "kucoin {'code': '400005', 'msg': 'Invalid KC-API-SIGN'}",
        .listed(.signature, nil)
      ),
      ("bitfinex", #"bitfinex ["error",10100,"apikey: invalid"]"#, .listed(.key, nil)),
      ("htxlinear", #"{'err-code': 12008, 'status': 'error'}"#, .listed(.signature, nil)),
      // Another exchange's.
      ("okx", "APIError(code=-1022): Signature for this request is not valid.", .unlisted),
      ("bybit", "APIError(code=-1022): Signature for this request is not valid.", .unlisted),
      ("lbank", "sign error (ErrCode: 10004)", .listed(.rateLimit, nil)),
      ("kraken", "error code: 10002", .unlisted),
      // No code of the exchange's, though one of these numbers is.
      ("htxlinear", "HTTP status code: 403", .unlisted),
      ("htxlinear", "status_code=403", .unlisted),
      ("htxlinear", "HTTP code 403", .unlisted), ("htxlinear", "statusCode: 403", .unlisted),
      ("htxlinear", "recoded=403 encode=403 code403 code_403 code", .unlisted),
      ("binance", "-1021", .unlisted), ("binance", "order -1021 of 5", .unlisted),
      ("binance", "code=-10210", .unlisted), ("binance", "code=1021", .unlisted),
      ("binance", "(1021, -1021, 'x')", .unlisted), ("binance", "f(401, -2014)", .unlisted),
      // Two codes that mean different things, and two that do not.
      ("binance", "APIError(code=-1021): first; then APIError(code=-1022)", .ambiguous),
      ("binance", #"{"code":-1021,"msg":"a"} {"code":-1022,"msg":"b"}"#, .ambiguous),
      ("binance", "APIError(code=-2014): first; then APIError(code=-2015)", .listed(.key, nil)),
    ] as [(String, String, RejectionReading)])
  func aCodeIsFoundInWhatLibrariesSay(
    _ id: String, _ text: String, _ expected: RejectionReading
  ) throws {
    #expect(try reading(id, Refusal(message: text)) == expected)
    // Beside the HTTP status that some take for the code.
    if expected != .unlisted {
      #expect(try reading(id, Refusal(code: "400", message: text)) == expected)
    }
  }

  /// The code that is reported, or stands where the exchange puts it, is not overruled by words.
  @Test func theBodysOwnCodeComesFirst() throws {
    let text = #"{"code":-1022,"msg":"see also code=-1021"}"#
    #expect(try reading("binance", Refusal(message: text)) == .listed(.signature, nil))
    let reported = Refusal(code: "-2015", message: "APIError(code=-1021): Timestamp")
    #expect(try reading("binance", reported) == .listed(.key, nil))
  }

  /// Nor by anything around it, where the table does not have it.
  @Test(
    arguments: [
      ("kucoin", #"{"code":"400100","msg":"Invalid KC-API-TIMESTAMP"}"#),
      ("bitget", #"{"code":"40007","msg":"Request timestamp expired"}"#),
      ("lbank", #"{"error_code":10031,"msg":"check timestamp, code=10600"}"#),
      ("bybit", #"{"retCode":110007,"retMsg":"x","retExtInfo":{"list":[{"code":10002}]}}"#),
      ("bybit", #"bybit {"retCode":110007,"retMsg":"no"} (ErrCode: 10002)"#),
      ("binance", #"{"code":-2011,"msg":"Unknown order sent, code=-1021"}"#),
      ("binance", #"APIError(code=-2011): 1000ms ahead of the server's time"#),
      ("binance", "GET https://api.binance.com/api/v3/order?code=-1021&x=1: refused"),
      ("binance", "GET https://api.binance.com/api/v3/order?x=1&code=-1021: refused"),
    ])
  func aCodeThatIsNotInTheTableIsNotOverruled(_ id: String, _ text: String) throws {
    #expect(try reading(id, Refusal(message: text)) == .unlisted)
    #expect(try reading(id, Refusal(code: "400", message: text)) == .unlisted)
    // What the whole answer says of itself still counts.
    #expect(
      try reading(id, Refusal(httpStatus: 429, message: text)) == .listed(.rateLimit, nil))
  }

  @Test func aReportedCodeIsNotOverruledByWords() throws {
    for text in ["APIError(code=-1021): Timestamp", "outside of the recvWindow"] {
      #expect(try reading("binance", Refusal(code: "-2011", message: text)) == .unlisted)
    }
    // One of two is not in the table: which of them it was cannot be told.
    let two = #"{"code":-2011,"msg":"a"} {"code":-1021,"msg":"b"}"#
    #expect(try reading("binance", Refusal(message: two)) == .ambiguous)
  }

  @Test func aMessageOfAnotherCodeDoesNotCount() throws {
    let refusal = Refusal(code: "-1013", message: "price is outside of the recvWindow, haha")
    #expect(try reading("binance", refusal) == .unlisted)
  }

  @Test(arguments: [
    "", "{", "[", "}{", "{\"code\":}", String(repeating: "[", count: 60_000),
    String(repeating: "{\"a\":", count: 10_000), String(repeating: "x", count: 65_000),
    "\u{0}\u{1}\u{7F}", "{\"code\":[[[[]]]]}", "{\"code\":{\"code\":1}}", "{\"code\":true}",
    "{\"code\":1e400}", "{\"code\":99999999999999999999999}",
  ])
  func whatIsNoRefusalIsUnlisted(_ text: String) {
    for definition in ExchangeCatalog.builtIn {
      let (reading, entry) = definition.reading(of: Refusal(message: text))
      #expect(reading == .unlisted && entry == nil)
      #expect(definition.disclosedTime(in: Refusal(message: text)) == nil)
      #expect(definition.repeatedTimestamp(in: Refusal(message: text)) == nil)
    }
  }

  @Test func anExchangeOfTheUserHasRefusalsOfItsOwn() throws {
    let (definition, problems) = try read(
      least + """
        code_pointer = "/e"
        codes = [
          { code = "4?", message = "early", verdict = "clock", side = "ahead" },
          { code = "4?", verdict = "clock", side = "behind" },
          { http_status = 403, verdict = "key" },
        ]
        refusal_time = "/now"
        refusal_time_unit = "s"
        refusal_timestamp = "/sent"
        """)
    let own = try #require(definition)
    #expect(problems.isEmpty)
    let early = Refusal(
      message: #"{"e":41,"why":"too early","now":1762820224,"sent":1762820225000}"#)
    #expect(own.reading(of: early).reading == .listed(.clock, .ahead))
    #expect(own.disclosedTime(in: early)?.time.nanoseconds == 1_762_820_224_000_000_000)
    #expect(own.disclosedTime(in: early)?.resolution == .seconds(1))
    #expect(
      own.repeatedTimestamp(in: early)
        == .instant(ExchangeInstant(nanoseconds: 1_762_820_225_000_000_000)))
    #expect(own.reading(of: Refusal(code: "42")).reading == .listed(.clock, .behind))
    #expect(own.reading(of: Refusal(code: "4x")).reading == .unlisted)
    #expect(own.reading(of: Refusal(httpStatus: 403)).reading == .listed(.key, nil))
  }

  static let mistakes: [(String, String)] = [
    (
      "codes = [{ code = \"1\", verdict = \"clock\", side = \"before\" }]",
      "3:50: side: expected one of \"ahead\", \"behind\", got \"before\""
    ),
    (
      "refusal_time = \"after:\"",
      "3:16: refusal_time: expected a JSON pointer such as \"/timestamp\", or \"after:\" and a text,"
        + " got \"after:\""
    ),
    (
      "refusal_timestamp = \"x\"",
      "3:21: refusal_timestamp: expected a JSON pointer such as \"/timestamp\", or \"after:\" and a"
        + " text, got \"x\""
    ),
    (
      "codes = [{ code = \"1\", verdict = \"clock\", timestamp_formats = [\"s\"] }]",
      "3:63: timestamp_formats: expected some of \"unix_s\", \"unix_ms\", \"unix_us\", \"unix_ns\","
        + " \"iso8601_ms\", \"iso8601_bare_s\", got \"s\""
    ),
    ("refusal_time_unit = \"s\"", "3:21: refusal_time_unit needs refusal_time"),
    (
      "refusal_window = \"x\"",
      "3:18: refusal_window: expected a JSON pointer such as \"/timestamp\", or \"after:\" and a"
        + " text, got \"x\""
    ),
  ]

  @Test(arguments: mistakes)
  func aMistakeInTheConfigurationIsTold(_ text: String, _ message: String) throws {
    #expect(try read(least + text).problems == [message])
  }

  // MARK: Times within refusals

  @Test(
    arguments: [
      (
        "bybit",
        "please check your server timestamp or recv_window param. req_timestamp[1762820219500],"
          + "server_timestamp[1762820224500],recv_window[5000]", 1_762_820_224_500_000_000
      ),
      ("bingx", #"{"code":100421,"msg":"m","timestamp":1762820224500}"#, 1_762_820_224_500_000_000),
      ("bitmex", "`expires` is in the past. Current time: 1762820224", 1_762_820_224_000_000_000),
      (
        "gemini",
        #"{"reason":"InvalidNonce","message":"Nonce '1762820100' is not within 30"#
          + #" seconds of server time '1762820224'"}"#,
        1_762_820_224_000_000_000
      ),
      (
        "gate",
        "gap between request Timestamp and server time exceeds 60, current_time:1762820224,"
          + " header.timestamp:1762820100", 1_762_820_224_000_000_000
      ),
      (
        "krakenfutures", #"{"error":"nonceDuplicate","serverTime":"2025-11-11T00:17:04.5Z"}"#,
        1_762_820_224_500_000_000
      ),
      (
        "deribit", #"{"error":{"code":13004},"usIn":1762820224400000,"usOut":1762820224500000}"#,
        1_762_820_224_500_000_000
      ),
      ("bybit", "server_timestamp[0]", nil), ("bybit", "server_timestamp[]", nil),
      ("bybit", "server_timestamp[99999999999999999999999999]", nil),
      ("bybit", "server_timestamp[-1762820224500]", nil),
      ("binance", "server_timestamp[1762820224500]", nil),
    ] as [(String, String, Int64?)])
  func theClockOfTheExchangeIsFound(_ id: String, _ text: String, _ nanoseconds: Int64?) throws {
    let definition = try #require(ExchangeCatalog.definition(of: id))
    let time = definition.disclosedTime(in: Refusal(message: text))?.time
    #expect(time == nanoseconds.map(ExchangeInstant.init))
  }

  @Test func theTimestampThatWasRefusedIsFound() throws {
    let bybit = try #require(ExchangeCatalog.definition(of: "bybit"))
    let repeated = bybit.repeatedTimestamp(
      in: Refusal(message: "req_timestamp[1762820219],server_timestamp[1762820224500]"))
    #expect(repeated == .foreign(form: "Unix seconds", isFiner: false))
  }

  @Test(
    arguments: [
      ("req_timestamp[1],server_timestamp[2],recv_window[5000]", 5_000), ("recv_window[1]", 1),
      (#"{"retCode":10002,"retMsg":"x. recv_window[86400000]"}"#, 86_400_000),
      ("recv_window[0]", nil), ("recv_window[86400001]", nil), ("recv_window[-5]", nil),
      ("recv_window[]", nil), ("recv_window[99999999999999999999]", nil), ("recv_window", nil),
      ("recv_window[2.5]", nil),
    ] as [(String, Int64?)])
  func theWindowThatWasAskedForIsFound(_ text: String, _ milliseconds: Int64?) throws {
    for id in ["bybit", "bybit-testnet"] {
      let definition = try #require(ExchangeCatalog.definition(of: id))
      #expect(
        definition.repeatedWindow(in: Refusal(message: text))
          == milliseconds.map { .milliseconds($0) })
    }
    let binance = try #require(ExchangeCatalog.definition(of: "binance"))
    #expect(binance.repeatedWindow(in: Refusal(message: text)) == nil)
  }

  // MARK: Timestamps

  static let time = ExchangeInstant(nanoseconds: 1_762_820_224_500_000_000)

  @Test(
    arguments: [
      ("kucoin", "1762820224500", .instant(time)),
      ("kucoin", "1762820224", .foreign(form: "Unix seconds", isFiner: false)),
      ("kucoin", "1762820224500000", .foreign(form: "Unix microseconds", isFiner: true)),
      ("kucoin", "1762820224500000000", .foreign(form: "Unix nanoseconds", isFiner: true)),
      ("binance", "1762820224500000", .instant(time)),
      ("binanceusdm", "1762820224500000", .foreign(form: "Unix microseconds", isFiner: true)),
      ("gate", "1762820224.5", .instant(time)),
      ("gate", "1762820224500", .foreign(form: "Unix milliseconds", isFiner: true)),
      ("okx", "2025-11-11T00:17:04.500Z", .instant(time)),
      (
        "okx", "2025-11-11T00:17:04Z",
        .foreign(form: "an ISO 8601 time of another form", isFiner: false)
      ),
      ("okx", "1762820224500", .foreign(form: "Unix milliseconds", isFiner: false)),
      (
        "htx", "2025-11-11T00:17:04.500Z",
        .foreign(form: "an ISO 8601 time with milliseconds and Z", isFiner: true)
      ),
      (
        "htx", "2025-11-11T00%3A17%3A04",
        .instant(ExchangeInstant(nanoseconds: 1_762_820_224_000_000_000))
      ), ("htx", "2025-11-11T00%3A17%3A0", .unreadable),
      ("kraken", "17628202245000", .number(isLarger: true)),
      ("kraken", "7", .number(isLarger: false)),
      ("kucoin", "", .unreadable), ("kucoin", "now", .unreadable), ("kucoin", "0", .unreadable),
      ("kucoin", "-1762820224500", .unreadable), ("kucoin", "1e400", .unreadable),
      ("kucoin", "99999999999999999999999999999999", .unreadable),
      ("kucoin", "9223372036854775807", .unreadable), ("kucoin", " 1762820224500", .unreadable),
    ] as [(String, String, ReportedTimestamp)])
  func aTimestampIsReadAsTheExchangeDoes(
    _ id: String, _ text: String, _ expected: ReportedTimestamp
  ) throws {
    let definition = try #require(ExchangeCatalog.definition(of: id))
    #expect(definition.reportedTimestamp(text) == expected)
  }

  /// Binance takes both, whichever of them a configuration chooses.
  @Test(arguments: ["unix_ms", "unix_us"])
  func theOtherTimestampFormatIsStillTaken(_ chosen: String) throws {
    let (definition, problems) = try read("timestamp_format = \"\(chosen)\"", over: "binance")
    let binance = try #require(definition)
    #expect(problems.isEmpty && binance.timestampFormat.rawValue == chosen)
    for text in ["1762820224500", "1762820224500000"] {
      let instant = ExchangeInstant(nanoseconds: 1_762_820_224_500_000_000)
      #expect(binance.reportedTimestamp(text) == .instant(instant), "\(text)")
    }
    let foreign = try read("timestamp_format = \"unix_s\"", over: "binance").definition
    #expect(foreign?.otherTimestampFormat == nil)
  }
}
