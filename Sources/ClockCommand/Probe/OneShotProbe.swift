internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import ExchangeCatalog
internal import JSONDocument
internal import LinuxSystem

/// One resync of one exchange in this process: the daemon's state machine, with nothing around it.
struct OneShotProbe {
  /// What one probe yielded.
  struct Step {
    var roundTrip: Duration
    /// By this sample alone, and by all so far; nil where they contradict each other.
    var alone: OffsetInterval<Local, Exchange>?
    var together: OffsetInterval<Local, Exchange>?
  }

  let settings: ExchangeSettings
  private let drift: DriftBound
  private(set) var tracker: ExchangeTracker
  private(set) var steps: [Step] = []

  init(_ settings: ExchangeSettings) {
    self.settings = settings
    drift = DriftBound(partsPerMillion: settings.maxDriftPPM)
    var seeds = SystemRandomNumberGenerator()
    var tracking = TrackerSettings(
      maxError: settings.maxError, samples: settings.samples, timeout: settings.timeout,
      drift: drift, maxStep: settings.maxStep, resolution: settings.definition.resolution)
    if let most = settings.definition.probesPerMinute {
      tracking.hostShare = most
      tracking.isHostShareStrict = true
    }
    tracker = ExchangeTracker(
      settings: tracking, seed: seeds.next(), now: HostClocks.monotonic())
  }

  /// Sends probes until the resync is over.
  ///
  /// - Parameters:
  ///   - prober: connects to the exchange.
  ///   - said: told of each sample.
  ///   - waiting: told before each probe, with the number of samples so far.
  /// - Returns: why it was not good; nil when it was.
  mutating func run(
    _ prober: Prober, waiting: (Int) -> Void, said: (Int, Step) throws -> Void
  ) throws -> ProbeFailure? {
    var connection: (() -> Result<Sample, ProbeFailure>)?
    var actions = tracker.started(at: HostClocks.monotonic())[...]
    while let action = actions.popFirst() {
      switch action {
      case .probe:
        waiting(steps.count)
        let open = connection ?? prober(settings)
        connection = open
        switch open() {
        case .success(let sample):
          actions = tracker.probed(sample, at: HostClocks.monotonic())[...]
          let step = step(sample)
          steps.append(step)
          try said(steps.count, step)
        case .failure(let failure):
          actions = tracker.probeFailed(failure, at: HostClocks.monotonic())[...]
        }
      case .closeConnection: connection = nil
      case .resyncEnded(let failure): return failure
      case .wake(let instant):
        Thread.pause(for: max(instant - HostClocks.monotonic(), .zero))
        actions += tracker.woke(at: HostClocks.monotonic())
      case .publish, .log: break
      }
    }
    return tracker.status.failure
  }

  private func step(_ sample: Sample) -> Step {
    let clocks = HostClocks.read()
    return Step(
      roundTrip: sample.roundTrip,
      alone: sample.interval(at: clocks.raw, drift: drift).map(clocks.localInterval),
      together: tracker.status.interval(at: clocks.raw).map(clocks.localInterval))
  }

  /// What is known now, as the daemon would say it.
  var offset: OffsetResult {
    let (clocks, status) = (HostClocks.read(), tracker.status)
    var result = OffsetResult(
      exchange: settings.id, state: status.state(at: clocks.raw).rawValue,
      reason: status.reason(at: clocks.raw), measurement: nil, samples: Int64(status.samples),
      rejected: Int64(status.rejected),
      resolutionNanoseconds: settings.definition.resolution.wholeNanoseconds,
      nextSyncMilliseconds: 0, failures: Int64(status.failures))
    result.rejectedBy = [
      .init("contradicting", .integer(Int64(status.rejections.contradicting))),
      .init("stale", .integer(Int64(status.rejections.stale))),
      .init("unusable", .integer(Int64(status.rejections.unusable))),
    ]
    result.resyncsBy = ResyncCause.allCases.map {
      .init($0.rawValue, .integer(Int64(status.resyncs[$0])))
    }
    result.resyncsFailed = Int64(status.resyncs.failed)
    guard let interval = status.interval(at: clocks.raw), let clock = status.clock,
      let lastSync = status.lastSync
    else { return result }
    let local = clocks.localInterval(of: interval)
    let age = clocks.raw - lastSync
    result.measurement = OffsetResult.Measurement(
      offsetNanoseconds: local.midpoint.nanoseconds, lowerNanoseconds: local.lower.nanoseconds,
      upperNanoseconds: local.upper.nanoseconds, errorNanoseconds: local.error.wholeNanoseconds,
      driftPPM: clock.rates.midpointPPM, driftErrorPPM: clock.rates.errorPPM,
      shortestRoundTripNanoseconds: status.shortestRoundTrip?.wholeNanoseconds ?? 0,
      lastRoundTripNanoseconds: status.lastRoundTrip?.wholeNanoseconds ?? 0,
      lastSyncMicroseconds: (clocks.local - age).nanoseconds / 1_000,
      ageMilliseconds: age.wholeNanoseconds / 1_000_000)
    return result
  }
}
