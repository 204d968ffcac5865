internal import JSONDocument

/// What time an exchange believed it was at a past time of this host's. Unix times, in
/// microseconds.
public struct ConvertedTime: Sendable, Hashable {
  public var exchange: ExchangeID

  /// What CLOCK_REALTIME showed, as it was asked for.
  public var localMicroseconds: Int64

  /// The exchange's clock then, off by at most half of what lies between the other two.
  public var estimateMicroseconds: Int64

  /// The exchange's clock showed at least this.
  public var earliestMicroseconds: Int64

  /// The exchange's clock showed at most this.
  public var latestMicroseconds: Int64
}

extension ConvertedTime {
  init(_ result: JSONValue) throws(ClockError) {
    let members = try Members(result)
    self.init(
      exchange: try members.exchange(), localMicroseconds: try members.value("local_us", \.integer),
      estimateMicroseconds: try members.value("estimate_us", \.integer),
      earliestMicroseconds: try members.value("earliest_us", \.integer),
      latestMicroseconds: try members.value("latest_us", \.integer))
  }
}
