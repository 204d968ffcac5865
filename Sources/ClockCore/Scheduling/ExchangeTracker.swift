/// The state machine of one exchange: when to probe, what to believe, when to give up.
///
/// It is told what happened and when, and answers with what to do; it reads no clock, sends
/// nothing and draws randomness only from its own seed. All behaviour of one exchange is here:
///
///     resting --woke--> probing --probed--> pausing --woke--> probing ... --> resting
///                          '--probeFailed--------------------------------------^
///
/// A resync is a burst of probes on one connection. A failed probe ends the burst; what came in
/// before it counts. A burst that contradicts the past is not believed until a second one says
/// the same.
package struct ExchangeTracker: Sendable {
  package internal(set) var status: ExchangeStatus

  private enum Phase: Equatable {
    case resting
    case probing
    case pausing(until: MonotonicInstant)
  }

  private var phase = Phase.resting
  var isResting: Bool { phase == .resting }
  private(set) var burst = Burst()
  /// What the finished bursts say. The first samples of the very first one are published as they
  /// come, but the burst as a whole is weighed: one early wrong answer does not outlive it.
  var believed: BelievedClock
  private(set) var burstBegan: MonotonicInstant?
  /// What the resync under way is for, or the next one.
  var cause = ResyncCause.start
  /// What reports of refusals led to of late, oldest first.
  var reportedReadings: [ReportedReading] = []
  /// Somebody said that a jump beyond `max_step` is real; until the resync under way ends.
  private var acceptsAnyStep = false
  /// Probes sent before this instant are not believed: the local clock moved since.
  private var trustedFrom: MonotonicInstant
  var budget: ProbeBudget
  /// What the log was told last, or what was restored.
  var loggedState = SyncState.unknown
  private var random: SplitMix64

  private var settings: TrackerSettings { status.settings }

  package init(settings: TrackerSettings, seed: UInt64, now: MonotonicInstant) {
    status = ExchangeStatus(settings: settings, nextSync: now)
    budget = ProbeBudget(probesPerMinute: settings.probesPerMinute)
    random = SplitMix64(seed: seed)
    trustedFrom = now
    believed = BelievedClock(settings: settings)
  }

  // MARK: Events

  package mutating func started(at now: MonotonicInstant) -> [Action] {
    beginBurst(at: now)
  }

  /// The time of the last `.wake` has come; a call that is too early is answered with a new wake.
  package mutating func woke(at now: MonotonicInstant) -> [Action] {
    switch phase {
    case .probing: []
    case .pausing(let until): now >= until ? sendProbe(at: now) : [.wake(at: until)]
    case .resting:
      now >= status.nextSync
        ? beginBurst(at: now) : logStateChange(at: now) + [.wake(at: status.nextSync)]
    }
  }

  package mutating func probed(_ sample: Sample, at now: MonotonicInstant) -> [Action] {
    guard phase == .probing else { return [] }
    budget.end(at: now)
    status.recentProbes.note(nil)
    guard sample.sent >= trustedFrom else { return [.closeConnection] + beginBurst(at: now) }
    burst.add(sample)
    if isBurstComplete { return endBurst(failure: nil, at: now) }
    var actions = publishFirstImpression(at: now)
    guard budget.wait(for: 1, at: now) == .zero else {
      return actions + endBurst(failure: nil, at: now)
    }
    let until = now + pauseBeforeNextProbe(at: now)
    phase = .pausing(until: until)
    actions.append(.wake(at: until))
    return actions
  }

  package mutating func probeFailed(_ failure: ProbeFailure, at now: MonotonicInstant) -> [Action] {
    guard phase == .probing else { return [] }
    budget.end(at: now)
    status.recentProbes.note(failure)
    if failure.status == 200 { status.rejections.unusable += 1 }
    return endBurst(failure: failure, at: now)
  }

  /// A bot or a person wants a resync now. It joins one that is under way or already due.
  ///
  /// - Parameters:
  ///   - acceptingStep: a jump of the exchange's clock is believed this time, however large.
  ///   - cause: what it is counted as, where it joins none.
  package mutating func resyncDemanded(
    acceptingStep: Bool = false, for cause: ResyncCause = .demand, at now: MonotonicInstant
  ) -> ResyncDemand {
    if let until = status.blockedUntil, now < until {
      return .refused(
        reason: status.failure?.reason ?? Self.stayAway,
        retryAfter: until - now)
    }
    guard phase == .resting else {
      acceptsAnyStep = acceptsAnyStep || acceptingStep
      return .accepted([])
    }
    let wait = budget.wait(for: settings.samples + samplesInReserve(for: cause), at: now)
    guard wait <= .seconds(1) else {
      return .refused(
        reason: "the budget of \(budget.probesPerMinute) probes a minute is spent",
        retryAfter: wait)
    }
    acceptsAnyStep = acceptsAnyStep || acceptingStep
    if status.nextSync > now { self.cause = cause }
    let earliest = max(now + wait, (burstBegan ?? now - .seconds(1)) + .seconds(1))
    guard earliest > now else { return .accepted(beginBurst(at: now)) }
    status.nextSync = min(status.nextSync, earliest)
    return .accepted([.wake(at: status.nextSync)])
  }

  /// Demands leave enough to confirm what one of them shows: a jump that has to wait for that is a
  /// time without any time. Where a host stands few probes there is nothing to leave.
  private func samplesInReserve(for cause: ResyncCause) -> Int {
    cause == .demand && budget.probesPerMinute >= 3 * settings.samples ? settings.samples : 0
  }

  /// CLOCK_REALTIME was set, which moves nothing here; but an exchange whose certificate was
  /// refused is asked again, within the limits of any demand.
  package mutating func systemClockSet(at now: MonotonicInstant) -> [Action] {
    guard status.failure?.mayBeSystemClock == true,
      case .accepted(let actions) = resyncDemanded(for: .retry, at: now)
    else { return [] }
    return actions
  }

  /// The local clock moved in a way that no bound covers (suspend, snapshot): nothing is known.
  package mutating func disrupted(_ reason: String, at now: MonotonicInstant) -> [Action] {
    status.clock = nil
    status.lastSync = nil
    status.isRestored = false
    status.disruption = reason
    believed.forgetClock()
    trustedFrom = now
    cause = .disruption
    // A stamp that stands still did so before, too.
    burst = Burst(after: burst.standing)
    var actions: [Action] = [.publish] + logStateChange(at: now)
    if phase != .probing { actions += [.closeConnection] + beginBurst(at: now) }
    return actions
  }

  // MARK: Bursts

  /// The probe that is to be sent now is the first of a burst.
  package var isBeginningBurst: Bool { phase == .probing && burst.samples.isEmpty }

  private mutating func beginBurst(at now: MonotonicInstant) -> [Action] {
    let wait = budget.wait(for: 1, at: now)
    if let until = [status.blockedUntil, wait > .zero ? now + wait : nil].compactMap({ $0 }).max(),
      until > now
    {
      phase = .resting
      status.nextSync = until
      return [.wake(at: until)]
    }
    status.blockedUntil = nil
    status.nextSync = min(status.nextSync, now)
    burst = Burst(after: burst.standing)
    burstBegan = now
    return [.publish] + sendProbe(at: now)
  }

  /// The newest answer may be the first after the clock was set: then more are needed to tell.
  private var isBurstComplete: Bool {
    let count = burst.samples.count
    guard count >= settings.samples else { return false }
    return count >= 2 * settings.samples
      || burst.agreement(drift: settings.drift)?.isSettled == true
  }

  private mutating func sendProbe(at now: MonotonicInstant) -> [Action] {
    phase = .probing
    budget.spend(at: now)
    return [.probe]
  }

  /// The wait between two probes of a burst: random, so that the samples cut the quantum at
  /// different places. A coarse clock is asked when it is expected to tick, which halves what is
  /// left of the interval each time; some turn out to be coarse by their answers alone.
  private mutating func pauseBeforeNextProbe(at now: MonotonicInstant) -> Duration {
    let pause = random.duration(in: .milliseconds(20) ... .milliseconds(100))
    let resolution = max(settings.resolution, burst.samples.last?.resolution ?? .zero)
    let quantum = resolution.wholeNanoseconds
    guard resolution > .milliseconds(100),
      // What this burst knows by itself: the clock may have been set since the last one.
      let clock = burst.agreement(drift: settings.drift)?.clock,
      let roundTrip = burst.shortestRoundTrip
    else { return pause }
    let arrival = now + pause + roundTrip / 2 + clock.interval(at: now).midpoint
    let phase = arrival.nanoseconds % quantum
    return pause + .nanoseconds((quantum - phase) % quantum)
  }

  /// Where nothing is known yet, the first samples of a burst are of use already; a later burst
  /// speaks only when it is complete.
  private mutating func publishFirstImpression(at now: MonotonicInstant) -> [Action] {
    guard let fresh = burst.agreement(drift: settings.drift),
      let clock = believed.impression(of: fresh)
    else { return [] }
    status.clock = clock
    noteGoodSamples(of: fresh)
    return [.publish] + logStateChange(at: now)
  }

  private mutating func endBurst(failure: ProbeFailure?, at now: MonotonicInstant) -> [Action] {
    phase = .resting
    status.clock = believed.clock
    if status.clock == nil { status.lastSync = nil }
    status.resyncs[cause] += 1
    var actions: [Action] = [.closeConnection]
    var failure = failure
    var wait = Duration.zero
    if let stop = failure, stop.isStopSignal {
      wait = max(
        stop.leastWait,
        settings.backOff.wait(afterFailures: status.failures + 1, random: &random))
      status.blockedUntil = now + wait
      actions.append(.log(.stopSignal(stop, wait: wait)))
    }
    let agreement = burst.agreement(drift: settings.drift)
    status.rejections.contradicting += agreement?.rejected ?? burst.samples.count
    status.rejections.stale += (agreement?.samples.count ?? 0) - (agreement?.fresh.count ?? 0)
    if let fresh = agreement, failure == nil || fresh.isSettled {
      // What an earlier daemon wrote down has no say against what two bursts show, nor has what is
      // so old that no time is given by it.
      let isVoid = status.voidAfter.map { $0 < now } ?? false
      let acceptsAnyStep = acceptsAnyStep || status.isRestored || isVoid
      switch believed.weigh(fresh, acceptingAnyStep: acceptsAnyStep) {
      case .believed(let events):
        actions += events.map(Action.log)
        status.clock = believed.clock
        noteGoodSamples(of: fresh)
        failure = nil
        status.disruption = nil
      case .contradicted:
        status.disruption = "answers contradict the past; confirming"
        cause = .confirmation
        return actions + [.publish] + logStateChange(at: now) + beginBurst(at: now)
      case .refused(let refusal, let keepsPast, let events):
        actions += events.map(Action.log)
        failure = refusal
        if keepsPast, believed.clock != nil { status.disruption = nil }
      }
    } else if failure == nil {
      failure = ProbeFailure(reason: "the answers of the burst contradict each other")
    }
    status.failure = failure
    if failure == nil {
      status.failures = 0
      let (regular, cause) = waitAfterGoodResync(at: now)
      wait = max(wait, regular)
      self.cause = cause
    } else {
      status.failures += 1
      status.resyncs.failed += 1
      cause = .retry
      wait = max(wait, settings.backOff.wait(afterFailures: status.failures, random: &random))
    }
    acceptsAnyStep = false
    // The log hears what the first resync after a restart came to.
    let wasRestored = status.isRestored
    status.isRestored = false
    status.nextSync = now + wait
    actions += [.publish] + logStateChange(at: now, evenIfSame: wasRestored)
    actions += [.resyncEnded(failure: failure), .wake(at: status.nextSync)]
    return actions
  }

  private mutating func noteGoodSamples(of agreement: BurstAgreement) {
    status.samples = agreement.samples.count
    status.rejected = agreement.rejected
    status.shortestRoundTrip = burst.shortestRoundTrip
    status.lastRoundTrip = burst.samples.last?.roundTrip
    status.lastSync = burst.samples.last?.received
  }

  /// The jittered interval, or sooner when the error would pass `max_error` before; and which.
  mutating func waitAfterGoodResync(at now: MonotonicInstant) -> (Duration, ResyncCause) {
    let jitter = settings.interval / 20
    let regular = random.duration(in: settings.interval - jitter...settings.interval)
    guard let clock = status.clock, clock.interval(at: now).error < settings.maxError,
      let limit = clock.instant(errorReaches: settings.maxError)
    else { return (regular, .interval) }
    // A little before the limit, so that the burst is done by then; not so often that a path which
    // is hardly good enough is probed without end.
    let early = max((limit - now) * 9 / 10, .seconds(30))
    return early < regular ? (early, .error) : (regular, .interval)
  }

  // MARK: Log

  mutating func logStateChange(at now: MonotonicInstant, evenIfSame: Bool = false) -> [Action] {
    let state = status.state(at: now)
    guard state != loggedState || evenIfSame else { return [] }
    defer { loggedState = state }
    return [
      .log(.stateChanged(from: loggedState, to: state, reason: status.reason(at: now)))
    ]
  }
}

/// The answer to a demand for a resync.
package enum ResyncDemand: Sendable, Hashable {
  /// One is under way or will be; `.resyncEnded` follows.
  case accepted([Action])

  /// Not now: why, and how long until it may be asked again.
  case refused(reason: String, retryAfter: Duration)
}
