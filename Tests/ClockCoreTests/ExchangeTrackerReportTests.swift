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
      stampMade: age.map { driver.now - $0 }, isContradicted: isContradicted, at: driver.now)
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

  /// A bot that lies must not spend the probes of the honest ones.
  @Test func aContradictionThatWasRefutedForcesNothingForAWhile() {
    var driver = driver
    driver.start()
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(1))
    #expect(isAccepted(driver.reportDoubt(isContradicted: true)))
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(2))
    #expect(driver.reportDoubt(isContradicted: true) == nil)
    // As any other report, it is a reason to read the clock again when that was a while ago.
    driver.run(for: .seconds(20))
    #expect(isAccepted(driver.reportDoubt(isContradicted: true)))
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(2))
    #expect(driver.reportDoubt(isContradicted: true) == nil)
    driver.run(for: .seconds(60))
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(2))
    #expect(isAccepted(driver.reportDoubt(isContradicted: true)))
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
