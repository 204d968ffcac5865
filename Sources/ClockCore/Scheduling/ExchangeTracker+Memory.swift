/// Over a restart of the daemon.
extension ExchangeTracker {
  static let stayAway = "the exchange asked us to stay away"

  /// A tracker that goes on where another one ended, earlier in the same boot: its estimate is
  /// usable at once, in holdover, and what blocked it still does. The first resync begins as ever.
  ///
  /// Fails where the memory cannot be that of a tracker.
  package init?(
    settings: TrackerSettings, seed: UInt64, now: MonotonicInstant, restoring memory: TrackerMemory
  ) {
    guard memory.isSound(for: settings, at: now) else { return nil }
    self.init(settings: settings, seed: seed, now: now)
    status.rejections = memory.rejections
    budget = ProbeBudget(probesPerMinute: settings.probesPerMinute, spent: memory.probes)
    if let block = memory.block, block.until > now {
      let until = min(block.until, now + TrackerMemory.Block.longest)
      status.blockedUntil = until
      status.nextSync = until
      status.failure = ProbeFailure(reason: block.reason)
      status.failures = min(block.failures, 1_000)
    }
    // An estimate that is void would only be called so; the first resync finds a better one.
    if let estimate = memory.estimate, now <= estimate.lastSync + settings.usefulLife {
      restore(estimate)
    }
  }

  private mutating func restore(_ estimate: TrackerMemory.Estimate) {
    believed = BelievedClock(settings: status.settings, restoring: estimate)
    status.clock = believed.clock
    status.lastSync = estimate.lastSync
    status.shortestRoundTrip = estimate.shortestRoundTrip
    status.lastRoundTrip = estimate.lastRoundTrip
    status.samples = estimate.samples
    status.rejected = estimate.rejected
    status.isRestored = true
    loggedState = .holdover
  }

  /// What a later tracker may go on with; nil when there is nothing.
  package var memory: TrackerMemory? {
    let memory = TrackerMemory(
      estimate: rememberedEstimate, block: rememberedBlock, rejections: status.rejections,
      probes: rememberedProbes)
    let isEmpty = memory.estimate == nil && memory.block == nil && memory.probes.isEmpty
    return isEmpty ? nil : memory
  }

  /// A daemon that is killed in a burst, and started again and again, keeps to the limit too.
  private var rememberedProbes: [MonotonicInstant] {
    guard status.settings.isHostShareStrict, let last = budget.spent.last else { return [] }
    let left = isResting ? 0 : max(status.settings.samples - burst.samples.count - 1, 0)
    return budget.spent + Array(repeating: last, count: left)
  }

  private var rememberedEstimate: TrackerMemory.Estimate? {
    // What a burst under way makes of its first samples is not remembered.
    guard status.disruption == nil, let clock = believed.proven, let lastSync = status.lastSync,
      let shortest = status.shortestRoundTrip,
      let last = status.lastRoundTrip
    else { return nil }
    return TrackerMemory.Estimate(
      clock: clock, widening: believed.widening, lowerBounds: believed.window.lower,
      upperBounds: believed.window.upper, wanderPPM: believed.wanderPPM, fleet: believed.fleet,
      lastSync: lastSync, shortestRoundTrip: shortest, lastRoundTrip: last,
      samples: status.samples, rejected: status.rejected)
  }

  private var rememberedBlock: TrackerMemory.Block? {
    status.blockedUntil.map {
      TrackerMemory.Block(
        until: $0, reason: status.failure?.reason ?? Self.stayAway, failures: status.failures)
    }
  }
}
