import Testing

@testable import ClockCore

@Suite struct TrackerMemoryTests {
  /// A tracker some resyncs old, whose exchange's clock is fast by 20 ppm.
  private static func grown(_ settings: TrackerSettings = .init()) -> TrackerDriver {
    var driver = TrackerDriver(settings)
    driver.drift = 20
    driver.start()
    driver.run(for: .seconds(3 * 3600))
    return driver
  }

  @Test func aRestartServesAtOnceWithTheSameBoundGrownForItsAbsence() throws {
    var driver = Self.grown()
    let memory = try #require(driver.tracker.memory)
    let unbroken = driver
    driver.restart(after: .seconds(600), with: memory)
    #expect(driver.wasRestored)
    #expect(driver.state == .holdover)
    #expect(
      driver.status.reason(at: driver.now)
        == "restored from the state file; first resync under way")
    // As if it had never stopped: not better, and not worse either.
    #expect(driver.interval == unbroken.status.interval(at: driver.now))
    #expect(
      try #require(driver.interval).error > (try #require(unbroken.interval)).error)
    #expect(driver.holdsTruth)
    #expect(driver.status.samples == 8)
    #expect(driver.status.shortestRoundTrip == .milliseconds(20))
    #expect(driver.tracker.memory == memory, "what was remembered can be remembered again")

    driver.start()
    #expect(driver.probes.last == driver.now, "the first resync begins at once")
    #expect(driver.state == .holdover)
    driver.runUntilResyncEnds()
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
    // The rate was learnt before the restart, and is not learnt anew.
    let rates = try #require(driver.status.clock).rates
    #expect(rates.errorPPM < 30, "\(rates)")
    #expect(!driver.events.contains { if case .stepAccepted = $0 { true } else { false } })
  }

  @Test(arguments: [
    (TrackerDriver.Answer.prompt, SyncState.synchronized, ""),
    (.silence, .holdover, "no answer within 5 s"),
  ])
  func theLogHearsWhatTheFirstResyncCameTo(
    _ answer: TrackerDriver.Answer, _ state: SyncState, _ reason: String
  ) throws {
    var driver = Self.grown()
    let before = driver.events.count
    driver.script = { _ in answer }
    driver.restart(with: driver.tracker.memory)
    #expect(driver.wasRestored)
    driver.start()
    driver.runUntilResyncEnds()
    #expect(
      driver.events.dropFirst(before)
        == [.stateChanged(from: .holdover, to: state, reason: reason)])
  }

  /// What was written down may be anything: it does not keep what is measured now from being
  /// believed, however far that is.
  @Test(arguments: [-86_400, 3_600])
  func whatIsRestoredHasNoSayAgainstWhatIsMeasured(_ seconds: Int) throws {
    var driver = Self.grown()
    let memory = driver.tracker.memory
    driver.stepExchange(by: .seconds(seconds))
    driver.restart(after: .seconds(1), with: memory)
    #expect(driver.wasRestored)
    driver.start()
    driver.runUntilResyncEnds()
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
  }

  /// Servers that were met before the restart are covered after it as well.
  @Test func theServersOfAFleetAreRemembered() throws {
    var driver = TrackerDriver()
    driver.script = {
      .time(
        up: .milliseconds(10), down: .milliseconds(10), lie: .milliseconds($0 % 4 == 1 ? 200 : 0))
    }
    driver.start()
    driver.runUntilResyncEnds()
    let memory = try #require(driver.tracker.memory)
    let unbroken = try #require(driver.interval)
    #expect(unbroken.error > .milliseconds(200))
    driver.restart(with: memory)
    #expect(driver.wasRestored)
    #expect(driver.interval == unbroken)
    driver.script = { _ in .prompt }
    driver.start()
    driver.runUntilResyncEnds()
    #expect(try #require(driver.interval).error > .milliseconds(200))
  }

  @Test func aFirstResyncThatFailsKeepsTheEstimate() throws {
    var driver = Self.grown()
    driver.restart(with: driver.tracker.memory)
    #expect(driver.wasRestored)
    driver.script = { _ in .silence }
    driver.start()
    let restored = driver.interval
    driver.runUntilResyncEnds()
    #expect(driver.state == .holdover)
    #expect(driver.status.reason(at: driver.now) == "no answer within 5 s")
    #expect(try #require(driver.interval).error > (try #require(restored)).error)
  }

  @Test func anExchangeThatJumpedMeanwhileIsNotMixedWithItsPast() throws {
    var driver = Self.grown()
    let memory = driver.tracker.memory
    driver.stepExchange(by: .seconds(3))
    driver.restart(after: .seconds(60), with: memory)
    #expect(driver.wasRestored)
    driver.start()
    driver.runUntilResyncEnds()
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
    #expect(driver.status.disruption == nil)
  }

  @Test func aBanOutlivesTheRestart() throws {
    var driver = TrackerDriver()
    driver.script = { $0 == 0 ? .status(418, retryAfter: .seconds(1800)) : .prompt }
    driver.start()
    driver.runUntilResyncEnds()
    let banned = driver.now
    let memory = try #require(driver.tracker.memory)
    #expect(memory.estimate == nil)
    driver.restart(after: .seconds(300), with: memory)
    #expect(driver.wasRestored)
    #expect(driver.state == .unknown)
    #expect(driver.status.reason(at: driver.now) == "HTTP 418")
    #expect(driver.status.nextSync == banned + .seconds(1800))
    driver.start()
    guard case .refused(let reason, let wait) = driver.demandResync() else {
      Issue.record("a resync was accepted although the exchange has banned us")
      return
    }
    #expect(reason == "HTTP 418")
    #expect(wait == .seconds(1500))
    driver.run(until: banned + .seconds(1799))
    #expect(driver.probes.count == 1)
    driver.run(for: .seconds(10))
    #expect(driver.state == .synchronized)
    #expect(driver.tracker.memory?.block == nil)
  }

  @Test func anEstimateUnderABanSaysBoth() throws {
    var driver = TrackerDriver()
    driver.script = { $0 < 8 ? .prompt : .status(429, retryAfter: .seconds(120)) }
    driver.start()
    driver.runUntilResyncEnds()
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    driver.restart(after: .seconds(1), with: driver.tracker.memory)
    #expect(driver.wasRestored)
    driver.start()
    #expect(driver.state == .holdover)
    #expect(driver.status.reason(at: driver.now) == "restored from the state file; HTTP 429")
    #expect(driver.status.failures == 1)
    // Once more: the reason does not grow.
    driver.restart(after: .seconds(1), with: driver.tracker.memory)
    #expect(driver.wasRestored)
    #expect(driver.status.reason(at: driver.now) == "restored from the state file; HTTP 429")
  }

  @Test func nothingIsRememberedBeforeTheFirstGoodResync() {
    var driver = TrackerDriver()
    driver.start()
    #expect(driver.tracker.memory == nil)
    driver.runUntilProbe()
    // A first impression is published by now, but it is one of a burst that may be thrown away.
    #expect(driver.interval != nil)
    #expect(driver.tracker.memory == nil)
  }

  @Test func nothingIsRememberedWhileItIsInDoubt() {
    var driver = Self.grown()
    #expect(driver.tracker.memory?.estimate != nil)
    driver.suspend(for: .seconds(100))
    #expect(driver.tracker.memory?.estimate == nil)
    driver.runUntilResyncEnds()
    #expect(driver.tracker.memory?.estimate != nil)
    // A clock that jumped, seen once and not confirmed yet.
    driver.stepExchange(by: .seconds(3))
    while driver.state == .synchronized { driver.runUntilProbe() }
    #expect(driver.state == .disrupted)
    #expect(driver.tracker.memory?.estimate == nil)
  }

  @Test func whatIsVoidIsNotRestored() {
    var driver = Self.grown()
    driver.restart(after: .seconds(100_000), with: driver.tracker.memory)
    #expect(driver.wasRestored)
    #expect(driver.state == .unknown)
    #expect(driver.interval == nil)
    #expect(driver.status.reason(at: driver.now) == "first resync under way")
  }

  /// Whether it ends in a burst or at rest, and however soon it is started again.
  @Test(arguments: [30, 2_000, 7_000])
  func aHostThatStandsFewProbesIsSentNoMoreForARestart(_ lifeMilliseconds: Int) {
    var settings = TrackerSettings()
    (settings.hostShare, settings.isHostShareStrict) = (10, true)
    var driver = TrackerDriver(settings)
    for _ in 0..<60 {
      driver.start()
      driver.run(for: .milliseconds(lifeMilliseconds))
      driver.restart(after: .milliseconds(100), with: driver.tracker.memory)
    }
    let most = driver.probes.map { first in
      driver.probes.count { $0 >= first && $0 - first < .seconds(60) }
    }.max()
    #expect(most ?? 0 > 0 && most ?? 0 <= 10, "\(most ?? 0) probes in a minute")
  }

  @Test func anAbsurdBanEndsAfterADay() throws {
    var driver = TrackerDriver()
    let block = TrackerMemory.Block(
      until: MonotonicInstant(nanoseconds: .max), reason: "for ever", failures: .max >> 24)
    driver.restart(with: TrackerMemory(block: block))
    #expect(driver.wasRestored)
    #expect(driver.status.blockedUntil == driver.now + .seconds(86_400))
    #expect(driver.status.failures == 1_000)
  }

  @Test(arguments: [
    "none", "future", "future sync", "future bound", "1970", "2200", "overflow", "wide rates",
    "wander", "no wander", "NaN", "unsorted", "future burst", "a year wide", "far servers",
    "no bounds", "too many", "round trip", "count",
    "failures", "rejections", "future probe", "unsorted probes",
  ])
  func whatCannotBeIsRefused(_ damage: String) throws {
    var driver = Self.grown()
    var memory = try #require(driver.tracker.memory)
    var estimate = try #require(memory.estimate)
    let later = driver.now + .nanoseconds(1)
    switch damage {
    case "future": estimate.clock.asOf = later
    case "future sync": estimate.lastSync = later
    case "future bound": estimate.upperBounds[estimate.upperBounds.count - 1].instant = later
    case "1970": estimate.clock.interval.lower = AnchoredOffset(nanoseconds: 0)
    case "2200": estimate.clock.interval.upper = AnchoredOffset(nanoseconds: 7 << 60)
    case "overflow": estimate.clock.interval.upper = AnchoredOffset(nanoseconds: .max)
    case "wide rates": estimate.clock.rates = RateInterval(lowerPPM: -1e300, upperPPM: 1e300)
    case "wander": estimate.wanderPPM = 101
    case "no wander": estimate.wanderPPM = 0
    case "NaN": estimate.wanderPPM = .nan
    case "unsorted": estimate.lowerBounds.append(estimate.lowerBounds[0])
    case "future burst": estimate.lowerBounds[0].burst = later
    case "a year wide": estimate.widening.above = .seconds(365 * 86_400)
    case "far servers":
      estimate.fleet = FleetSpread(
        seen: [.init(asOf: estimate.lastSync, diameter: .seconds(3_601), answers: 1)])
    case "no bounds": estimate.upperBounds = []
    case "too many":
      estimate.lowerBounds = (0...64).map {
        OffsetWindow.Bound(
          instant: MonotonicInstant(nanoseconds: $0), offset: estimate.lowerBounds[0].offset,
          burst: later)
      }
    case "round trip": estimate.lastRoundTrip = .milliseconds(-1)
    case "count": estimate.samples = -1
    case "failures":
      memory.block = TrackerMemory.Block(until: later, reason: "HTTP 429", failures: .max)
    case "rejections": memory.rejections.stale = .max
    case "future probe": memory.probes = [later]
    case "unsorted probes": memory.probes = [driver.now, driver.now - .seconds(1)]
    default: break
    }
    memory.estimate = estimate
    driver.restart(with: memory)
    #expect(driver.wasRestored == (damage == "none"))
    #expect((driver.interval != nil) == (damage == "none"))
  }

  /// Numbers as bad as a file can hold them: whatever is accepted never traps later on.
  @Test(arguments: 0..<300 as Range<UInt64>)
  func whatIsAcceptedCanBeCalculatedWith(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var driver = Self.grown()
    var memory = try #require(driver.tracker.memory)
    var estimate = try #require(memory.estimate)
    let now = driver.now
    func instant() -> MonotonicInstant {
      [now, MonotonicInstant(nanoseconds: 0), now - .seconds(60)].randomElement(using: &random)
        ?? now
    }
    func offset() -> AnchoredOffset {
      let ends: [Int64] = [1_577_836_800_000_000_000, 4_102_444_799_999_999_999 - now.nanoseconds]
      return AnchoredOffset(nanoseconds: Int64.random(in: ends[0]...ends[1], using: &random))
    }
    let (one, other) = (offset(), offset())
    estimate.clock.interval.lower = min(one, other)
    estimate.clock.interval.upper = max(one, other)
    estimate.clock.asOf = instant()
    estimate.lastSync = instant()
    func bounds() -> [OffsetWindow.Bound] {
      Set(
        (0..<Int.random(in: 1...64, using: &random)).map { _ in
          Int64.random(in: 0...now.nanoseconds, using: &random)
        }
      ).sorted().map {
        OffsetWindow.Bound(
          instant: MonotonicInstant(nanoseconds: $0), offset: offset(),
          burst: MonotonicInstant(nanoseconds: $0))
      }
    }
    estimate.lowerBounds = bounds()
    estimate.upperBounds = bounds()
    estimate.wanderPPM = Double.random(in: 6...100, using: &random)
    let limit = 100 + 2 * estimate.wanderPPM
    estimate.clock.rates = RateInterval(
      lowerPPM: -Double.random(in: 0...limit, using: &random),
      upperPPM: Double.random(in: 0...limit, using: &random))
    memory.estimate = estimate
    driver.restart(after: .seconds(1), with: memory)
    #expect(driver.wasRestored)
    driver.start()
    driver.run(for: .seconds(7200))
    #expect(driver.interval != nil)
  }
}
