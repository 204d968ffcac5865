import Testing

@testable import ClockCore

@Suite struct ExchangeTrackerFailureTests {
  @Test(arguments: 0..<10 as Range<UInt64>)
  func failuresBackOffToFiveMinutesJitteredOverTheUpperHalf(_ seed: UInt64) {
    var driver = TrackerDriver(seed: seed)
    driver.script = { _ in .status(500) }
    driver.start()
    for (index, full) in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].enumerated() {
      driver.runUntilResyncEnds()
      #expect(driver.status.failures == index + 1)
      let failed = driver.now
      driver.runUntilProbe()
      let wait = driver.now - failed
      #expect((Duration.seconds(full) / 2 ... .seconds(full)).contains(wait), "\(index): \(wait)")
    }
    #expect(driver.state == .unknown)
    #expect(driver.status.reason(at: driver.now) == "HTTP 500")
    #expect(driver.interval == nil)
  }

  @Test func aFailureKeepsTheEstimateAndItsBoundGrows() throws {
    var driver = TrackerDriver(TrackerSettings(interval: .seconds(60)))
    driver.script = { $0 < 8 ? .prompt : .silence }
    driver.start()
    driver.runUntilResyncEnds()
    let good = try #require(driver.interval)
    driver.runUntilResyncEnds()
    #expect(driver.state == .holdover)
    #expect(driver.status.reason(at: driver.now) == "no answer within 5 s")
    let held = try #require(driver.interval)
    driver.run(for: .seconds(3_600))
    let later = try #require(driver.interval)
    #expect(held.midpoint == good.midpoint)
    #expect(later.midpoint == good.midpoint)
    #expect(held.error > good.error)
    #expect(later.error - held.error == .milliseconds(360))
    #expect(driver.holdsTruth)
  }

  @Test func samplesBeforeAFailureCount() {
    var driver = TrackerDriver()
    driver.script = { $0 < 3 ? .prompt : .silence }
    driver.start()
    driver.runUntilResyncEnds()
    #expect(driver.endings == [nil])
    #expect(driver.status.samples == 3)
    #expect(driver.state == .synchronized)
  }

  @Test func aGoodResyncForgetsTheFailures() {
    var driver = TrackerDriver()
    driver.script = { $0 < 3 ? .status(503) : .prompt }
    driver.start()
    for _ in 0..<4 { driver.runUntilResyncEnds() }
    #expect(driver.status.failures == 0)
    #expect(driver.status.failure == nil)
    #expect(driver.state == .synchronized)
    #expect(driver.status.resyncs.total == 4)
  }

  @Test func aRetryAfterThatIsLongerThanTheBackOffWins() {
    var driver = TrackerDriver()
    driver.script = { $0 == 0 ? .status(429, retryAfter: .seconds(120)) : .prompt }
    driver.start()
    driver.runUntilResyncEnds()
    #expect(driver.status.nextSync - driver.now == .seconds(120))
    let failed = driver.now
    driver.runUntilProbe()
    #expect(driver.now - failed == .seconds(120))
    let failure = ProbeFailure(reason: "HTTP 429", status: 429, retryAfter: .seconds(120))
    #expect(driver.events.first == .stopSignal(failure, wait: .seconds(120)))
  }

  @Test func aShorterRetryAfterDoesNot() {
    var driver = TrackerDriver()
    driver.script = { _ in .status(429, retryAfter: .seconds(1)) }
    driver.start()
    for _ in 0..<9 { driver.runUntilResyncEnds() }
    #expect(driver.status.nextSync - driver.now >= .seconds(128))
  }

  @Test(arguments: [418, 403, 451])
  func aBanIsTenMinutesAtLeastAndRefusesDemands(_ status: Int) {
    var driver = TrackerDriver()
    driver.script = { $0 == 8 ? .status(status) : .prompt }
    driver.start()
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(2))
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    let banned = driver.now
    driver.run(for: .seconds(599))
    #expect(driver.probes.count == 9)
    #expect(
      driver.demandResync() == .refused(reason: "HTTP \(status)", retryAfter: .seconds(1)))
    #expect(driver.state == .holdover)
    #expect(driver.holdsTruth)
    driver.runUntilProbe()
    #expect(driver.now - banned == .seconds(600))
    driver.runUntilResyncEnds()
    #expect(driver.state == .synchronized)
  }

  /// The stop came after three good samples: the estimate is good, the exchange is left alone.
  @Test func aStopInTheMiddleOfABurstIsObeyedToo() {
    var driver = TrackerDriver()
    driver.script = { $0 == 3 ? .status(418) : .prompt }
    driver.start()
    driver.runUntilResyncEnds()
    #expect(driver.state == .synchronized)
    #expect(
      driver.demandResync()
        == .refused(reason: "the exchange asked us to stay away", retryAfter: .seconds(600)))
    driver.suspend(for: .seconds(10))
    driver.run(for: .seconds(599))
    #expect(driver.probes.count == 4)
    driver.run(for: .seconds(10))
    #expect(driver.state == .synchronized)
  }

  /// Bots demand, probes fail, the host is suspended over and over: one minute is one minute.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func neverMoreThanSixtyProbesInAnyMinute(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var driver = TrackerDriver(
      TrackerSettings(samples: .random(in: 1...64, using: &random)), seed: seed)
    driver.script = { probe in
      var random = SplitMix64(seed: seed &+ UInt64(probe) &* 977)
      return Int.random(in: 0..<10, using: &random) == 0
        ? .failure(ProbeFailure(reason: "reset"), after: .milliseconds(3))
        : .time(up: .milliseconds(5), down: .milliseconds(5))
    }
    driver.start()
    let oftenSuspended = seed % 2 == 0
    for _ in 0..<1_500 {
      driver.run(for: random.duration(in: .milliseconds(1) ... .milliseconds(150)))
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<(oftenSuspended ? 9 : 1): driver.suspend(for: .seconds(1))
      default: _ = driver.demandResync()
      }
    }
    #expect(driver.probes.mostWithinAMinute <= 60, "seed \(seed)")
    #expect(driver.probes.count > 60, "seed \(seed)")
  }

  // MARK: A certificate refused for its dates

  private static let certificate = TrackerDriver.Answer.failure(
    ProbeFailure(reason: "certificate refused: not yet valid", mayBeSystemClock: true))

  @Test func aStepOfTheSystemClockHasARefusedCertificateTriedAgainAtOnce() {
    var driver = TrackerDriver()
    driver.script = { $0 < 8 ? Self.certificate : .prompt }
    driver.start()
    for _ in 0..<8 { driver.runUntilResyncEnds() }
    driver.run(for: .seconds(2))
    #expect(driver.state == .unknown && driver.probes.count == 8)
    let set = driver.now
    driver.setSystemClock()
    driver.runUntilResyncEnds()
    #expect(driver.state == .synchronized)
    #expect(driver.probes[8] == set)
  }

  @Test(arguments: [
    nil, TrackerDriver.Answer.status(500), .silence, .status(429), .status(403),
  ])
  func aStepOfTheSystemClockAsksNobodyElse(_ failure: TrackerDriver.Answer?) {
    var driver = TrackerDriver()
    driver.script = { $0 < 8 ? .prompt : failure ?? .prompt }
    driver.start()
    driver.runUntilResyncEnds()
    if failure != nil { driver.runUntilResyncEnds() }
    let before = driver.probes.count
    for _ in 0..<100 { driver.setSystemClock() }
    #expect(driver.probes.count == before)
  }

  /// A clock that is set over and over: one probe a second, and sixty a minute, at most.
  @Test func manyStepsOfTheSystemClockStayWithinTheBudget() {
    var driver = TrackerDriver()
    driver.script = { _ in Self.certificate }
    driver.start()
    for _ in 0..<3000 {
      driver.run(for: .milliseconds(100))
      driver.setSystemClock()
    }
    #expect((200...300).contains(driver.probes.count))
    for (index, probe) in driver.probes.enumerated().dropFirst(60) {
      #expect(probe - driver.probes[index - 60] >= .seconds(60))
    }
  }

  @Test func aStepOfTheSystemClockDoesNotEndABan() {
    var driver = TrackerDriver()
    driver.script = { $0 == 0 ? .status(418) : Self.certificate }
    driver.start()
    driver.runUntilResyncEnds()
    driver.setSystemClock()
    driver.run(for: .seconds(300))
    #expect(driver.probes.count == 1)
  }
}
