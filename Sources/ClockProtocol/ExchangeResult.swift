package import JSONDocument

/// One exchange of the catalogue.
package struct ExchangeResult: Sendable, Equatable {
  package var id: String
  package var name: String
  package var market: String
  package var isEnabled: Bool
  package var endpoint: String
  package var resolutionNanoseconds: Int64
  package var timestampFormat: String
  package var timestampCarrier: String

  /// What a timestamp is compared with: "adjustable", "fixed", "expiry", "nonce", "none", "unknown".
  package var windowKind = "unknown"

  /// The parameter or header that chooses the window; nil where a request cannot.
  package var windowParameter: String?

  /// The window is documented, not only used or reported.
  package var isWindowDocumented = true

  /// How old a timestamp may be; nil where that is not known or no clock is compared.
  package var windowMilliseconds: Int64?
  package var longestWindowMilliseconds: Int64?

  /// How far ahead a timestamp may be; nil where that is not known, or no clock is compared.
  package var toleranceMilliseconds: Int64?

  /// How the exchange refuses requests; the first that fits counts.
  package var codes: [Code]

  /// How sure all this is, in words.
  package var confidence = ""

  /// Where it was read.
  package var sources: [String] = []

  /// One way in which the exchange refuses; what is nil is not looked at.
  package struct Code: Sendable, Equatable {
    package var code: String?
    package var httpStatus: Int64?
    /// Part of the message.
    package var message: String?
    /// "clock", "late", "signature", "key", "rate_limit" or "format".
    package var verdict: String
    /// "ahead" or "behind", where the refusal tells on which side of the clock the timestamp was.
    package var side: String?
    package var meaning: String

    package init(
      code: String?, httpStatus: Int64?, message: String?, verdict: String, side: String? = nil,
      meaning: String
    ) {
      self.code = code
      self.httpStatus = httpStatus
      self.message = message
      self.verdict = verdict
      self.side = side
      self.meaning = meaning
    }
  }

  package init(
    id: String, name: String, market: String, isEnabled: Bool, endpoint: String,
    resolutionNanoseconds: Int64, timestampFormat: String, timestampCarrier: String,
    windowMilliseconds: Int64?, longestWindowMilliseconds: Int64?, toleranceMilliseconds: Int64?,
    codes: [Code]
  ) {
    self.id = id
    self.name = name
    self.market = market
    self.isEnabled = isEnabled
    self.endpoint = endpoint
    self.resolutionNanoseconds = resolutionNanoseconds
    self.timestampFormat = timestampFormat
    self.timestampCarrier = timestampCarrier
    self.windowMilliseconds = windowMilliseconds
    self.longestWindowMilliseconds = longestWindowMilliseconds
    self.toleranceMilliseconds = toleranceMilliseconds
    self.codes = codes
  }

  package var json: JSONValue {
    [
      "id": .string(id), "name": .string(name), "market": .string(market),
      "enabled": .bool(isEnabled), "endpoint": .string(endpoint),
      "resolution_ns": .integer(resolutionNanoseconds),
      "timestamp_format": .string(timestampFormat),
      "timestamp_carrier": .string(timestampCarrier),
      "window_kind": .string(windowKind),
      "window_param": windowParameter.map(JSONValue.string) ?? .null,
      "window_documented": .bool(isWindowDocumented),
      "window_ms": .optional(windowMilliseconds),
      "window_max_ms": .optional(longestWindowMilliseconds),
      "future_tolerance_ms": .optional(toleranceMilliseconds),
      "codes": .array(codes.map(\.json)), "confidence": .string(confidence),
      "sources": .array(sources.map(JSONValue.string)),
    ]
  }

  package init?(json: JSONValue) {
    guard let id = json["id"]?.string, let name = json["name"]?.string,
      let market = json["market"]?.string, let isEnabled = json["enabled"]?.bool,
      let endpoint = json["endpoint"]?.string, let resolution = json["resolution_ns"]?.integer,
      let format = json["timestamp_format"]?.string,
      let carrier = json["timestamp_carrier"]?.string, let codes = json["codes"]?.array
    else { return nil }
    self.init(
      id: id, name: name, market: market, isEnabled: isEnabled, endpoint: endpoint,
      resolutionNanoseconds: resolution, timestampFormat: format, timestampCarrier: carrier,
      windowMilliseconds: json["window_ms"]?.integer,
      longestWindowMilliseconds: json["window_max_ms"]?.integer,
      toleranceMilliseconds: json["future_tolerance_ms"]?.integer,
      codes: codes.compactMap(Code.init))
    windowKind = json["window_kind"]?.string ?? windowKind
    windowParameter = json["window_param"]?.string
    isWindowDocumented = json["window_documented"]?.bool ?? isWindowDocumented
    confidence = json["confidence"]?.string ?? confidence
    sources = json["sources"]?.array?.compactMap(\.string) ?? sources
  }
}

extension ExchangeResult.Code {
  var json: JSONValue {
    .members(
      ("code", code.map(JSONValue.string)), ("http_status", httpStatus.map(JSONValue.integer)),
      ("message", message.map(JSONValue.string)), ("verdict", .string(verdict)),
      ("side", side.map(JSONValue.string)), ("meaning", .string(meaning)))
  }

  init?(json: JSONValue) {
    guard let verdict = json["verdict"]?.string, let meaning = json["meaning"]?.string else {
      return nil
    }
    self.init(
      code: json["code"]?.string, httpStatus: json["http_status"]?.integer,
      message: json["message"]?.string, verdict: verdict, side: json["side"]?.string,
      meaning: meaning)
  }
}
