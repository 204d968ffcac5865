/// What is believed of one exchange's clock, and what it takes to change that.
///
/// Each finished burst is weighed against the past:
///
///     it fits the samples of the past      it is believed, and they are refined together
///     it does not                          a second burst is sent at once, which
///         fits the past                        the first came from another server, or was wrong
///         fits the first                       the clock was set, or its rate has changed
///         fits neither                         nothing is believed
///
/// A clock that is set and returns to what it was is not set at all: answers come from several
/// servers, whose clocks differ. The bound covers all that were met within a day.
package struct BelievedClock: Sendable, Hashable {
  package enum Verdict: Sendable, Hashable {
    case believed([TrackerEvent])
    /// The first burst that contradicts the past: another one must confirm it, at once.
    case contradicted
    /// - Parameter keepsPast: the past stays in use.
    case refused(ProbeFailure, keepsPast: Bool, [TrackerEvent])
  }

  /// By the samples alone; nil before the first burst that was believed.
  private(set) var proven: IntervalClock?
  /// What it is widened by to cover all servers.
  private(set) var widening = Spread.none
  /// The samples of earlier bursts that still bind.
  private(set) var window: OffsetWindow
  /// How far the rate is taken to stray; grows when it was seen to stray further.
  private(set) var wanderPPM: Double
  private(set) var fleet = FleetSpread()
  /// When the rate was last seen to stray further than was thought, or trusted more again.
  private var rateChanged: MonotonicInstant?
  /// What a finished burst said that contradicts the past and awaits confirmation.
  private var suspect: BurstAgreement?
  /// The clock before it was last set, not far.
  private var former: IntervalClock?

  private var settings: TrackerSettings

  package init(settings: TrackerSettings) {
    self.settings = settings
    wanderPPM = settings.wanderPPM
    window = settings.emptyWindow(wanderPPM: settings.wanderPPM)
  }

  /// Goes on from what an earlier one knew.
  ///
  /// - Parameter estimate: is sound.
  init(settings: TrackerSettings, restoring estimate: TrackerMemory.Estimate) {
    self.settings = settings
    wanderPPM = estimate.wanderPPM
    window = settings.emptyWindow(wanderPPM: estimate.wanderPPM)
    window.lower = estimate.lowerBounds
    window.upper = estimate.upperBounds
    rateChanged = estimate.clock.asOf
    proven = estimate.clock
    widening = estimate.widening
    fleet = estimate.fleet
  }

  /// Goes on under other settings, with all that is known.
  mutating func follow(_ settings: TrackerSettings) {
    self.settings = settings
    let past = window
    window = emptyWindow
    (window.lower, window.upper) = (past.lower, past.upper)
  }

  /// This host's clock was interrupted: where the exchange's clock is now is not known, but its
  /// servers and its ways stay as they are.
  package mutating func forgetClock() {
    (proven, suspect, former) = (nil, nil, nil)
    widening = .none
    window = emptyWindow
  }

  /// The exchange's clock, whichever server answers; nil before the first burst that was believed.
  package var clock: IntervalClock? { proven?.widened(by: widening) }

  /// A burst contradicts the past, and whether it is right is not known yet.
  package var isInDoubt: Bool { suspect != nil }

  /// The clock by a burst that is not finished, where nothing is known yet; else nil.
  package func impression(of fresh: BurstAgreement) -> IntervalClock? {
    guard proven == nil, suspect == nil else { return nil }
    var impression = self
    return impression.adopt(window, fresh) ? impression.clock : nil
  }

  /// - Parameter acceptingAnyStep: the clock may have been set by more than `max_step`.
  package mutating func weigh(_ fresh: BurstAgreement, acceptingAnyStep: Bool = false) -> Verdict {
    guard !fresh.fresh.isEmpty else {
      let reason = "every answer was made before it was asked for: a cache, or a clock that stands"
      return .refused(ProbeFailure(reason: reason), keepsPast: !isInDoubt, [])
    }
    let wasFleet = fleet.isFleet
    var events: [TrackerEvent] = []
    if window.fits(fresh, slack: fleet.slack), !breaksOutlivedPast(fresh) {
      events = overruleSuspect()
      // Samples that only several servers explain: they are all still there.
      if fleet.isFleet, !window.fits(fresh, slack: .zero) { fleet.metAgain(at: fresh.clock.asOf) }
      narrowWander(at: fresh.clock.asOf)
      if !adopt(window, fresh) { adopt(emptyWindow, fresh) }
    } else if let known = proven {
      guard let first = suspect else {
        suspect = fresh
        return .contradicted
      }
      suspect = nil
      switch contradiction(of: known, by: first, and: fresh, acceptingAnyStep) {
      case .believed(let more): events = more
      case let other: return other
      }
    } else {
      adopt(emptyWindow, fresh)
    }
    if !wasFleet, fleet.isFleet { events.append(.fleetMet(spread: fleet.slack)) }
    return .believed(events)
  }

  /// What is too old to refine the clock still says where it can be.
  private func breaksOutlivedPast(_ fresh: BurstAgreement) -> Bool {
    guard let clock, window.isOutlived(at: fresh.clock.asOf) else { return false }
    return !clock.agrees(with: fresh.clock, within: settings.drift)
  }

  /// Two bursts in a row contradict the past.
  private mutating func contradiction(
    of known: IntervalClock, by first: BurstAgreement, and fresh: BurstAgreement,
    _ acceptingAnyStep: Bool
  ) -> Verdict {
    let jump = known.jump(to: fresh.clock)
    let isNear = abs(jump) <= Spread.largest
    guard first.clock.agrees(with: fresh.clock, within: settings.drift) else {
      if isNear, abs(known.jump(to: first.clock)) <= Spread.largest {
        fleet.saw(known, first)
        fleet.saw(known, fresh)
        fleet.saw(first.clock, fresh)
        adopt(emptyWindow, fresh)
        return .believed([])
      }
      suspect = fresh
      return .refused(
        ProbeFailure(reason: "answers contradict the past and each other"), keepsPast: false, [])
    }
    if isNear, let former, fresh.clock.asOf - former.asOf <= FleetSpread.memory,
      former.covers(fresh.clock)
    {
      fleet.saw(known, fresh)
      wanderPPM = settings.wanderPPM
      adopt(emptyWindow, fresh)
      self.former = known
      return .believed([])
    }
    if known.agrees(with: fresh.clock, within: settings.drift) {
      // No step, but the rate has changed by more than was thought: it is learnt anew, and trusted
      // less from now on.
      wanderPPM = min(wanderPPM * 2, Double(settings.drift.partsPerMillion))
      rateChanged = fresh.clock.asOf
      adopt(emptyWindow, first, fresh)
      return .believed([.rateChanged(wanderPPM: wanderPPM)])
    }
    guard abs(jump) <= settings.maxStep || acceptingAnyStep else {
      // The jump stays suspect: the next burst need not be confirmed.
      suspect = fresh
      let reason =
        "the exchange's clock jumped by \(jump.shortText), more than max_step: not believed"
      return .refused(
        ProbeFailure(reason: reason), keepsPast: true,
        [.stepRefused(by: jump, limit: settings.maxStep)])
    }
    former = isNear ? known : nil
    adopt(emptyWindow, first, fresh)
    return .believed([.stepAccepted(by: jump)])
  }

  /// A burst that agrees with the past clears the one that did not. Where that was near, it came
  /// from another server.
  private mutating func overruleSuspect() -> [TrackerEvent] {
    guard let suspect, let known = proven else { return [] }
    self.suspect = nil
    let jump = known.jump(to: suspect.clock)
    if abs(jump) <= Spread.largest { fleet.saw(known, suspect) }
    return [.burstRejected(by: jump)]
  }

  /// A day without a surprise, and the rate is trusted more again.
  private mutating func narrowWander(at now: MonotonicInstant) {
    guard wanderPPM > settings.wanderPPM, let rateChanged,
      now - rateChanged >= .seconds(86_400)
    else { return }
    self.rateChanged = now
    wanderPPM = max(wanderPPM / 2, settings.wanderPPM)
    window.wanderPPM = wanderPPM
  }

  private var emptyWindow: OffsetWindow { settings.emptyWindow(wanderPPM: wanderPPM) }

  /// Starts again with two bursts that agree.
  private mutating func adopt(
    _ window: OffsetWindow, _ first: BurstAgreement, _ fresh: BurstAgreement
  ) {
    var confirmed = window
    confirmed.insert(first)
    if !adopt(confirmed, fresh) { adopt(window, fresh) }
  }

  /// Takes the window with the burst for the truth, unless they contradict each other.
  @discardableResult
  private mutating func adopt(_ window: OffsetWindow, _ fresh: BurstAgreement) -> Bool {
    var (window, fleet) = (window, fleet)
    window.insert(fresh)
    fleet.saw(fresh)
    guard let whole = window.clock(at: fresh.clock.asOf, slack: fleet.slack) else { return false }
    // A burst that was cut short is too wide to stand alone.
    let standsAlone = fresh.fresh.count * 2 >= settings.samples
    let clock = standsAlone ? window.clock(provenBy: fresh, slack: fleet.slack) ?? whole : whole
    self.window = window
    self.fleet = fleet
    proven = clock
    widening = fleet.spread(with: fresh)
    return true
  }
}
