internal import ClockProtocol

/// All that is known of one exchange's clock.
///
/// Offsets are the exchange's clock minus this host's CLOCK_REALTIME. Positive: the exchange is
/// ahead.
public struct ClockOffset: Sendable, Hashable {
  /// What is known once a first sample was good.
  public struct Measurement: Sendable, Hashable {
    /// The estimate, off by at most `error`.
    public var offset: Duration
    /// The offset is at least this, and at most that.
    public var lower: Duration
    public var upper: Duration
    public var error: Duration

    /// The rate of the exchange's clock against ours, parts per million, off by at most
    /// `driftErrorPPM`. Positive: it is fast.
    public var driftPPM: Double
    public var driftErrorPPM: Double

    /// Round trips of the last good resync.
    public var shortestRoundTrip: Duration
    public var lastRoundTrip: Duration

    /// CLOCK_REALTIME of the last good sample, Unix microseconds.
    public var lastSyncMicroseconds: Int64
    /// Since the last good sample.
    public var age: Duration
  }

  public var exchange: ExchangeID
  public var state: ClockState

  /// Why the state is what it is; empty when synchronized.
  public var reason: String

  /// Nil where no time is given.
  public var measurement: Measurement?

  /// Samples of the last good resync that agree, and those that do not.
  public var samples: Int
  public var rejected: Int

  /// The quantum of the exchange's answers.
  public var resolution: Duration

  /// Until the next resync; zero while one is under way or due.
  public var nextSync: Duration

  /// Resyncs failed in a row.
  public var failures: Int
}

extension ClockOffset {
  init?(_ result: OffsetResult) {
    guard let state = ClockState(rawValue: result.state) else { return nil }
    self.init(
      exchange: ExchangeID(result.exchange), state: state, reason: result.reason,
      measurement: result.measurement.map(Measurement.init), samples: Int(clamping: result.samples),
      rejected: Int(clamping: result.rejected),
      resolution: .nanoseconds(result.resolutionNanoseconds),
      nextSync: .milliseconds(result.nextSyncMilliseconds), failures: Int(clamping: result.failures)
    )
  }
}

extension ClockOffset.Measurement {
  init(_ result: OffsetResult.Measurement) {
    self.init(
      offset: .nanoseconds(result.offsetNanoseconds), lower: .nanoseconds(result.lowerNanoseconds),
      upper: .nanoseconds(result.upperNanoseconds), error: .nanoseconds(result.errorNanoseconds),
      driftPPM: result.driftPPM, driftErrorPPM: result.driftErrorPPM,
      shortestRoundTrip: .nanoseconds(result.shortestRoundTripNanoseconds),
      lastRoundTrip: .nanoseconds(result.lastRoundTripNanoseconds),
      lastSyncMicroseconds: result.lastSyncMicroseconds, age: .milliseconds(result.ageMilliseconds))
  }
}
