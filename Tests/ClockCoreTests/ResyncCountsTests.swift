import Testing

@testable import ClockCore

/// Each resync is counted once, as what it was begun for.
@Suite struct ResyncCountsTests {
  private static func counts(_ driver: TrackerDriver) -> [ResyncCause: Int] {
    ResyncCause.allCases.reduce(into: [:]) { counts, cause in
      if driver.status.resyncs[cause] > 0 { counts[cause] = driver.status.resyncs[cause] }
    }
  }

  @Test func theFirstAndThoseOfTheInterval() {
    var driver = TrackerDriver(TrackerSettings(interval: .seconds(60)))
    driver.start()
    for _ in 0..<3 { driver.runUntilResyncEnds() }
    #expect(Self.counts(driver) == [.start: 1, .interval: 2])
    #expect(driver.status.resyncs.failed == 0)
  }

  @Test func anErrorThatWouldGrowTooLarge() {
    var driver = TrackerDriver(
      TrackerSettings(interval: .seconds(86_400), maxError: .milliseconds(100)))
    driver.start()
    for _ in 0..<2 { driver.runUntilResyncEnds() }
    #expect(Self.counts(driver) == [.start: 1, .error: 1])
  }

  @Test func failuresAndWhatIsTriedAfterThem() {
    var driver = TrackerDriver(TrackerSettings(interval: .seconds(60)))
    driver.script = { $0 < 2 ? .status(503) : .prompt }
    driver.start()
    for _ in 0..<4 { driver.runUntilResyncEnds() }
    #expect(Self.counts(driver) == [.start: 1, .retry: 2, .interval: 1])
    #expect(driver.status.resyncs.failed == 2)
  }

  @Test func demandsAndReportsButNotThoseThatJoin() {
    var driver = TrackerDriver()
    driver.start()
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    #expect(Self.counts(driver) == [.start: 1])
    driver.run(for: .seconds(60))
    _ = driver.demandResync()
    _ = driver.reportDoubt(isContradicted: true)
    driver.runUntilResyncEnds()
    #expect(Self.counts(driver) == [.start: 1, .demand: 1])
    driver.run(for: .seconds(60))
    _ = driver.reportDoubt(isContradicted: true)
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    #expect(Self.counts(driver) == [.start: 1, .demand: 1, .report: 1])
  }

  @Test func aStepIsConfirmed() {
    var driver = TrackerDriver(TrackerSettings(interval: .seconds(60)))
    driver.start()
    driver.runUntilResyncEnds()
    driver.stepExchange(by: .seconds(5))
    driver.runUntilResyncEnds()
    #expect(Self.counts(driver) == [.start: 1, .interval: 1, .confirmation: 1])
    #expect(driver.status.resyncs.failed == 0)
  }

  @Test func aSuspend() {
    var driver = TrackerDriver()
    driver.start()
    driver.runUntilResyncEnds()
    driver.suspend(for: .seconds(600))
    driver.runUntilResyncEnds()
    #expect(Self.counts(driver) == [.start: 1, .disruption: 1])
  }
}
