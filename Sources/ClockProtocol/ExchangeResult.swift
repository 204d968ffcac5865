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

  /// How old a timestamp may be; nil where that is not known or no clock is compared.
  package var windowMilliseconds: Int64?
  package var longestWindowMilliseconds: Int64?

  /// How far ahead a timestamp may be; nil as above.
  package var toleranceMilliseconds: Int64?

  /// The error codes with which the exchange refuses a timestamp.
  package var codes: [String]

  package init(
    id: String, name: String, market: String, isEnabled: Bool, endpoint: String,
    resolutionNanoseconds: Int64, timestampFormat: String, timestampCarrier: String,
    windowMilliseconds: Int64?, longestWindowMilliseconds: Int64?, toleranceMilliseconds: Int64?,
    codes: [String]
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
      "window_ms": .optional(windowMilliseconds),
      "window_max_ms": .optional(longestWindowMilliseconds),
      "future_tolerance_ms": .optional(toleranceMilliseconds),
      "codes": .array(codes.map(JSONValue.string)),
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
      codes: codes.compactMap(\.string))
  }
}
