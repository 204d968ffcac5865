package import ClockCore

/// What a simulation came to.
package struct Outcome: Sendable {
  /// A promise that was not kept.
  package struct Violation: Sendable, Hashable, CustomStringConvertible {
    package var at: WorldInstant
    package var what: String
    package var seed: UInt64

    package var description: String {
      "seed \(seed), after \((at - .after(.zero)).shortText): \(what)"
    }
  }

  /// What readers were shown at one moment.
  package struct Query: Sendable, Hashable {
    package var at: WorldInstant
    package var state: SyncState
    /// The point estimate minus the truth, without its sign; nil when no time was given, and when
    /// none could be right.
    package var error: Duration?
    /// Half the width of the interval; nil when no time was given.
    package var bound: Duration?
    /// How many samples, sightings of servers and spans of the past the daemon has in memory.
    package var kept = 0
  }

  package struct Resync: Sendable, Hashable {
    package var at: WorldInstant
    package var failure: ProbeFailure?
  }

  package var seed: UInt64
  package var violations: [Violation] = []
  package var queries: [Query] = []
  package var events: [(at: WorldInstant, event: TrackerEvent)] = []
  package var resyncs: [Resync] = []
  /// When each probe left.
  package var probes: [WorldInstant] = []
  package var refusedDemands = 0
  package var trace = Trace()

  /// The widest half-width that was published; zero when none was.
  package var largestBound: Duration { queries.compactMap(\.bound).max() ?? .zero }

  /// The error of the point estimate that this fraction of the queries after `start` did not
  /// exceed; nil when none was answered.
  package func error(quantile: Double, after start: Duration = .zero) -> Duration? {
    let errors = queries.filter { $0.at >= .after(start) }.compactMap(\.error).sorted()
    guard !errors.isEmpty else { return nil }
    return errors[min(Int(Double(errors.count) * quantile), errors.count - 1)]
  }

  /// The fraction of the queries that met this state, 0 to 1.
  package func fraction(in state: SyncState) -> Double {
    Double(queries.count { $0.state == state }) / Double(max(queries.count, 1))
  }

  /// The state at the last query that was not after `duration`; nil before the first.
  package func state(after duration: Duration) -> SyncState? {
    queries.last { $0.at <= .after(duration) }?.state
  }
}
