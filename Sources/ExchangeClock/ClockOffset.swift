internal import JSONDocument

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

  /// Answers that were not used since the daemon's start, by why: "contradicting", "stale",
  /// "unusable".
  public var rejectedBy: [String: Int]

  /// Resyncs that have ended since the daemon's start, by what they were begun for, and those that
  /// failed.
  public var resyncsBy: [String: Int]
  public var resyncsFailed: Int

  /// The quantum of the exchange's answers.
  public var resolution: Duration

  /// Until the next resync; zero while one is under way or due.
  public var nextSync: Duration

  /// Resyncs failed in a row.
  public var failures: Int
}

extension ClockOffset {
  init(_ result: JSONValue) throws(ClockError) {
    let members = try Members(result)
    let count = { (name: String) throws(ClockError) -> Int in
      Int(clamping: try members.value(name, \.integer))
    }
    self.init(
      exchange: try members.exchange(), state: try members.state(),
      reason: try members.value("reason", \.string), measurement: try Measurement(members),
      samples: try count("samples"), rejected: try count("rejected"),
      rejectedBy: members.has("rejected_by") ? try members.counts("rejected_by") : [:],
      resyncsBy: members.has("resyncs_by") ? try members.counts("resyncs_by") : [:],
      resyncsFailed: members.has("resyncs_failed") ? try count("resyncs_failed") : 0,
      resolution: .nanoseconds(try members.value("resolution_ns", \.integer)),
      nextSync: .milliseconds(try members.value("next_sync_ms", \.integer)),
      failures: try count("failures"))
  }
}

extension ClockOffset.Measurement {
  /// Nil where a member of it is null.
  fileprivate init?(_ members: Members) throws(ClockError) {
    let nanoseconds = { (name: String) throws(ClockError) -> Duration? in
      try members.optional(name, \.integer).map { .nanoseconds($0) }
    }
    let offset = try nanoseconds("offset_ns")
    let lower = try nanoseconds("lower_ns")
    let upper = try nanoseconds("upper_ns")
    let error = try nanoseconds("error_ns")
    let drift = try members.optional("drift_ppm", \.number)
    let driftError = try members.optional("drift_error_ppm", \.number)
    let shortest = try nanoseconds("rtt_min_ns")
    let last = try nanoseconds("rtt_last_ns")
    let lastSync = try members.optional("last_sync_us", \.integer)
    let age = try members.optional("age_ms", \.integer)
    guard let offset, let lower, let upper, let error, let drift, let driftError, let shortest,
      let last, let lastSync, let age
    else { return nil }
    self.init(
      offset: offset, lower: lower, upper: upper, error: error, driftPPM: drift,
      driftErrorPPM: driftError, shortestRoundTrip: shortest, lastRoundTrip: last,
      lastSyncMicroseconds: lastSync, age: .milliseconds(age))
  }
}
