import Testing

@testable import ClockCore

@Suite struct ExchangeTrackerSettingsTests {
  private func settled(_ settings: TrackerSettings = TrackerSettings()) -> TrackerDriver {
    var driver = TrackerDriver(settings)
    driver.start()
    driver.runUntilResyncEnds()
    return driver
  }

  @Test func theEstimateStaysAndNoProbeIsSent() {
    var driver = settled()
    let (before, probes) = (driver.interval, driver.probes.count)
    driver.reconfigure(TrackerSettings(interval: .seconds(7200), samples: 4, timeout: .seconds(1)))
    #expect(driver.interval == before)
    #expect(driver.state == .synchronized)
    driver.run(for: .seconds(60))
    #expect(driver.probes.count == probes)
    #expect(driver.holdsTruth)
  }

  @Test func aShorterIntervalCountsAtOnce() {
    var driver = settled()
    let synced = driver.now
    driver.reconfigure(TrackerSettings(interval: .seconds(60)))
    driver.runUntilProbe()
    #expect((.seconds(56) ... .seconds(61)).contains(driver.now - synced))
    // An interval that has passed already is over now.
    driver.runUntilResyncEnds()
    driver.reconfigure(TrackerSettings(interval: .seconds(3600)))
    driver.run(for: .seconds(50))
    let probes = driver.probes.count
    driver.reconfigure(TrackerSettings(interval: .seconds(10)))
    driver.run(for: .seconds(1))
    #expect(driver.probes.count > probes)
  }

  @Test func aSmallerErrorCountsAtOnce() {
    var driver = settled()
    let synced = driver.now
    driver.reconfigure(TrackerSettings(maxError: .milliseconds(20)))
    driver.runUntilProbe()
    // An error of 10 ms passes 20 ms after 100 s, at 100 ppm.
    #expect(driver.now - synced < .seconds(120), "\(driver.now - synced)")
  }

  @Test func whatTheExchangeAskedForStaysInForce() throws {
    var driver = settled()
    driver.script = { _ in .status(429, retryAfter: .seconds(900)) }
    driver.runUntilResyncEnds()
    let until = try #require(driver.status.blockedUntil)
    let probes = driver.probes.count
    driver.reconfigure(TrackerSettings(interval: .seconds(1)))
    driver.run(until: until - .seconds(1))
    #expect(driver.probes.count == probes)
    #expect(driver.status.blockedUntil == until)
  }

  @Test func aFailureStillBacksOff() {
    var driver = settled()
    driver.script = { _ in .silence }
    driver.runUntilResyncEnds()
    driver.runUntilResyncEnds()
    let (next, failures) = (driver.status.nextSync, driver.status.failures)
    driver.reconfigure(TrackerSettings(interval: .seconds(1)))
    #expect(driver.status.nextSync == next)
    #expect(driver.status.failures == failures)
    #expect(driver.state == .holdover)
  }

  @Test func aBurstUnderWayEndsByTheNewSettings() {
    var driver = TrackerDriver()
    driver.start()
    driver.run(for: .milliseconds(30))
    #expect(driver.probes.count < 3)
    driver.reconfigure(TrackerSettings(samples: 3))
    driver.runUntilResyncEnds()
    #expect(driver.probes.count == 3)
    #expect(driver.holdsTruth)
  }

  @Test func theBudgetIsNotSpentTwice() {
    var driver = TrackerDriver(TrackerSettings(samples: 60))
    driver.start()
    driver.runUntilResyncEnds()
    var settings = TrackerSettings(samples: 8)
    settings.hostShare = 10
    driver.reconfigure(settings)
    guard case .refused(let reason, let wait) = driver.demandResync() else {
      Issue.record("a resync is accepted")
      return
    }
    #expect(reason.contains("10 probes a minute"))
    #expect(wait > .seconds(30), "\(wait)")
  }

  @Test func whatMeansSomethingElseCannotBeFollowed() {
    let settings = TrackerSettings()
    #expect(ExchangeTracker.canFollow(settings, TrackerSettings(interval: .seconds(1), samples: 1)))
    #expect(!ExchangeTracker.canFollow(settings, TrackerSettings(resolution: .seconds(1))))
    #expect(
      !ExchangeTracker.canFollow(
        settings, TrackerSettings(drift: DriftBound(partsPerMillion: 99))))
  }
}
