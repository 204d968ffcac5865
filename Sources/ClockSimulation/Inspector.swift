import ClockCore

/// Checks the promises, from what the world knows and readers are shown; it shares no rule with
/// the tracker but the published interval itself.
///
/// A promise is void while its assumption is broken: from a lie of the exchange (a step of its
/// clock, a stale or wrong stamp) until a burst that began after the lie has ended well.
struct Inspector {
  /// What readers are shown.
  var published: ExchangeStatus
  private(set) var violations: [Outcome.Violation] = []

  private let simulation: Simulation
  private let prober: Prober
  private let seed: UInt64
  private let lies: [(from: WorldInstant, to: WorldInstant)]
  private let probesPerMinute: Int
  private let usefulLife: Duration

  private var recentProbes: [MonotonicInstant] = []
  private var silentUntil: MonotonicInstant?
  private var burstBegan: WorldInstant?
  private var lastBurstBegan: WorldInstant?
  private var lastEnding: Outcome.Resync?
  /// When the last burst that ended well began; nil when there is none, or a suspend came after.
  private var goodBurst: WorldInstant?
  private var lastGoodAnswer: WorldInstant?
  private var lastAnswer: WorldInstant?
  /// A sample came in since the last resync ended; a burst may still be taken back.
  private var hasNewSamples = false
  private var hasEnded = false
  private var suspendsNoticed = 0
  private var awaitsBurst = false
  private var lastLook: (at: MonotonicInstant, bound: Duration)?
  /// When each member of the fleet answered last, and when it last did in a resync that was good.
  private var answers: [WorldInstant?]
  private var goodAnswers: [WorldInstant?]

  /// Readings are whole nanoseconds, rounded down: two clocks, two instants each.
  static let rounding = Duration.nanoseconds(4)

  init(_ simulation: Simulation, prober: Prober, status: ExchangeStatus, seed: UInt64) {
    self.simulation = simulation
    self.prober = prober
    self.seed = seed
    published = status
    lies =
      simulation.server.clock.steps.map { (.after($0.at), .after($0.at)) }
      + simulation.faults.filter(\.isLie).map { (.after($0.from), .after($0.to)) }
    let settings = simulation.settings
    let asked =
      settings.samples * 60_000 / max(Int(settings.interval.wholeNanoseconds / 1_000_000), 1)
    probesPerMinute = max(60, asked * 6 / 5)
    usefulLife = max(.seconds(86_400), settings.interval * 4)
    answers = simulation.server.members.map { _ in nil }
    goodAnswers = answers
  }

  // MARK: What happens

  mutating func probeSent(at instant: WorldInstant) {
    let now = now(at: instant)
    burstBegan = burstBegan ?? instant
    if let silentUntil, now < silentUntil {
      report("probed \((silentUntil - now).shortText) before the exchange allows", at: instant)
    }
    recentProbes = recentProbes.filter { now - $0 < .seconds(60) } + [now]
    if recentProbes.count > probesPerMinute {
      report("\(recentProbes.count) probes within a minute", at: instant)
    }
  }

  mutating func answered(by member: Int?, at instant: WorldInstant) {
    hasNewSamples = true
    lastAnswer = instant
    if let member { answers[member] = instant }
  }

  mutating func failed(_ failure: ProbeFailure, at now: MonotonicInstant) {
    let ban: Duration = [418, 403, 451].contains(failure.status) ? .seconds(600) : .zero
    let wait = max(ban, min(failure.retryAfter ?? .zero, .seconds(86_400)))
    silentUntil = max(silentUntil ?? now, now + wait)
  }

  mutating func burstEnded() {
    lastBurstBegan = burstBegan ?? lastBurstBegan
    burstBegan = nil
  }

  mutating func resyncEnded(_ failure: ProbeFailure?, at instant: WorldInstant) {
    lastEnding = .init(at: instant, failure: failure)
    hasEnded = true
    guard failure == nil else { return }
    goodBurst = lastBurstBegan
    lastGoodAnswer = lastAnswer
    awaitsBurst = false
    goodAnswers = answers
  }

  mutating func suspendNoticed(_ count: Int, hasStarted: Bool) {
    suspendsNoticed = count
    awaitsBurst = hasStarted
    lastLook = nil
    goodBurst = nil
  }

  // MARK: What readers are shown

  /// What must hold at every moment.
  mutating func look(at instant: WorldInstant) {
    guard !isSuspendUnnoticed(at: instant) else { return }
    let now = now(at: instant)
    let state = published.state(at: now)
    let interval = published.interval(at: now)
    checkHonesty(state, interval, at: instant)
    guard state.isUsable, let interval else {
      lastLook = nil
      return
    }
    if let lastLook, !hasNewSamples, interval.error + .nanoseconds(2) < lastLook.bound {
      report("the interval shrank without a new sample", at: instant)
    }
    lastLook = (now, interval.error)
    if hasEnded { hasNewSamples = false }
    hasEnded = false
    if isExcused(at: instant) { return checkRecovery(at: instant) }
    checkTruth(interval, at: instant)
  }

  /// What readers are shown is what the tracker believes.
  mutating func checkPublished(_ status: ExchangeStatus, at instant: WorldInstant) {
    if published.clock != status.clock || published.disruption != status.disruption
      || published.failure != status.failure
    {
      report("the status changed and was not published", at: instant)
      published = status
    }
  }

  func query(at instant: WorldInstant) -> Outcome.Query {
    let now = now(at: instant)
    let state = isSuspendUnnoticed(at: instant) ? .disrupted : published.state(at: now)
    var query = Outcome.Query(at: instant, state: state)
    guard state.isUsable, let interval = published.interval(at: now) else { return query }
    query.bound = interval.error
    if !isExcused(at: instant) { query.error = abs(interval.midpoint - truth(at: instant)) }
    return query
  }

  mutating func report(_ what: String, at instant: WorldInstant) {
    // The first few say it all.
    guard violations.count < 20 else { return }
    violations.append(.init(at: instant, what: what, seed: seed))
  }

  // MARK: Promises

  private mutating func checkTruth(
    _ interval: OffsetInterval<Monotonic, Exchange>, at instant: WorldInstant
  ) {
    let held = prober.server.model.members.indices.map { member in
      let truth = truth(at: instant, member: member)
      return interval.lower <= truth + Self.rounding && truth <= interval.upper + Self.rounding
    }
    if let from = simulation.coversFleetFrom, instant >= .after(from) {
      for (member, isHeld) in held.enumerated() where !isHeld && mustCover(member, at: instant) {
        let distance = truth(at: instant, member: member) - interval.midpoint
        report(
          "the clock of member \(member) is \(distance.shortText) from the estimate, which is said"
            + " to be within \(interval.error.shortText)", at: instant)
      }
    } else if !held.contains(true) {
      report("no member's clock is within the interval", at: instant)
    }
    checkLocalView(interval, at: instant)
  }

  /// The same interval against CLOCK_REALTIME, as it shows at this moment, holds the truth as well.
  private mutating func checkLocalView(
    _ interval: OffsetInterval<Monotonic, Exchange>, at instant: WorldInstant
  ) {
    guard prober.server.model.members.count == 1 else { return }
    let local = prober.clocks.realtime.reading(at: instant)
    let rebased = interval.rebased(to: Offset(from: now(at: instant), to: local))
    let truth = LocalOffset(from: local, to: prober.server.reading(at: instant))
    if rebased.lower > truth + Self.rounding || truth > rebased.upper + Self.rounding {
      report("the offset from CLOCK_REALTIME is outside its interval", at: instant)
    }
  }

  private mutating func checkHonesty(
    _ state: SyncState, _ interval: OffsetInterval<Monotonic, Exchange>?, at instant: WorldInstant
  ) {
    let settings = simulation.settings
    if state.isUsable {
      if interval == nil { report("a time is given with no estimate", at: instant) }
      if awaitsBurst { report("a time is given right after a suspend", at: instant) }
      let age = lastAnswer.map { instant - $0 }
      if age.map({ $0 > usefulLife + .seconds(60) }) ?? true {
        report("a time is given past its void time", at: instant)
      }
    }
    if state == .synchronized {
      if let interval, interval.error > settings.maxError {
        report("synchronized with an error above max_error", at: instant)
      }
      if lastEnding?.failure != nil {
        report("synchronized although the last resync failed", at: instant)
      }
      let overdue =
        settings.interval
        + (settings.timeout + max(settings.resolution, .milliseconds(100))) * settings.samples
      if let lastGoodAnswer, instant - lastGoodAnswer > overdue * 2 + .seconds(120) {
        report("synchronized although a resync is long overdue", at: instant)
      }
    }
    if state == .unknown, !awaitsBurst, goodBurst != nil, let lastGoodAnswer,
      instant - lastGoodAnswer < usefulLife - .seconds(60)
    {
      report("a good estimate was lost", at: instant)
    }
  }

  private mutating func checkRecovery(at instant: WorldInstant) {
    guard let limit = simulation.longestRecovery,
      let ended = lies.filter({ $0.from <= instant }).map({ min($0.to, instant) }).max()
    else { return }
    if instant - ended > limit {
      report("no good resync \(limit.shortText) after the exchange's clock moved", at: instant)
    }
  }

  /// A member must be covered that answered before the last good resync ended, not long ago.
  private func mustCover(_ member: Int, at instant: WorldInstant) -> Bool {
    guard answers.count > 1 else { return true }
    guard let answered = goodAnswers[member] else { return false }
    return instant - answered < simulation.settings.interval * 2
  }

  private func isExcused(at instant: WorldInstant) -> Bool {
    guard let last = lies.filter({ $0.from <= instant }).map({ min($0.to, instant) }).max()
    else { return false }
    return goodBurst.map { $0 <= last } ?? true
  }

  private func isSuspendUnnoticed(at instant: WorldInstant) -> Bool {
    simulation.host.oscillator.pauses.count { .after($0.end) <= instant } > suspendsNoticed
  }

  private func truth(at instant: WorldInstant, member: Int = 0) -> AnchoredOffset {
    AnchoredOffset(
      from: now(at: instant), to: prober.server.reading(at: instant, member: member))
  }

  private func now(at instant: WorldInstant) -> MonotonicInstant {
    prober.clocks.monotonic.reading(at: instant)
  }
}
