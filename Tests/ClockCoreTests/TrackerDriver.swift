@testable import ClockCore

/// Drives one tracker through virtual time, against an exchange that answers by a script.
struct TrackerDriver {
  enum Answer {
    /// The exchange reads its clock `up` after the request left; the answer takes `down`. Its clock
    /// seems to be ahead by `lie` of what it is.
    case time(up: Duration, down: Duration, lie: Duration = .zero)
    case failure(ProbeFailure, after: Duration = .milliseconds(50))

    static let prompt = Answer.time(up: .milliseconds(10), down: .milliseconds(10))
    static let silence = Answer.failure(
      ProbeFailure(reason: "no answer within 5 s"), after: .seconds(5))

    static func status(_ status: Int, retryAfter: Duration? = nil) -> Answer {
      .failure(ProbeFailure(reason: "HTTP \(status)", status: status, retryAfter: retryAfter))
    }
  }

  private(set) var tracker: ExchangeTracker
  private(set) var now = MonotonicInstant(nanoseconds: 1_000_000_000_000)

  /// What was done, and when; oldest first.
  private(set) var done: [(at: MonotonicInstant, action: Action)] = []

  /// When each probe left.
  private(set) var probes: [MonotonicInstant] = []
  /// When each was over.
  private(set) var ends: [MonotonicInstant] = []

  private(set) var events: [TrackerEvent] = []

  /// The failures of the resyncs that ended; nil for a good one.
  private(set) var endings: [ProbeFailure?] = []

  /// The last restart took over what was remembered.
  private(set) var wasRestored = false

  /// How the exchange answers the probe of that number, counted from 0.
  var script: (_ probe: Int) -> Answer = { _ in .prompt }

  /// The quantum of the exchange's answers; nil for what the settings say.
  var resolution: Duration?

  /// Called at moments between events, for what must always hold.
  var watch: ((TrackerDriver) -> Void)?

  /// The rate of the exchange's clock against ours. Positive: it is faster.
  var drift = 0 {
    willSet { turn() }
  }

  private var truth = AnchoredOffset(nanoseconds: 1_790_000_000_000_000_000)
  private var truthAsOf = MonotonicInstant(nanoseconds: 1_000_000_000_000)
  private var wake: MonotonicInstant?
  private var inFlight: (at: MonotonicInstant, result: Result<Sample, ProbeFailure>)?

  init(_ settings: TrackerSettings = TrackerSettings(), seed: UInt64 = 1) {
    tracker = ExchangeTracker(settings: settings, seed: seed, now: now)
  }

  // MARK: What a test asks

  var status: ExchangeStatus { tracker.status }
  var state: SyncState { status.state(at: now) }
  var interval: OffsetInterval<Monotonic, Exchange>? { status.interval(at: now) }

  /// The exchange's clock minus ours, as only the test knows it.
  func offset(at instant: MonotonicInstant) -> AnchoredOffset {
    truth + .nanoseconds((instant - truthAsOf).wholeNanoseconds * Int64(drift) / 1_000_000)
  }

  /// Whether the truth is within what is published now.
  var holdsTruth: Bool {
    guard let interval else { return false }
    return interval.lower <= offset(at: now) && offset(at: now) <= interval.upper
  }

  // MARK: What happens

  mutating func start() {
    perform(tracker.started(at: now))
  }

  mutating func run(for duration: Duration) {
    run(until: now + duration)
  }

  mutating func run(until end: MonotonicInstant) {
    while let next = nextEvent, next <= end { handleEvent(at: next) }
    now = max(now, end)
    watch?(self)
  }

  /// Runs until one more resync has ended, at most for a day.
  mutating func runUntilResyncEnds() {
    run(for: .seconds(86_400)) { $0.endings.count }
  }

  /// Runs until one more probe was sent, at most for a day.
  mutating func runUntilProbe() {
    run(for: .seconds(86_400)) { $0.probes.count }
  }

  mutating func demandResync(acceptingStep: Bool = false) -> ResyncDemand {
    let demand = tracker.resyncDemanded(acceptingStep: acceptingStep, at: now)
    if case .accepted(let actions) = demand { perform(actions) }
    return demand
  }

  mutating func reconfigure(_ settings: TrackerSettings) {
    perform(tracker.reconfigured(settings, at: now))
  }

  /// A bot reports a refusal that puts the exchange's clock in doubt.
  mutating func reportDoubt(
    made age: Duration? = nil, isContradicted: Bool = false, isOfGoodStamp: Bool = false,
    by reporter: UInt32? = nil
  ) -> ResyncDemand? {
    let demand = tracker.clockDoubted(
      stampMade: age.map { now - $0 }, isContradicted: isContradicted,
      isOfGoodStamp: isOfGoodStamp, by: reporter, at: now)
    if case .accepted(let actions)? = demand { perform(actions) }
    return demand
  }

  /// The exchange's clock is set. Positive: ahead.
  mutating func stepExchange(by step: Duration) {
    truth = truth + step
  }

  /// This host sleeps: its CLOCK_MONOTONIC_RAW stops, the exchange goes on.
  mutating func suspend(for duration: Duration) {
    truth = truth + duration
    perform(tracker.disrupted("the host was suspended", at: now))
  }

  /// The daemon ends and another one goes on with what it remembered, if it is sound.
  mutating func restart(after pause: Duration = .zero, with memory: TrackerMemory?) {
    now = now + pause
    (wake, inFlight) = (nil, nil)
    let settings = status.settings
    let restored = memory.flatMap {
      ExchangeTracker(settings: settings, seed: 2, now: now, restoring: $0)
    }
    tracker = restored ?? ExchangeTracker(settings: settings, seed: 2, now: now)
    wasRestored = restored != nil
  }

  /// This host's CLOCK_REALTIME is set.
  mutating func setSystemClock() {
    perform(tracker.systemClockSet(at: now))
  }

  /// Wakes the tracker although its time has not come.
  mutating func wakeEarly() {
    perform(tracker.woke(at: now))
  }

  // MARK: Virtual time

  private var nextEvent: MonotonicInstant? {
    [inFlight?.at, wake].compactMap(\.self).min()
  }

  private mutating func run(for limit: Duration, until count: (TrackerDriver) -> Int) {
    let (before, end) = (count(self), now + limit)
    while count(self) == before, let next = nextEvent, next <= end { handleEvent(at: next) }
  }

  private mutating func handleEvent(at instant: MonotonicInstant) {
    if let watch {
      now = max(now, now + (instant - now) * 9 / 10)
      watch(self)
    }
    now = max(now, instant)
    if let (at, result) = inFlight, at <= instant {
      inFlight = nil
      ends.append(now)
      switch result {
      case .success(let sample): perform(tracker.probed(sample, at: now))
      case .failure(let failure): perform(tracker.probeFailed(failure, at: now))
      }
    } else {
      wake = nil
      perform(tracker.woke(at: now))
    }
    watch?(self)
  }

  private mutating func perform(_ actions: [Action]) {
    for action in actions {
      switch action {
      case .probe: send()
      case .wake(let instant): wake = instant
      case .log(let event): events.append(event)
      case .resyncEnded(let failure): endings.append(failure)
      case .closeConnection, .publish: break
      }
      done.append((now, action))
    }
  }

  private mutating func send() {
    precondition(inFlight == nil, "one probe at a time")
    let number = probes.count
    probes.append(now)
    switch script(number) {
    case .time(let up, let down, let lie):
      let read = now + up
      let resolution = resolution ?? status.settings.resolution
      let stamp = (read + offset(at: read) + lie).rounded(downTo: resolution)
      let sample = Sample(
        sent: now, received: read + down, stamp: stamp, resolution: resolution)
      // The actor hears of it a little later.
      inFlight = (read + down + .microseconds(100), .success(sample))
    case .failure(let failure, let wait): inFlight = (now + wait, .failure(failure))
    }
  }

  private mutating func turn() {
    truth = offset(at: now)
    truthAsOf = now
  }
}
