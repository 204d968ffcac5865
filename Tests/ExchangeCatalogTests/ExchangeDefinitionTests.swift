import ClockCore
import ExchangeCatalog
import JSONDocument
import TOMLDocument
import Testing

/// Reads one exchange's table, over a built-in exchange where `base` names one.
func read(
  _ text: String, over base: String? = nil
) throws -> (definition: ExchangeDefinition?, problems: [String]) {
  let log = ProblemLog()
  let reader = TOMLTableReader(try TOMLTable(parsing: text), log: log, path: ["exchanges", "x"])
  let definition = ExchangeDefinition.read(
    from: reader, id: base ?? "x", over: base.flatMap(ExchangeCatalog.definition))
  reader.finish()
  return (definition, log.problems.map { "\($0.line):\($0.column): \($0.message)" })
}

let least = "url = \"http://h/\"\ntime = \"/t\"\n"

@Suite struct ExchangeDefinitionTests {
  @Test(arguments: ExchangeCatalog.builtIn.map(\.id))
  func anEmptyTableChangesNothing(_ id: String) throws {
    let (definition, problems) = try read("", over: id)
    #expect(definition == ExchangeCatalog.definition(of: id))
    #expect(problems.isEmpty)
  }

  @Test func aTableOverridesOnlyWhatItNames() throws {
    var okx = try #require(ExchangeCatalog.definition(of: "okx"))
    okx.baseURL = "http://127.0.0.1:8080/okx"
    okx.market = "simulated"
    let text = "base_url = \"http://127.0.0.1:8080/okx/\"\nmarket = \"simulated\""
    let (definition, problems) = try read(text, over: "okx")
    #expect(definition == okx)
    #expect(definition?.url == "http://127.0.0.1:8080/okx/api/v5/public/time")
    #expect(problems.isEmpty)
  }

  @Test func urlAndPathReplaceTheEndpoint() throws {
    #expect(try read("url = \"https://h?x\"", over: "okx").definition?.url == "https://h?x")
    #expect(
      try read("path = \"/t?x=1\"", over: "okx").definition?.url == "https://www.okx.com/t?x=1")
  }

  @Test func aNewUnitHasItsOwnResolution() throws {
    #expect(try read("unit = \"s\"", over: "okx").definition?.resolution == .seconds(1))
    #expect(
      try read("unit = \"s\"\nresolution = \"1ms\"", over: "okx").definition?.resolution
        == .milliseconds(1))
    #expect(try read("", over: "bybit").definition?.resolution == .microseconds(1))
  }

  @Test(arguments: [
    ("s", "1s"), ("ms", "1ms"), ("us", "1us"), ("ns", "1ns"), ("iso8601", "1ms"),
    ("http_date", "1s"),
  ])
  func defaultResolution(_ unit: String, _ resolution: String) throws {
    let definition = try read(least + "unit = \"\(unit)\"").definition
    #expect(definition?.resolution.text == resolution)
  }

  @Test func theDateHeaderIsAnHTTPDate() throws {
    let (definition, problems) = try read("url = \"http://h/\"\ntime = \"header:date\"")
    #expect(problems.isEmpty)
    #expect(definition?.unit == .httpDate)
    #expect(definition?.resolution == .seconds(1))
    #expect(
      try read("url = \"http://h/\"\ntime = \"header:X-Time\"").definition?.unit == .milliseconds)
  }

  @Test func everyKey() throws {
    let (definition, problems) = try read(
      """
      name = "N"
      market = "futures"
      base_url = "https://[::1]:8443"
      path = "/t"
      time = "/a~1b/0"
      unit = "us"
      resolution = "20us"
      finer_unit = "ns"
      coarse_resolution = "1ms"
      alternatives = ["https://a/", "https://b:1"]
      sandbox_url = "https://test"
      sandbox = false
      body = "{}"
      receive = "/in"
      transmit = "header:out"
      stamps_unit = "ms"
      finer_stamps_unit = "us"
      probes_per_minute = 7
      headers = { b = "2", A = "1" }
      timestamp_format = "unix_ns"
      timestamp_carrier = "header T"
      window_kind = "adjustable"
      window_param = "w"
      window = "10s"
      window_max = "10s"
      future_tolerance = "500ms"
      window_documented = false
      rule = "R"
      code_pointer = "/error/0"
      codes = [
        { code = "1", verdict = "clock" },
        { http_status = 401, message = "m", verdict = "rate_limit", meaning = "M" },
      ]
      confidence = "low"
      sources = ["s"]
      """)
    #expect(problems.isEmpty)
    var expected = ExchangeDefinition(
      id: "x", url: "https://[::1]:8443/t", timeSource: try #require(TimeSource("/a~1b/0")),
      unit: .microseconds)
    expected.name = "N"
    expected.market = "futures"
    expected.resolution = .microseconds(20)
    expected.requestHeaders = [Header(name: "A", value: "1"), Header(name: "b", value: "2")]
    expected.timestampFormat = .unixNanoseconds
    expected.timestampCarrier = "header T"
    expected.windowParameter = "w"
    expected.rule = .window(
      AcceptanceWindow(
        window: .seconds(10), longestWindow: .seconds(10), isAdjustable: true,
        tolerance: .milliseconds(500)))
    expected.finerUnit = .nanoseconds
    expected.coarseResolution = .milliseconds(1)
    expected.alternatives = ["https://a", "https://b:1"]
    expected.sandboxURL = "https://test"
    expected.requestBody = "{}"
    expected.serverStamps = ServerStamps(
      receive: try #require(TimeSource("/in")), transmit: .header("out"), unit: .milliseconds)
    expected.serverStamps?.finerUnit = .microseconds
    expected.probesPerMinute = 7
    expected.isWindowDocumented = false
    expected.ruleText = "R"
    expected.codePointer = JSONPointer("/error/0")
    expected.codes = [
      RefusalCode(code: "1", verdict: .clock),
      RefusalCode(httpStatus: 401, message: "m", verdict: .rateLimit, meaning: "M"),
    ]
    expected.confidence = "low"
    expected.sources = ["s"]
    #expect(definition == expected)
    #expect(definition?.timeSource.description == "/a~1b/0")
  }

  /// Where no tolerance is known a timestamp is never put ahead.
  @Test func unknownToleranceIsZero() throws {
    let definition = try read(least + "window_kind = \"fixed\"\nwindow = \"5s\"").definition
    #expect(
      definition?.rule
        == .window(
          AcceptanceWindow(
            window: .seconds(5), longestWindow: nil, isAdjustable: false, tolerance: .zero)))
  }

  @Test func partOfARuleCanBeOverridden() throws {
    #expect(
      try read("window = \"50s\"", over: "binance").definition?.rule
        == .window(
          AcceptanceWindow(
            window: .seconds(50), longestWindow: .seconds(60), isAdjustable: true,
            tolerance: .seconds(1))))
    #expect(try read("window_kind = \"nonce\"", over: "binance").definition?.rule == .nonce)
    #expect(
      try read("window_kind = \"fixed\"", over: "binance").definition?.rule
        == .window(
          AcceptanceWindow(
            window: .seconds(5), longestWindow: nil, isAdjustable: false, tolerance: .seconds(1))))
  }

  /// Every message about a definition that is new.
  @Test(arguments: [
    (
      "url = \"http://h/\"\npath = \"/t\"\ntime = \"\"",
      "2:8: url is complete: it cannot stand beside path"
    ),
    ("path = \"/t\"\ntime = \"\"", "1:1: base_url is missing: path alone is not a URL"),
    (
      "base_url = \"http://h\"\ntime = \"\"",
      "1:1: path is missing: base_url alone is not a time endpoint"
    ),
    (
      "base_url = \"http://h\"\npath = \"t\"\ntime = \"\"",
      "2:8: path: expected a path that begins with /, got \"t\""
    ),
    (
      "base_url = \"http://h?a\"\npath = \"/t\"\ntime = \"\"",
      "1:12: base_url has a query (?): that belongs into path"
    ),
    (
      "url = \"ws://h/\"\ntime = \"\"",
      "1:7: url: \"ws://h/\" is not a URL: it must begin with http:// or https://"
    ),
    ("url = \"https:///t\"\ntime = \"\"", "1:7: url: \"https:///t\" is not a URL: it has no host"),
    (
      "url = \"https://:80\"\ntime = \"\"", "1:7: url: \"https://:80\" is not a URL: it has no host"
    ),
    ("url = \"https://u@\"\ntime = \"\"", "1:7: url: \"https://u@\" is not a URL: it has no host"),
    (
      "url = \"http://h:0/\"\ntime = \"\"",
      "1:7: url: \"http://h:0/\" is not a URL: its port is not a number from 1 to 65535"
    ),
    (
      "url = \"http://h:65536\"\ntime = \"\"",
      "1:7: url: \"http://h:65536\" is not a URL: its port is not a number from 1 to 65535"
    ),
    (
      "url = \"http://h:+80/\"\ntime = \"\"",
      "1:7: url: \"http://h:+80/\" is not a URL: its port is not a number from 1 to 65535"
    ),
    (
      "url = \"http://[::1/\"\ntime = \"\"",
      "1:7: url: \"http://[::1/\" is not a URL: it has no host"
    ),
    ("url = \"http://[]/\"\ntime = \"\"", "1:7: url: \"http://[]/\" is not a URL: it has no host"),
    (
      "url = \"http://[::1]980/\"\ntime = \"\"",
      "1:7: url: \"http://[::1]980/\" is not a URL: its port is not a number from 1 to 65535"
    ),
    (
      "url = \"http://h/#t\"\ntime = \"\"",
      "1:7: url: \"http://h/#t\" is not a URL: it has a fragment (#), which is never sent"
    ),
    (
      "url = \"http://h/a b\"\ntime = \"\"",
      "1:7: url: \"http://h/a b\" is not a URL: it has a space, a control character or a letter beyond ASCII"
    ),
    (
      "url = \"http://h/\\r\\nX: y\"\ntime = \"\"",
      "1:7: url: \"http://h/\\r\\nX: y\" is not a URL: it has a space, a control character or a letter beyond ASCII"
    ),
    ("url = 1\ntime = \"\"", "1:7: url: expected a string, got an integer (1)"),
    (
      "url = \"http://h/\"\ntime = \"data\"",
      "2:8: time: expected a JSON pointer such as \"/data/0/ts\", or \"header:Date\", got \"data\""
    ),
    (
      "url = \"http://h/\"\ntime = \"/~2\"",
      "2:8: time: expected a JSON pointer such as \"/data/0/ts\", or \"header:Date\", got \"/~2\""
    ),
    (
      "url = \"http://h/\"\ntime = \"header:\"",
      "2:8: time: expected a JSON pointer such as \"/data/0/ts\", or \"header:Date\", got \"header:\""
    ),
    (
      least + "unit = \"sec\"",
      "3:8: unit: expected one of \"s\", \"ms\", \"us\", \"ns\", \"iso8601\", \"http_date\", got \"sec\""
    ),
    (least + "resolution = \"2m\"", "3:14: resolution must be from 1ns to 1m, not 2m"),
    (
      least + "unit = \"http_date\"\nresolution = \"1ms\"",
      "4:14: resolution of an HTTP date is at least 1s, not 1ms"
    ),
    (least + "headers = { \"a b\" = \"1\" }", "3:21: \"a b\" is not a header name"),
    (
      least + "headers = { a = \"1\\r\\nb: 2\" }",
      "3:17: header a has a line break or another control character"
    ),
    (least + "headers = { a = 1 }", "3:17: a: expected a string, got an integer (1)"),
    (least + "headers = { a = \"1\", A = \"2\" }", "3:26: header A appears twice"),
    (
      least + "timestamp_format = \"unix_sec\"",
      "3:20: timestamp_format: expected one of \"unix_s\", \"unix_ms\", \"unix_us\", \"unix_ns\", \"iso8601_ms\", \"iso8601_bare_s\", got \"unix_sec\"; did you mean \"unix_s\"?"
    ),
    (
      least + "window_kind = \"adjustible\"\nwindow = \"5s\"",
      "3:15: window_kind: expected one of \"adjustable\", \"fixed\", \"expiry\", \"nonce\", \"none\", \"unknown\", got \"adjustible\"; did you mean \"adjustable\"?"
    ),
    (
      least + "window_kind = \"fixed\"",
      "1:1: window is missing: how old a timestamp may be, such as \"5s\""
    ),
    (
      least + "window = \"5s\"",
      "3:10: window means nothing while window_kind is \"unknown\": set window_kind to \"adjustable\" or \"fixed\""
    ),
    (
      least + "window_kind = \"nonce\"\nfuture_tolerance = \"5s\"",
      "4:20: future_tolerance means nothing while window_kind is \"nonce\": set window_kind to \"adjustable\" or \"fixed\""
    ),
    (
      least + "window_kind = \"fixed\"\nwindow = \"5s\"\nwindow_max = \"6s\"",
      "5:14: window_max means nothing while window_kind is \"fixed\": no request can ask for a window"
    ),
    (
      least + "window_kind = \"adjustable\"\nwindow = \"5s\"\nwindow_max = \"4s\"",
      "4:10: window (5s) is longer than window_max (4s)"
    ),
    (
      least + "window_kind = \"fixed\"\nwindow = \"0s\"",
      "4:10: window must be from 1ms to 24h, not 0s"
    ),
    (
      least + "codes = [1]",
      "3:10: codes: expected a list of tables, got an integer in it"
    ),
    (least + "codes = 1", "3:9: codes: expected a list of tables, got an integer (1)"),
    (
      least + "codes = [{ code = \"1\" }]",
      "3:10: verdict is missing: what the refusal means, such as \"clock\""
    ),
    (
      least + "codes = [{ verdict = \"key\" }]",
      "3:10: a refusal needs a code, an http_status or a message to be known by"
    ),
    (
      least + "codes = [{ code = \"\", verdict = \"key\" }]",
      "3:19: code: expected a text that is not empty, got \"\""
    ),
    (
      least + "codes = [{ code = \"1\", verdict = \"clok\" }]",
      "3:34: verdict: expected one of \"clock\", \"late\", \"signature\", \"key\", \"rate_limit\", \"format\", got \"clok\"; did you mean \"clock\"?"
    ),
    (
      least + "codes = [{ code = \"1\", verdict = \"key\", cod = 1 }]",
      "3:41: unknown key \"cod\" in [exchanges.x.codes]; did you mean \"code\"?"
    ),
    (
      least + "code_pointer = \"code\"",
      "3:16: code_pointer: expected a JSON pointer such as \"/code\", got \"code\""
    ),
    (
      least + "alternatives = [\"h\"]",
      "3:16: alternatives: \"h\" is not a URL: it must begin with http:// or https://"
    ),
    (
      least + "alternatives = [\"http://h?a\"]",
      "3:16: alternatives has a query (?): that belongs into path"
    ),
    (
      least + "sandbox_url = \"h\"",
      "3:15: sandbox_url: \"h\" is not a URL: it must begin with http:// or https://"
    ),
    (
      least + "sandbox = true",
      "3:11: no sandbox of x is known: set base_url to its address instead"
    ),
    (
      "url = \"http://h/{now}\"\ntime = \"\"",
      "1:7: url: \"http://h/{now}\" is not a URL: it has a brace that is not part of {unix_ms}"
    ),
    (
      least + "coarse_resolution = \"1ms\"",
      "3:21: coarse_resolution (1ms) is not coarser than resolution (1ms)"
    ),
    (least + "probes_per_minute = 61", "3:21: probes_per_minute must be from 1 to 60, not 61"),
    (least + "finer_stamps_unit = \"ns\"", "3:21: finer_stamps_unit needs receive and transmit"),
    (
      least + "window_kind = \"expiry\"",
      "1:1: window is missing: how far ahead a timestamp is put, such as \"5s\""
    ),
    (
      least + "window_kind = \"expiry\"\nwindow = \"5s\"\nfuture_tolerance = \"1s\"",
      "5:20: future_tolerance means nothing while window_kind is \"expiry\": every timestamp is ahead"
    ),
    (
      least + "window_kind = \"expiry\"\nwindow = \"5s\"\nwindow_max = \"4s\"",
      "4:10: window (5s) is longer than window_max (4s)"
    ),
    (least + "receive = \"/a\"", "3:11: receive and transmit belong together"),
    (least + "stamps_unit = \"us\"", "3:15: stamps_unit needs receive and transmit"),
    (least + "answerer = \"/a\"", "3:1: unknown key \"answerer\" in [exchanges.x]; known keys: "),
  ])
  func says(_ text: String, _ problem: String) throws {
    let problems = try read(text).problems
    if problem.hasSuffix("known keys: ") {
      #expect(problems.first?.hasPrefix(problem) == true)
    } else {
      #expect(problems == [problem])
    }
  }

  @Test func withoutAnEndpointThereIsNoDefinition() throws {
    #expect(try read("time = \"/t\"").definition == nil)
    #expect(try read("url = \"http://h/\"").definition == nil)
    #expect(try read("").problems.count == 2)
  }

  @Test func theURLCanBeSet() {
    var definition = ExchangeDefinition(id: "x", url: "http://h", timeSource: .header("Date"))
    #expect(definition.baseURL == "http://h")
    #expect(definition.path == "")
    definition.url = "https://u:p@h:8/a/b?c=/d"
    #expect(definition.baseURL == "https://u:p@h:8")
    #expect(definition.path == "/a/b?c=/d")
    #expect(definition.url == "https://u:p@h:8/a/b?c=/d")
  }
}
