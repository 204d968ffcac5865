internal import JSONDocument

/// What time an exchange believes it is. Unix times, in nanoseconds.
public struct ExchangeTime: Sendable, Hashable {
  public var exchange: ExchangeID

  /// `synchronized` or `holdover`.
  public var state: ClockState

  /// The exchange's clock shows at least this.
  public var earliestNanoseconds: Int64

  /// The exchange's clock shows at most this.
  public var latestNanoseconds: Int64

  /// This host's CLOCK_REALTIME at the same moment; where the shared page was read, as of the last
  /// tick, up to 10 ms before.
  public var localNanoseconds: Int64

  /// The middle, rounded down: off by at most `error`.
  public var estimateNanoseconds: Int64 {
    earliestNanoseconds &+ (latestNanoseconds &- earliestNanoseconds) / 2
  }

  /// Half of what lies between the earliest and the latest, rounded up.
  public var error: Duration {
    .nanoseconds((latestNanoseconds &- earliestNanoseconds &+ 1) / 2)
  }
}

extension ExchangeTime {
  init(_ result: JSONValue) throws(ClockError) {
    let members = try Members(result)
    _ = try members.value("estimate_us", \.integer)
    self.init(
      exchange: try members.exchange(), state: try members.state(),
      earliestNanoseconds: try members.nanoseconds(microseconds: "earliest_us"),
      latestNanoseconds: try members.nanoseconds(microseconds: "latest_us"),
      localNanoseconds: try members.nanoseconds(microseconds: "local_us"))
  }
}
