import ClockCore

/// The daemon of the simulated world: performs the actions of one tracker, brings it what happens,
/// and has every promise checked before and after every event.
struct SimulatedHost {
  private enum Event: Sendable {
    case start
    /// Stale unless it is the last one that was set.
    case wake(number: Int)
    case answered(Prober.Run)
    case demanded
    /// The daemon looks whether the host was suspended.
    case looked
    case queried
  }

  private let simulation: Simulation
  private let prober: Prober
  private let end: WorldInstant
  private var queue = EventQueue<Event>()
  private var tracker: ExchangeTracker
  private var inspector: Inspector
  private var outcome: Outcome
  private var random: SplitMix64
  private var queryRandom: SplitMix64
  /// As the daemon's board keeps it.
  private var past = ClockHistory()
  private var wakes = 0
  private var isWakeSet = false
  private var isProbing = false
  private var connections = 0
  private var suspendsNoticed = 0
  private var hasStarted = false

  /// A timer fires at most so much late.
  private static let longestLateness = Duration.microseconds(200)
  /// From the last byte of an answer until the tracker hears of it, at most.
  private static let longestHandOver = Duration.microseconds(150)

  init(_ simulation: Simulation, seed: UInt64, keepsTrace: Bool) {
    let seeds = Seeds(seed)
    let server = SimulatedServer(
      simulation.server, faults: simulation.faults, span: simulation.duration, seeds: seeds)
    let clocks = LocalClocks(simulation.host, span: simulation.duration, seeds: seeds)
    self.simulation = simulation
    prober = Prober(
      link: simulation.link, server: server, clocks: clocks,
      timeout: simulation.settings.timeout, seeds: seeds)
    end = .after(simulation.duration)
    var random = seeds.generator(.tracker)
    tracker = ExchangeTracker(
      settings: simulation.settings, seed: random.next(),
      now: clocks.monotonic.reading(at: .after(.zero)))
    inspector = Inspector(simulation, prober: prober, status: tracker.status, seed: seed)
    self.random = seeds.generator(.host)
    queryRandom = seeds.generator(.host, 1)
    outcome = Outcome(seed: seed, trace: Trace(keepsLines: keepsTrace))
  }

  mutating func run() -> Outcome {
    schedule(seeds: prober.seeds)
    while let (instant, event) = queue.next(), instant <= end {
      let awake = prober.clocks.awake(from: instant)
      if awake > instant {
        queue.add(event, at: awake)
        continue
      }
      inspector.look(at: instant)
      if case .looked = event {
        notice(at: instant)
      } else if !simulation.host.pausesAreSilent {
        notice(at: instant)
      }
      handle(event, at: instant)
      inspector.look(at: instant)
      inspector.checkPublished(tracker.status, at: instant)
      if !isWakeSet && !isProbing {
        inspector.report("nothing is under way and no wake is set", at: instant)
        break
      }
    }
    outcome.violations = inspector.violations
    return outcome
  }

  private mutating func schedule(seeds: Seeds) {
    var random = seeds.generator(.schedule)
    queue.add(.start, at: .after(random.duration(in: .zero ... .seconds(1))))
    isWakeSet = true
    for demand in simulation.demands {
      var at = demand.from + random.duration(in: .zero...demand.every)
      while at < min(demand.to, simulation.duration) {
        queue.add(.demanded, at: .after(at))
        at += demand.every
      }
    }
    for pause in simulation.host.oscillator.pauses {
      let notice = random.duration(in: .zero...simulation.host.longestNotice)
      queue.add(.looked, at: .after(pause.end + notice))
    }
    scheduleQuery(after: .after(.zero))
  }

  private mutating func scheduleQuery(after instant: WorldInstant) {
    let interval = simulation.queryInterval
    let pause =
      simulation.queriesAtRandom ? queryRandom.duration(in: .zero...interval * 2) : interval
    queue.add(.queried, at: instant + pause)
  }

  private var kept: Int {
    let estimate = tracker.memory?.estimate
    return past.count + (estimate?.fleet.seen.count ?? 0)
      + (estimate.map { $0.lowerBounds.count + $0.upperBounds.count } ?? 0)
  }

  /// As the daemon does before it handles anything: a suspend is never overlooked, and a pause
  /// that nobody tells of not for long.
  private mutating func notice(at instant: WorldInstant) {
    let suspends = prober.clocks.model.oscillator.pauses.count { .after($0.end) <= instant }
    guard suspends > suspendsNoticed else { return }
    suspendsNoticed = suspends
    outcome.trace.add("suspended", at: instant)
    inspector.suspendNoticed(suspends, hasStarted: hasStarted)
    guard hasStarted else { return }
    let actions = tracker.disrupted("the host was suspended", at: now(at: instant))
    perform(actions, at: instant)
  }

  private mutating func handle(_ event: Event, at instant: WorldInstant) {
    let now = now(at: instant)
    switch event {
    case .start:
      hasStarted = true
      isWakeSet = false
      perform(tracker.started(at: now), at: instant)
    case .wake(let number):
      guard number == wakes else { return }
      outcome.trace.add("wake", at: instant)
      isWakeSet = false
      perform(tracker.woke(at: now), at: instant)
    case .answered(let run):
      isProbing = false
      switch run.result {
      case .success(let sample):
        outcome.trace.add("sample", at: instant, sample.departure.nanoseconds)
        inspector.answered(by: run.member, at: instant)
        perform(tracker.probed(sample, at: now), at: instant)
      case .failure(let failure):
        outcome.trace.add("failure", at: instant, Int64(failure.status ?? 0))
        inspector.failed(failure, at: now)
        perform(tracker.probeFailed(failure, at: now), at: instant)
      }
    case .demanded:
      guard hasStarted else { return }
      switch tracker.resyncDemanded(at: now) {
      case .accepted(let actions): perform(actions, at: instant)
      case .refused: outcome.refusedDemands += 1
      }
    case .looked: break
    case .queried:
      var query = inspector.query(at: instant)
      query.kept = kept
      outcome.queries.append(query)
      scheduleQuery(after: instant)
    }
  }

  private mutating func perform(_ actions: [Action], at instant: WorldInstant) {
    for action in actions {
      switch action {
      case .probe: probe(at: instant)
      case .closeConnection:
        connections += 1
        inspector.burstEnded()
      case .wake(let reading):
        wakes += 1
        isWakeSet = true
        outcome.trace.add("set", at: instant, reading.nanoseconds)
        let late = random.duration(in: .zero...Self.longestLateness)
        let due = max(prober.clocks.monotonic.instant(of: reading), instant)
        queue.add(.wake(number: wakes), at: due + late)
      case .publish:
        let interval = tracker.status.clock?.interval(at: now(at: instant))
        outcome.trace.add(
          "publish", at: instant, interval?.lower.nanoseconds ?? 0,
          interval?.upper.nanoseconds ?? 0)
        inspector.published = tracker.status
        past.note(tracker.status)
      case .log(let event):
        outcome.events.append((instant, event))
        outcome.trace.add("log", at: instant)
      case .resyncEnded(let failure):
        outcome.resyncs.append(.init(at: instant, failure: failure))
        outcome.trace.add("ended", at: instant, failure == nil ? 0 : 1)
        inspector.resyncEnded(failure, at: instant)
      }
    }
  }

  private mutating func probe(at instant: WorldInstant) {
    if isProbing { inspector.report("two probes at once", at: instant) }
    isProbing = true
    outcome.trace.add("probe", at: instant)
    inspector.probeSent(at: instant)
    let run = prober.run(probe: outcome.probes.count, connection: connections, at: instant)
    outcome.probes.append(instant)
    let handOver = random.duration(in: .zero...Self.longestHandOver)
    queue.add(.answered(run), at: run.ended + handOver)
  }

  private func now(at instant: WorldInstant) -> MonotonicInstant {
    prober.clocks.monotonic.reading(at: instant)
  }
}
