package import JSONDocument

/// What time the exchange believes it is. All Unix times are in microseconds.
package struct NowResult: JSONWritable, Equatable {
  package var exchange: String
  package var state: String

  /// The exchange's clock, off by at most half of `latest - earliest`.
  package var estimateMicroseconds: Int64

  /// The exchange's clock shows at least this, rounded down.
  package var earliestMicroseconds: Int64

  /// The exchange's clock shows at most this, rounded up.
  package var latestMicroseconds: Int64

  /// This host's CLOCK_REALTIME at the same moment.
  package var localMicroseconds: Int64

  package init(
    exchange: String, state: String, estimateMicroseconds: Int64, earliestMicroseconds: Int64,
    latestMicroseconds: Int64, localMicroseconds: Int64
  ) {
    self.exchange = exchange
    self.state = state
    self.estimateMicroseconds = estimateMicroseconds
    self.earliestMicroseconds = earliestMicroseconds
    self.latestMicroseconds = latestMicroseconds
    self.localMicroseconds = localMicroseconds
  }

  package var json: JSONValue {
    [
      "exchange": .string(exchange), "state": .string(state),
      "estimate_us": .integer(estimateMicroseconds),
      "earliest_us": .integer(earliestMicroseconds), "latest_us": .integer(latestMicroseconds),
      "local_us": .integer(localMicroseconds),
    ]
  }

  /// As `json`, without the tree.
  package func write(to bytes: inout [UInt8]) {
    bytes.append(json: #"{"exchange":"# as StaticString)
    bytes.append(json: exchange)
    bytes.append(json: #","state":"# as StaticString)
    bytes.append(json: state)
    bytes.append(json: #","estimate_us":"# as StaticString)
    bytes.append(json: estimateMicroseconds)
    bytes.append(json: #","earliest_us":"# as StaticString)
    bytes.append(json: earliestMicroseconds)
    bytes.append(json: #","latest_us":"# as StaticString)
    bytes.append(json: latestMicroseconds)
    bytes.append(json: #","local_us":"# as StaticString)
    bytes.append(json: localMicroseconds)
    bytes.append(UInt8(ascii: "}"))
  }

  package init?(json: JSONValue) {
    guard let exchange = json["exchange"]?.string, let state = json["state"]?.string,
      let estimate = json["estimate_us"]?.integer, let earliest = json["earliest_us"]?.integer,
      let latest = json["latest_us"]?.integer, let local = json["local_us"]?.integer
    else { return nil }
    self.init(
      exchange: exchange, state: state, estimateMicroseconds: estimate,
      earliestMicroseconds: earliest, latestMicroseconds: latest, localMicroseconds: local)
  }
}
