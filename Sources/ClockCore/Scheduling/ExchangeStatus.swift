/// All that is known of one exchange's clock: what readers are shown.
package struct ExchangeStatus: Sendable, Hashable {
  /// Nil before the first good sample.
  package var clock: IntervalClock?

  /// Why the clock must not be used until a resync ended; nil when nothing moved.
  package var disruption: String?

  /// Why the last resync was not good; nil when it was, or none has ended yet.
  package var failure: ProbeFailure?

  /// The estimate is that of the daemon before this one, and no resync has ended since.
  package var isRestored = false

  /// Resyncs failed in a row.
  package var failures = 0

  package var resyncs = ResyncCounts()

  /// Samples of the last good resync that agree, and those that do not.
  package var samples = 0
  package var rejected = 0

  package var rejections = Rejections()

  /// How the last probes ended.
  package var recentProbes = ProbeRegister()

  /// Round trips of the last good resync: the shortest, and that of the last sample.
  package var shortestRoundTrip: Duration?
  package var lastRoundTrip: Duration?

  /// When the last good sample came in; nil before the first.
  package var lastSync: MonotonicInstant?

  /// When the next resync is due.
  package var nextSync: MonotonicInstant

  /// While the exchange wants us to stay away: until when, and why.
  package var blockedUntil: MonotonicInstant?

  package var settings: TrackerSettings

  package init(settings: TrackerSettings, nextSync: MonotonicInstant) {
    self.settings = settings
    self.nextSync = nextSync
  }

  /// After this instant the estimate is void.
  package var voidAfter: MonotonicInstant? {
    // No closure: all of the status would be copied into it.
    guard let lastSync else { return nil }
    return lastSync + settings.usefulLife
  }

  /// After this instant a synchronized estimate is in holdover, unless something happens before;
  /// nil before the first good sample.
  package var holdoverAfter: MonotonicInstant? {
    guard let clock else { return nil }
    let overdue = nextSync + settings.longestBurst
    return min(overdue, clock.instant(errorReaches: settings.maxError) ?? overdue)
  }

  /// The bounds on the exchange's clock at `now`; nil before the first good sample.
  package func interval(at now: MonotonicInstant) -> OffsetInterval<Monotonic, Exchange>? {
    clock?.interval(at: now)
  }

  package func state(at now: MonotonicInstant) -> SyncState {
    judgement(at: now).state
  }

  /// Why the state is what it is, in one clause; empty when synchronized.
  package func reason(at now: MonotonicInstant) -> String {
    judgement(at: now).reason
  }

  package func judgement(at now: MonotonicInstant) -> (state: SyncState, reason: String) {
    judgement(at: now, given: interval(at: now))
  }

  /// - Parameter interval: at `now`.
  package func judgement(
    at now: MonotonicInstant, given interval: OffsetInterval<Monotonic, Exchange>?
  ) -> (state: SyncState, reason: String) {
    if let disruption { return (.disrupted, disruption) }
    guard let interval, let voidAfter else {
      return (.unknown, failure?.reason ?? "first resync under way")
    }
    if now > voidAfter {
      return (.unknown, "void: no good resync any more; \(failure?.reason ?? "overdue")")
    }
    if isRestored {
      let reason = failure?.reason ?? "first resync under way"
      return (.holdover, "restored from the state file; \(reason)")
    }
    if let failure { return (.holdover, failure.reason) }
    if now > nextSync + settings.longestBurst { return (.holdover, "resync overdue") }
    if interval.error > settings.maxError {
      return (.holdover, "error above max_error")
    }
    return (.synchronized, "")
  }
}
