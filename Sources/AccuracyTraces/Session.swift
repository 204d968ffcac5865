internal import ClockCore
internal import ClockSimulation

/// The daemon's own state machine at work on a simulated link, in virtual time.
struct Session {
  private(set) var tracker: ExchangeTracker
  private(set) var trial: LinkTrial

  /// Those of the resync under way, or of the last one.
  private(set) var samples: [Sample] = []

  /// Resyncs that have ended.
  private(set) var resyncs = 0

  /// What the machine's own work on samples has taken so far, in real time.
  private(set) var work = Duration.zero

  private var now: MonotonicInstant
  private var wake: MonotonicInstant?
  private var mustProbe = false
  private var isNewBurst = true

  init(_ trial: LinkTrial, settings: TrackerSettings, seed: UInt64) {
    self.trial = trial
    now = trial.now
    tracker = ExchangeTracker(settings: settings, seed: seed, now: now)
    perform(tracker.started(at: now))
  }

  /// Goes on until one more answer is in.
  mutating func runUntilSample() {
    while !mustProbe {
      guard let next = wake else { preconditionFailure("the tracker waits for nothing") }
      now = max(now, next)
      wake = nil
      perform(tracker.woke(at: now))
    }
    mustProbe = false
    if isNewBurst { samples = [] }
    isNewBurst = false
    let sample = trial.probe(after: max(now - trial.now, .zero))
    samples.append(sample)
    now = trial.now
    let begun = ContinuousClock.now
    let actions = tracker.probed(sample, at: now)
    work += ContinuousClock.now - begun
    perform(actions)
  }

  /// Goes on until one more resync has ended; `each` is called after each of its answers.
  mutating func runUntilResyncEnds(each: (Session) -> Void = { _ in }) {
    let before = resyncs
    while resyncs == before {
      runUntilSample()
      each(self)
    }
  }

  /// What a reader is told now.
  var published: Published? { published(at: now) }

  /// What a reader would be told at `instant`, if nothing happens until then.
  func published(at instant: MonotonicInstant) -> Published? {
    Published(tracker.status, at: instant, truth: trial.truth(at: instant))
  }

  /// The instants from now to the next resync, so far apart, and that of the resync itself.
  func instantsUntilResync(every step: Duration) -> [MonotonicInstant] {
    let end = tracker.status.nextSync
    var instants: [MonotonicInstant] = []
    var instant = now
    while instant < end {
      instants.append(instant)
      instant = instant + step
    }
    return instants + [end]
  }

  private mutating func perform(_ actions: [Action]) {
    for action in actions {
      switch action {
      case .probe: mustProbe = true
      case .wake(let instant): wake = instant
      case .closeConnection: isNewBurst = true
      case .resyncEnded: resyncs += 1
      case .publish, .log: break
      }
    }
  }
}
