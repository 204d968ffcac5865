package import JSONDocument

/// The timestamp that a signed request should carry now.
package struct StampResult: BoundedJSON, Equatable {
  package var exchange: String
  package var state: String

  /// A number or a string, exactly as the exchange wants it.
  package var timestamp: JSONValue

  /// The same instant as Unix microseconds of the exchange's clock.
  package var unixMicroseconds: Int64

  /// Where the request carries the timestamp.
  package var carrier: String

  /// The window the margin was computed with, or the lifetime where the timestamp is an expiry; nil
  /// where the exchange has neither.
  package var windowMilliseconds: Int64?

  /// The smallest window with which this timestamp is sure to be accepted, rounded up; where it is
  /// not guaranteed, no smaller one would do at all. Nil where none that the exchange allows would.
  package var smallestWindowMilliseconds: Int64?

  /// What is left on the tighter side, rounded down; negative: no guarantee; nil where the exchange
  /// compares no clocks.
  package var marginMilliseconds: Int64?

  package var isGuaranteed: Bool

  /// Why acceptance is not guaranteed; nil where it is.
  package var reason: String?

  package init(
    exchange: String, state: String, timestamp: JSONValue, unixMicroseconds: Int64,
    carrier: String, windowMilliseconds: Int64?, smallestWindowMilliseconds: Int64?,
    marginMilliseconds: Int64?, isGuaranteed: Bool, reason: String? = nil
  ) {
    self.exchange = exchange
    self.state = state
    self.timestamp = timestamp
    self.unixMicroseconds = unixMicroseconds
    self.carrier = carrier
    self.windowMilliseconds = windowMilliseconds
    self.smallestWindowMilliseconds = smallestWindowMilliseconds
    self.marginMilliseconds = marginMilliseconds
    self.isGuaranteed = isGuaranteed
    self.reason = reason
  }

  package var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("exchange", .string(exchange)), .init("state", .string(state)),
      .init("timestamp", timestamp), .init("unix_us", .integer(unixMicroseconds)),
      .init("carrier", .string(carrier)),
      .init("recv_window_ms", .optional(windowMilliseconds)),
      .init("min_recv_window_ms", .optional(smallestWindowMilliseconds)),
      .init("margin_ms", .optional(marginMilliseconds)), .init("guaranteed", .bool(isGuaranteed)),
    ]
    if let reason { members.append(.init("reason", .string(reason))) }
    return .object(members)
  }

  package var longestText: Int {
    var escaped = exchange.utf8.count + state.utf8.count + carrier.utf8.count
    if case .string(let text) = timestamp { escaped += text.utf8.count }
    if let reason { escaped += reason.utf8.count }
    return 384 + 6 * escaped
  }

  /// As `json`, without the tree: nothing is asked for as often.
  package func write(to text: inout OutputSpan<UInt8>) {
    text.append(json: #"{"exchange":"# as StaticString)
    text.append(json: exchange)
    text.append(json: #","state":"# as StaticString)
    text.append(json: state)
    text.append(json: #","timestamp":"# as StaticString)
    text.append(json: timestamp)
    text.append(json: #","unix_us":"# as StaticString)
    text.append(json: unixMicroseconds)
    text.append(json: #","carrier":"# as StaticString)
    text.append(json: carrier)
    text.append(json: #","recv_window_ms":"# as StaticString)
    text.append(json: windowMilliseconds)
    text.append(json: #","min_recv_window_ms":"# as StaticString)
    text.append(json: smallestWindowMilliseconds)
    text.append(json: #","margin_ms":"# as StaticString)
    text.append(json: marginMilliseconds)
    text.append(json: #","guaranteed":"# as StaticString)
    text.append(json: isGuaranteed)
    if let reason {
      text.append(json: #","reason":"# as StaticString)
      text.append(json: reason)
    }
    text.append(UInt8(ascii: "}"))
  }

  package init?(json: JSONValue) {
    guard let exchange = json["exchange"]?.string, let state = json["state"]?.string,
      let timestamp = json["timestamp"], let unixMicroseconds = json["unix_us"]?.integer,
      let carrier = json["carrier"]?.string, let isGuaranteed = json["guaranteed"]?.bool
    else { return nil }
    self.init(
      exchange: exchange, state: state, timestamp: timestamp, unixMicroseconds: unixMicroseconds,
      carrier: carrier, windowMilliseconds: json["recv_window_ms"]?.integer,
      smallestWindowMilliseconds: json["min_recv_window_ms"]?.integer,
      marginMilliseconds: json["margin_ms"]?.integer, isGuaranteed: isGuaranteed,
      reason: json["reason"]?.string)
  }
}

extension JSONValue {
  /// The number, or null.
  package static func optional(_ number: Int64?) -> JSONValue {
    number.map(JSONValue.integer) ?? .null
  }

  /// The number, or null.
  package static func optional(_ number: Double?) -> JSONValue {
    number.map(JSONValue.real) ?? .null
  }
}
