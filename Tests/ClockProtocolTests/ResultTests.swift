import ClockProtocol
import JSONDocument
import Testing

/// What is written is read back as it was; what lacks a member is not read at all.
@Suite struct ResultTests {
  private let stamp = StampResult(
    exchange: "binance", state: "synchronized", timestamp: 1_790_000_000_123,
    unixMicroseconds: 1_790_000_000_123_000, carrier: "header X", windowMilliseconds: 5_000,
    smallestWindowMilliseconds: 1_040, marginMilliseconds: -3, isGuaranteed: true)

  private let now = NowResult(
    exchange: "okx", state: "holdover", estimateMicroseconds: 2, earliestMicroseconds: 1,
    latestMicroseconds: 3, localMicroseconds: -4)

  private let offset = OffsetResult(
    exchange: "kraken", state: "synchronized", reason: "",
    measurement: OffsetResult.Measurement(
      offsetNanoseconds: 5, lowerNanoseconds: -1, upperNanoseconds: 11, errorNanoseconds: 6,
      driftPPM: 0, driftErrorPPM: 100, shortestRoundTripNanoseconds: 7,
      lastRoundTripNanoseconds: 8, lastSyncMicroseconds: 9, ageMilliseconds: 10),
    samples: 8, rejected: 1, resolutionNanoseconds: 1_000_000, nextSyncMilliseconds: 12,
    failures: 0)

  private let exchange: ExchangeResult = {
    var exchange = ExchangeResult(
      id: "bybit", name: "Bybit", market: "spot", isEnabled: true, endpoint: "https://x/y",
      resolutionNanoseconds: 1_000, timestampFormat: "unix_ms", timestampCarrier: "header",
      windowMilliseconds: 5_000, longestWindowMilliseconds: nil, toleranceMilliseconds: 1_000,
      codes: [
        .init(
          code: "10002", httpStatus: nil, message: nil, verdict: "clock", side: "ahead",
          meaning: "off"),
        .init(code: nil, httpStatus: 403, message: "often", verdict: "rate_limit", meaning: ""),
      ])
    exchange.windowKind = "adjustable"
    exchange.windowParameter = "recv_window"
    exchange.isWindowDocumented = false
    exchange.confidence = "high"
    exchange.sources = ["a", "b"]
    return exchange
  }()

  @Test func stampRoundTrips() throws {
    #expect(try StampResult(json: JSONValue(parsing: stamp.json.text)) == stamp)
    var text = stamp
    text.timestamp = "2026-01-01T00:00:00.000Z"
    text.windowMilliseconds = nil
    text.smallestWindowMilliseconds = nil
    text.marginMilliseconds = nil
    #expect(try StampResult(json: JSONValue(parsing: text.json.text)) == text)
    #expect(text.json["margin_ms"] == .null)
  }

  @Test func nowRoundTrips() throws {
    #expect(try NowResult(json: JSONValue(parsing: now.json.text)) == now)
  }

  @Test func offsetRoundTrips() throws {
    #expect(try OffsetResult(json: JSONValue(parsing: offset.json.text)) == offset)
    var unknown = offset
    unknown.measurement = nil
    #expect(try OffsetResult(json: JSONValue(parsing: unknown.json.text)) == unknown)
    #expect(unknown.json["offset_ns"] == .null)
  }

  @Test func exchangeRoundTrips() throws {
    #expect(try ExchangeResult(json: JSONValue(parsing: exchange.json.text)) == exchange)
  }

  @Test func aMemberThatIsMissingIsNoticed() {
    func without(_ key: String, _ json: JSONValue) -> JSONValue {
      guard case .object(let members) = json else { return json }
      return .object(members.filter { $0.key != key })
    }
    for key in ["exchange", "state", "timestamp", "unix_us", "carrier", "guaranteed"] {
      #expect(StampResult(json: without(key, stamp.json)) == nil, "\(key)")
    }
    for key in ["exchange", "state", "estimate_us", "earliest_us", "latest_us", "local_us"] {
      #expect(NowResult(json: without(key, now.json)) == nil, "\(key)")
    }
    for key in ["exchange", "state", "reason", "samples", "rejected", "failures"] {
      #expect(OffsetResult(json: without(key, offset.json)) == nil, "\(key)")
    }
    for key in ["id", "name", "market", "enabled", "endpoint", "codes"] {
      #expect(ExchangeResult(json: without(key, exchange.json)) == nil, "\(key)")
    }
  }

  /// The names on the wire are a promise to every client.
  @Test func theNamesOnTheWire() {
    func names(_ json: JSONValue) -> String {
      guard case .object(let members) = json else { return "" }
      return members.map(\.key).joined(separator: " ")
    }
    #expect(
      names(stamp.json) == "exchange state timestamp unix_us carrier recv_window_ms"
        + " min_recv_window_ms margin_ms guaranteed")
    #expect(names(now.json) == "exchange state estimate_us earliest_us latest_us local_us")
    #expect(
      names(offset.json) == "exchange state reason offset_ns lower_ns upper_ns error_ns drift_ppm"
        + " drift_error_ppm rtt_min_ns rtt_last_ns samples rejected rejected_by resyncs_by resyncs_failed"
        + " resolution_ns last_sync_us age_ms next_sync_ms failures")
    #expect(
      names(exchange.json) == "id name market enabled endpoint resolution_ns timestamp_format"
        + " timestamp_carrier window_kind window_param window_documented window_ms window_max_ms"
        + " future_tolerance_ms codes confidence sources")
    #expect(
      Method.allCases.map(\.rawValue) == [
        "stamp", "now", "offset", "offsets", "convert", "subscribe", "unsubscribe", "resync",
        "report", "history", "health", "exchanges",
      ])
  }

  @Test(arguments: RPCError.Code.allCases)
  func errorsRoundTrip(_ code: RPCError.Code) throws {
    let bare = RPCError(code, "why")
    #expect(bare.json["data"] == nil)
    #expect(try RPCError(json: JSONValue(parsing: bare.json.text)) == bare)
    let full = RPCError(
      code, "why", exchange: "okx", state: "unknown", reason: "because",
      retryAfterMilliseconds: 1_500)
    #expect(try RPCError(json: JSONValue(parsing: full.json.text)) == full)
  }

  @Test(
    arguments: [
      (-32700, .parseError), (-32600, .invalidRequest), (-32601, .methodNotFound),
      (-32602, .invalidParams), (-32603, .internalError), (-32001, .notSynchronized),
      (-32002, .unknownExchange), (-32003, .errorTooLarge), (-32004, .refused),
      (-32005, .overloaded),
    ] as [(Int64, RPCError.Code)])
  func theCodesOnTheWire(_ number: Int64, _ code: RPCError.Code) {
    #expect(code.rawValue == number)
    #expect(RPCError.Code.allCases.count == 10)
  }

  private func result(of answer: Response) throws -> JSONValue {
    try Response.result(of: try JSONValue(parsing: answer.bytes))
  }

  private func line(_ result: some BoundedJSON) -> String {
    var (text, bytes) = ([UInt8](), [UInt8]())
    result.write(to: &text)
    Array(#""a""#.utf8).withUnsafeBufferPointer { Response.write(text, id: $0, to: &bytes) }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func whatIsWrittenWithoutATreeIsTheSame() {
    var stamps = [stamp, stamp, stamp]
    stamps[1].timestamp = "2026-11-21T15:30:21.743Z"
    stamps[1].carrier = "a \"quoted\" \\ carrier\n"
    stamps[1].windowMilliseconds = nil
    stamps[1].smallestWindowMilliseconds = nil
    stamps[1].marginMilliseconds = nil
    stamps[1].isGuaranteed = false
    stamps[1].reason = "the window is not documented"
    // Everything as long as it can be.
    let escaped = String(repeating: "\u{1}", count: 300)
    stamps[2].exchange = escaped
    stamps[2].state = escaped
    stamps[2].timestamp = .string(escaped)
    stamps[2].unixMicroseconds = .min
    stamps[2].carrier = escaped
    stamps[2].windowMilliseconds = .min
    stamps[2].smallestWindowMilliseconds = .min
    stamps[2].marginMilliseconds = .min
    stamps[2].isGuaranteed = false
    stamps[2].reason = escaped
    for stamp in stamps {
      #expect(Response.result(stamp, id: 1).text == Response.result(stamp.json, id: 1).text)
      #expect(line(stamp) == Response.result(stamp.json, id: "a").text + "\n")
    }
    let longest = NowResult(
      exchange: escaped, state: escaped, estimateMicroseconds: .min, earliestMicroseconds: .min,
      latestMicroseconds: .min, localMicroseconds: .min)
    for now in [now, longest] {
      #expect(Response.result(now, id: "a").text == Response.result(now.json, id: "a").text)
      #expect(line(now) == Response.result(now.json, id: "a").text + "\n")
    }
    #expect(
      Response.result(now.json, id: 7).text
        == (["jsonrpc": "2.0", "id": 7, "result": now.json] as JSONValue).text)
  }

  @Test func anAnswerIsAResultOrAnError() throws {
    #expect(try result(of: Response.result(["a": 1] as JSONValue, id: 1)) == ["a": 1])
    #expect(try result(of: Response.result(JSONValue.null, id: 1)) == .null)
    let error = RPCError(.refused, "no", retryAfterMilliseconds: 5)
    #expect(throws: error) { try result(of: Response.error(error, id: "x")) }
    let strange = RPCError(
      .internalError, "the daemon's answer is no JSON-RPC response: {\"error\":{\"code\":1}}")
    #expect(throws: strange) { try Response.result(of: ["error": ["code": 1]]) }
  }
}
