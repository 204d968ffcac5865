package import JSONDocument

/// What time the exchange believes it is. All Unix times are in microseconds.
package struct NowResult: BoundedJSON, Equatable {
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

  package var longestText: Int { 256 + 6 * (exchange.utf8.count + state.utf8.count) }

  /// As `json`, without the tree.
  package func write(to text: inout OutputSpan<UInt8>) {
    text.append(json: #"{"exchange":"# as StaticString)
    text.append(json: exchange)
    text.append(json: #","state":"# as StaticString)
    text.append(json: state)
    text.append(json: #","estimate_us":"# as StaticString)
    text.append(json: estimateMicroseconds)
    text.append(json: #","earliest_us":"# as StaticString)
    text.append(json: earliestMicroseconds)
    text.append(json: #","latest_us":"# as StaticString)
    text.append(json: latestMicroseconds)
    text.append(json: #","local_us":"# as StaticString)
    text.append(json: localMicroseconds)
    text.append(UInt8(ascii: "}"))
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
