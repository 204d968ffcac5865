import Testing

@testable import ClockCore

/// Hours of weather in virtual time: delays, losses, refusals, drift, suspends and demands. As long
/// as the assumptions hold, the truth is within every bound that may be used.
@Suite struct ExchangeTrackerRandomTests {
  @Test(arguments: 0..<100 as Range<UInt64>)
  func theTruthIsAlwaysInsideTheBound(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let limit = Int.random(in: 1...500, using: &random)
    let resolutions: [Duration] = [.microseconds(1), .milliseconds(1), .seconds(1)]
    let settings = TrackerSettings(
      interval: .seconds(1 << Int.random(in: 5...11, using: &random)),
      maxError: random.duration(in: .milliseconds(5)...(.milliseconds(500))),
      samples: .random(in: 1...16, using: &random),
      drift: DriftBound(partsPerMillion: limit),
      resolution: resolutions[Int(seed % 3)])
    var driver = TrackerDriver(settings, seed: seed)
    driver.script = weather(seed: seed, losses: Int.random(in: 0...40, using: &random))
    var failures: [MonotonicInstant] = []
    var usable = 0
    driver.watch = {
      guard $0.state.isUsable else { return }
      usable += 1
      if !$0.holdsTruth { failures.append($0.now) }
    }
    // The rate strays by no more than the tracker is told: 2 ppm.
    let rate = Int.random(in: -limit...limit, using: &random)
    driver.drift = rate
    driver.start()
    for _ in 0..<30 {
      driver.run(for: random.duration(in: .milliseconds(1)...(.seconds(400))))
      switch Int.random(in: 0..<6, using: &random) {
      case 0: driver.suspend(for: random.duration(in: .milliseconds(11)...(.seconds(9_999))))
      case 1...2: _ = driver.demandResync()
      case 3:
        let strayed = rate + .random(in: -2...2, using: &random)
        driver.drift = min(max(strayed, -limit), limit)
      default: break
      }
    }
    #expect(failures.isEmpty, "seed \(seed)")
    #expect(usable > 20, "seed \(seed): time was given")
    #expect(driver.probes.mostWithinAMinute <= max(60, settings.probesPerMinute))
    // Nothing contradicted itself, so nothing was taken for a step.
    for event in driver.events {
      switch event {
      case .stateChanged, .stopSignal: break
      default: Issue.record("seed \(seed): \(event)")
      }
    }
    // Once the weather is fair again, so is the state.
    driver.script = { _ in .time(up: .milliseconds(1), down: .milliseconds(1)) }
    driver.run(for: .seconds(2_000))
    driver.runUntilResyncEnds()
    #expect(driver.status.failure == nil, "seed \(seed)")
    #expect(driver.state.isUsable, "seed \(seed)")
  }

  /// - Parameter losses: percent of the probes that yield nothing.
  private func weather(seed: UInt64, losses: Int) -> (Int) -> TrackerDriver.Answer {
    { probe in
      var random = SplitMix64(seed: seed << 32 | UInt64(probe))
      if Int.random(in: 0..<100, using: &random) < losses {
        let answers: [TrackerDriver.Answer] = [
          .silence, .status(500), .status(502), .status(429),
          .status(429, retryAfter: .seconds(30)), .failure(ProbeFailure(reason: "reset")),
          .failure(ProbeFailure(reason: "unusable answer", status: 200)),
        ]
        return answers.randomElement(using: &random) ?? .silence
      }
      // Mostly short, sometimes long, never symmetric.
      let longest = Int64(1) << Int64.random(in: 10...30, using: &random)
      return .time(
        up: random.duration(in: .zero...(.nanoseconds(longest))),
        down: random.duration(in: .zero...(.nanoseconds(longest))))
    }
  }
}
