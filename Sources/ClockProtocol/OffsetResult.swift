package import JSONDocument

/// All that is known of one exchange's clock. Offsets are the exchange's clock minus
/// CLOCK_REALTIME; positive: the exchange is ahead of us.
package struct OffsetResult: Sendable, Equatable {
  /// What is known once a first sample was good.
  package struct Measurement: Sendable, Equatable {
    package var offsetNanoseconds: Int64
    package var lowerNanoseconds: Int64
    package var upperNanoseconds: Int64

    /// The offset is off by at most this.
    package var errorNanoseconds: Int64

    /// The exchange's rate against ours. Positive: the exchange's clock is faster.
    package var driftPPM: Double

    /// The drift is off by at most this.
    package var driftErrorPPM: Double
    package var shortestRoundTripNanoseconds: Int64
    package var lastRoundTripNanoseconds: Int64

    /// CLOCK_REALTIME of the last good sample, Unix microseconds.
    package var lastSyncMicroseconds: Int64
    package var ageMilliseconds: Int64

    package init(
      offsetNanoseconds: Int64, lowerNanoseconds: Int64, upperNanoseconds: Int64,
      errorNanoseconds: Int64, driftPPM: Double, driftErrorPPM: Double,
      shortestRoundTripNanoseconds: Int64, lastRoundTripNanoseconds: Int64,
      lastSyncMicroseconds: Int64, ageMilliseconds: Int64
    ) {
      self.offsetNanoseconds = offsetNanoseconds
      self.lowerNanoseconds = lowerNanoseconds
      self.upperNanoseconds = upperNanoseconds
      self.errorNanoseconds = errorNanoseconds
      self.driftPPM = driftPPM
      self.driftErrorPPM = driftErrorPPM
      self.shortestRoundTripNanoseconds = shortestRoundTripNanoseconds
      self.lastRoundTripNanoseconds = lastRoundTripNanoseconds
      self.lastSyncMicroseconds = lastSyncMicroseconds
      self.ageMilliseconds = ageMilliseconds
    }
  }

  package var exchange: String
  package var state: String

  /// Why the state is what it is; empty when synchronized.
  package var reason: String

  /// Nil before the first good sample; all its members are null on the wire then.
  package var measurement: Measurement?

  /// Samples of the last good resync that agree, and those that do not.
  package var samples: Int64
  package var rejected: Int64

  /// Answers that were not used since the start, by reason: `contradicting`, `stale`, `unusable`.
  package var rejectedBy: [JSONValue.Member] = []

  /// Resyncs that have ended since the start, by what they were begun for: `start`, `interval`,
  /// `error`, `retry`, `confirmation`, `demand`, `report`, `disruption`.
  package var resyncsBy: [JSONValue.Member] = []
  package var resyncsFailed: Int64 = 0

  /// The quantum of the exchange's answers.
  package var resolutionNanoseconds: Int64

  /// Until the next resync; 0 while one is under way or due.
  package var nextSyncMilliseconds: Int64

  /// Resyncs failed in a row.
  package var failures: Int64

  package init(
    exchange: String, state: String, reason: String, measurement: Measurement?, samples: Int64,
    rejected: Int64, resolutionNanoseconds: Int64, nextSyncMilliseconds: Int64, failures: Int64
  ) {
    self.exchange = exchange
    self.state = state
    self.reason = reason
    self.measurement = measurement
    self.samples = samples
    self.rejected = rejected
    self.resolutionNanoseconds = resolutionNanoseconds
    self.nextSyncMilliseconds = nextSyncMilliseconds
    self.failures = failures
  }

  package var json: JSONValue {
    let known = measurement
    return [
      "exchange": .string(exchange), "state": .string(state), "reason": .string(reason),
      "offset_ns": .optional(known?.offsetNanoseconds),
      "lower_ns": .optional(known?.lowerNanoseconds),
      "upper_ns": .optional(known?.upperNanoseconds),
      "error_ns": .optional(known?.errorNanoseconds),
      "drift_ppm": .optional(known?.driftPPM), "drift_error_ppm": .optional(known?.driftErrorPPM),
      "rtt_min_ns": .optional(known?.shortestRoundTripNanoseconds),
      "rtt_last_ns": .optional(known?.lastRoundTripNanoseconds),
      "samples": .integer(samples), "rejected": .integer(rejected),
      "rejected_by": .object(rejectedBy),
      "resyncs_by": .object(resyncsBy), "resyncs_failed": .integer(resyncsFailed),
      "resolution_ns": .integer(resolutionNanoseconds),
      "last_sync_us": .optional(known?.lastSyncMicroseconds),
      "age_ms": .optional(known?.ageMilliseconds),
      "next_sync_ms": .integer(nextSyncMilliseconds), "failures": .integer(failures),
    ]
  }

  package init?(json: JSONValue) {
    guard let exchange = json["exchange"]?.string, let state = json["state"]?.string,
      let reason = json["reason"]?.string, let samples = json["samples"]?.integer,
      let rejected = json["rejected"]?.integer, let resolution = json["resolution_ns"]?.integer,
      let nextSync = json["next_sync_ms"]?.integer, let failures = json["failures"]?.integer
    else { return nil }
    self.init(
      exchange: exchange, state: state, reason: reason, measurement: Measurement(json: json),
      samples: samples, rejected: rejected, resolutionNanoseconds: resolution,
      nextSyncMilliseconds: nextSync, failures: failures)
    if case .object(let reasons) = json["rejected_by"] { rejectedBy = reasons }
    if case .object(let causes) = json["resyncs_by"] { resyncsBy = causes }
    resyncsFailed = json["resyncs_failed"]?.integer ?? 0
  }
}

extension OffsetResult.Measurement {
  fileprivate init?(json: JSONValue) {
    guard let offset = json["offset_ns"]?.integer, let lower = json["lower_ns"]?.integer,
      let upper = json["upper_ns"]?.integer, let error = json["error_ns"]?.integer,
      let drift = json["drift_ppm"]?.number, let driftError = json["drift_error_ppm"]?.number,
      let shortest = json["rtt_min_ns"]?.integer, let last = json["rtt_last_ns"]?.integer,
      let lastSync = json["last_sync_us"]?.integer, let age = json["age_ms"]?.integer
    else { return nil }
    self.init(
      offsetNanoseconds: offset, lowerNanoseconds: lower, upperNanoseconds: upper,
      errorNanoseconds: error, driftPPM: drift, driftErrorPPM: driftError,
      shortestRoundTripNanoseconds: shortest, lastRoundTripNanoseconds: last,
      lastSyncMicroseconds: lastSync, ageMilliseconds: age)
  }
}
