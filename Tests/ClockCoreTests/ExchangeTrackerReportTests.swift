import Testing

@testable import ClockCore

/// What a report of a refusal makes the tracker do: never more than a demand for a resync.
@Suite struct ExchangeTrackerReportTests {
  private var driver = TrackerDriver()

  private func doubt(
    _ driver: TrackerDriver, made age: Duration? = nil, isContradicted: Bool = false
  ) -> ResyncDemand? {
    var tracker = driver.tracker
    return tracker.clockDoubted(
      stampMade: age.map { driver.now - $0 }, isContradicted: isContradicted, by: nil,
      at: driver.now)
  }

  @Test func aFreshResyncAnswersTheDoubt() {
    var driver = driver
    driver.start()
    driver.runUntilResyncEnds()
    let probes = driver.probes.count
    driver.run(for: .seconds(2))
    #expect(doubt(driver) == nil)
    #expect(doubt(driver, made: .seconds(10)) == nil)
    // Not for a timestamp that was made since the clock was read.
    #expect(isAccepted(doubt(driver, made: .seconds(1))))
    #expect(isAccepted(doubt(driver, isContradicted: true)))
    #expect(driver.probes.count == probes)
    driver.run(for: .seconds(2))
    #expect(isAccepted(doubt(driver)))
  }

  @Test func aBurstUnderWayIsJoined() {
    var driver = driver
    driver.start()
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(10))
    #expect(isAccepted(driver.demandResync()))
    driver.run(for: .milliseconds(30))
    #expect(doubt(driver) == .accepted([]))
    #expect(doubt(driver, isContradicted: true) == .accepted([]))
  }

  @Test func beforeTheFirstResyncHasEndedItIsJoined() {
    var driver = driver
    driver.start()
    driver.run(for: .milliseconds(30))
    #expect(driver.tracker.status.clock != nil)
    #expect(doubt(driver) == .accepted([]))
  }

  @Test func nothingIsAskedOfAnExchangeThatWantsToBeLeftAlone() {
    var driver = driver
    driver.script = { $0 < 8 ? .prompt : .status(429, retryAfter: .seconds(60)) }
    driver.start()
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(10))
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    let probes = driver.probes.count
    for isContradicted in [false, true] {
      guard case .refused(let reason, let wait)? = doubt(driver, isContradicted: isContradicted)
      else {
        Issue.record("the exchange is asked though it said no")
        continue
      }
      #expect(reason == "HTTP 429" && wait > .seconds(50))
    }
    #expect(driver.probes.count == probes)
  }

  @Test func afterAFailureNothingIsFresh() {
    var driver = driver
    driver.script = { $0 < 8 ? .prompt : .silence }
    driver.start()
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(2))
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    #expect(isAccepted(doubt(driver)))
  }

  /// A bot that lies must not spend the probes of the honest ones: what it tells was refuted, so
  /// for a while it has nothing read anew, however it lies. Others still do.
  @Test func whoseReportWasRefutedHasNothingReadForAWhile() {
    var driver = driver
    driver.start()
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(1))
    #expect(isAccepted(driver.reportDoubt(isContradicted: true, by: 1)))
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(1))
    // What was just read answers these.
    #expect(driver.reportDoubt(isContradicted: true, by: 1) == nil)
    #expect(driver.reportDoubt(by: 1) == nil)
    driver.run(for: .seconds(20))
    for isContradicted in [false, true] {
      guard
        case .refused(let reason, let wait)? = driver.reportDoubt(
          made: .zero, isContradicted: isContradicted, by: 1)
      else {
        Issue.record("the clock is read anew")
        continue
      }
      #expect(reason.contains("a report of the same user had that done 2"), "\(reason)")
      #expect(wait > .seconds(5) && wait < .seconds(10))
    }
    #expect(isAccepted(driver.reportDoubt(made: .zero, by: 2)))
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(40))
    #expect(isAccepted(driver.reportDoubt(isContradicted: true, by: 1)))
  }

  /// One who was refused with another clock's timestamp, or reported nothing but a code, is heard
  /// when a stamp that was given out here is refused, though it should have been accepted.
  @Test func aGoodStampThatIsRefusedIsHeardAfterAReportThatWasRefuted() {
    var driver = driver
    driver.start()
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(61))
    #expect(isAccepted(driver.reportDoubt(by: 1)))
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(6))
    driver.stepExchange(by: .seconds(12))
    #expect(!isAccepted(driver.reportDoubt(made: .zero, by: 1)))
    #expect(isAccepted(driver.reportDoubt(made: .zero, isOfGoodStamp: true, by: 1)))
    driver.runUntilResyncEnds()
    #expect(driver.holdsTruth)
  }

  /// Nor can others have spent all that reports may have read.
  @Test func aReadingIsKeptForGoodStamps() {
    var driver = driver
    driver.start()
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(61))
    for reporter in 1...20 as ClosedRange<UInt32> {
      _ = driver.reportDoubt(isContradicted: true, by: reporter)
      driver.run(for: .seconds(1))
    }
    #expect(!isAccepted(driver.reportDoubt(isContradicted: true, by: 21)))
    #expect(isAccepted(driver.reportDoubt(made: .zero, isOfGoodStamp: true, by: 22)))
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(10))
    #expect(!isAccepted(driver.reportDoubt(made: .zero, isOfGoodStamp: true, by: 23)))
  }

  /// Ten minutes of ten false reports a second, each of a stamp just made and of another step.
  @Test(arguments: [1, 2, 1_000], [false, true])
  func lyingReportersLeaveHalfOfTheBudget(_ reporters: UInt32, _ isOfGoodStamp: Bool) {
    var driver = driver
    driver.start()
    driver.runUntilResyncEnds()
    let began = driver.now
    for round in 0..<6_000 as Range<UInt32> {
      driver.run(for: .milliseconds(100))
      _ = driver.reportDoubt(
        made: .zero, isContradicted: round % 2 == 0, isOfGoodStamp: isOfGoodStamp,
        by: round % reporters)
    }
    let caused = driver.probes.count { $0 > began }
    print("ten minutes of false reports by \(reporters): \(caused) probes")
    // Bursts of eight: twice a minute, three times where stamps that were given out here are told.
    #expect(caused <= (isOfGoodStamp ? 3 : 2) * 10 * 8 + 8)
    #expect(caused >= 80)
    #expect(isAccepted(driver.demandResync()))
  }

  @Test func anExchangeOfFewProbesIsReadOnceAMinuteForReports() {
    var settings = TrackerSettings()
    (settings.hostShare, settings.isHostShareStrict) = (10, true)
    var driver = TrackerDriver(settings)
    driver.start()
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(61))
    let before = driver.probes.count
    for reporter in 0..<600 as Range<UInt32> {
      _ = driver.reportDoubt(isContradicted: true, by: reporter)
      driver.run(for: .milliseconds(90))
    }
    #expect(driver.probes.count == before + 8)
  }

  /// However often it moves, and whoever tells.
  @Test func aClockThatMovesIsReadForEachReportOfIt() {
    var driver = driver
    driver.start()
    driver.runUntilResyncEnds()
    for step in 1...3 {
      driver.run(for: .seconds(61))
      driver.stepExchange(by: .seconds(step * 7))
      let before = driver.endings.count
      #expect(isAccepted(driver.reportDoubt(by: 1)), "\(step)")
      while driver.endings.count == before { driver.runUntilResyncEnds() }
      #expect(driver.holdsTruth)
      driver.run(for: .seconds(5))
      #expect(isAccepted(driver.reportDoubt(by: 1)), "it had moved, so it may be read again")
      driver.runUntilResyncEnds()
    }
  }

  /// One sample tells that the clock is right, where it is sharp; that it is not, no single one does.
  @Test func oneSampleInAccordIsEnough() {
    var driver = driver
    driver.start()
    driver.run(for: .milliseconds(5))
    #expect(!driver.tracker.isInAccord(sample(driver), at: driver.now), "nothing is known yet")
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(10))
    #expect(driver.tracker.isInAccord(sample(driver), at: driver.now))
    #expect(driver.tracker.isInAccord(sample(driver, took: .seconds(1)), at: driver.now))
    #expect(!driver.tracker.isInAccord(sample(driver, took: .milliseconds(1_001)), at: driver.now))
    for lie: Duration in [.milliseconds(60), .milliseconds(-60), .seconds(20)] {
      #expect(!driver.tracker.isInAccord(sample(driver, lie: lie), at: driver.now), "\(lie)")
    }
    var cached = sample(driver)
    cached.isCached = true
    #expect(!driver.tracker.isInAccord(cached, at: driver.now))
    driver.script = { _ in .silence }
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    #expect(!driver.tracker.isInAccord(sample(driver), at: driver.now), "the last resync failed")
  }

  /// Of a probe that ends now.
  private func sample(
    _ driver: TrackerDriver, took roundTrip: Duration = .milliseconds(20), lie: Duration = .zero
  ) -> Sample {
    let read = driver.now - roundTrip / 2
    let stamp = (read + driver.offset(at: read) + lie).rounded(downTo: .milliseconds(1))
    return Sample(
      sent: driver.now - roundTrip, received: driver.now, stamp: stamp,
      resolution: .milliseconds(1))
  }

  /// Who told of a step is believed when he tells of the next one.
  @Test func aContradictionThatWasConfirmedForcesTheNext() {
    var driver = driver
    driver.start()
    driver.runUntilResyncEnds()
    for step in [20, -20] {
      driver.run(for: .seconds(2))
      driver.stepExchange(by: .seconds(step))
      let before = driver.endings.count
      #expect(isAccepted(driver.reportDoubt(isContradicted: true)), "\(step)")
      while driver.endings.count == before { driver.runUntilResyncEnds() }
      #expect(driver.holdsTruth)
    }
  }

  private func isAccepted(_ demand: ResyncDemand?) -> Bool {
    if case .accepted = demand { true } else { false }
  }
}
