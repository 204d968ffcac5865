package import JSONDocument

/// What time an exchange believed it was when this host's clock showed a past time. All Unix times
/// are in microseconds.
package struct ConvertResult: Sendable, Equatable {
  package var exchange: String

  /// What CLOCK_REALTIME showed, as it was asked for.
  package var localMicroseconds: Int64

  /// The exchange's clock then, off by at most half of `latest - earliest`.
  package var estimateMicroseconds: Int64

  /// The exchange's clock showed at least this, rounded down.
  package var earliestMicroseconds: Int64

  /// The exchange's clock showed at most this, rounded up.
  package var latestMicroseconds: Int64

  package init(
    exchange: String, localMicroseconds: Int64, estimateMicroseconds: Int64,
    earliestMicroseconds: Int64, latestMicroseconds: Int64
  ) {
    self.exchange = exchange
    self.localMicroseconds = localMicroseconds
    self.estimateMicroseconds = estimateMicroseconds
    self.earliestMicroseconds = earliestMicroseconds
    self.latestMicroseconds = latestMicroseconds
  }

  package var json: JSONValue {
    [
      "exchange": .string(exchange), "local_us": .integer(localMicroseconds),
      "estimate_us": .integer(estimateMicroseconds),
      "earliest_us": .integer(earliestMicroseconds), "latest_us": .integer(latestMicroseconds),
    ]
  }

  package init?(json: JSONValue) {
    guard let exchange = json["exchange"]?.string, let local = json["local_us"]?.integer,
      let estimate = json["estimate_us"]?.integer, let earliest = json["earliest_us"]?.integer,
      let latest = json["latest_us"]?.integer
    else { return nil }
    self.init(
      exchange: exchange, localMicroseconds: local, estimateMicroseconds: estimate,
      earliestMicroseconds: earliest, latestMicroseconds: latest)
  }
}
