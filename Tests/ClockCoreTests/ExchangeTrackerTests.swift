import Testing

@testable import ClockCore

@Suite struct ExchangeTrackerTests {
  @Test func publishesAfterTheFirstGoodSample() {
    var driver = TrackerDriver()
    #expect(driver.state == .unknown)
    #expect(driver.status.reason(at: driver.now) == "first resync under way")
    driver.start()
    #expect(driver.done.map(\.action) == [.publish, .probe])
    driver.run(for: .milliseconds(21))
    #expect(driver.probes.count == 1)
    #expect(driver.done.contains { $0.action == .publish })
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
    // Half of a round trip of 20 ms and a quantum of 1 ms, and what 100 us may add.
    #expect((driver.interval?.error ?? .zero) <= .microseconds(10_502))
  }

  @Test(arguments: [1, 2, 8, 30])
  func aBurstHasSoManyProbesALittleApart(_ samples: Int) {
    var driver = TrackerDriver(TrackerSettings(samples: samples))
    driver.start()
    driver.runUntilResyncEnds()
    #expect(driver.probes.count == samples)
    #expect(driver.status.samples == samples)
    #expect(driver.status.rejected == 0)
    for (earlier, later) in zip(driver.probes, driver.probes.dropFirst()) {
      // 20 ms of round trip, 0.1 ms until the actor heard of it, and the pause.
      let pause = later - earlier - .microseconds(20_100)
      #expect((.milliseconds(20) ... .milliseconds(100)).contains(pause))
    }
    #expect(driver.endings == [nil])
    #expect(driver.done.count { $0.action == .closeConnection } == 1)
    #expect(driver.done.last?.action == .wake(at: driver.status.nextSync))
    #expect(driver.holdsTruth)
  }

  @Test func resyncsAfterTheIntervalWithAtMostFivePercentOfJitter() {
    var waits: [Duration] = []
    for seed in 0..<100 as Range<UInt64> {
      var driver = TrackerDriver(TrackerSettings(interval: .seconds(600)), seed: seed)
      driver.start()
      driver.runUntilResyncEnds()
      waits.append(driver.status.nextSync - driver.now)
      driver.runUntilProbe()
      #expect(driver.probes.count == 9)
    }
    #expect(waits.allSatisfy { (.seconds(570) ... .seconds(600)).contains($0) })
    #expect(Set(waits).count > 90)
  }

  /// At 100 ppm an error of 10 ms passes 30 ms after 200 s: well before the hour.
  @Test func resyncsEarlierWhenTheErrorWouldPassItsLimit() throws {
    var driver = TrackerDriver(TrackerSettings(maxError: .milliseconds(30)))
    driver.watch = { #expect($0.state == .synchronized || $0.probes.count <= 1) }
    driver.start()
    driver.runUntilResyncEnds()
    let wait = driver.status.nextSync - driver.now
    #expect((.seconds(150) ... .seconds(205)).contains(wait))
    driver.run(for: .seconds(7_200))
    #expect((5...18).contains(driver.endings.count))
    #expect(driver.endings.allSatisfy { $0 == nil })
    // By then the drift is known well enough to leave it alone for almost half an hour: 20 ms are
    // left for it and for the wander, twice 6 ppm.
    let later = driver.endings.count
    driver.run(for: .seconds(4 * 3_600))
    #expect((8...16).contains(driver.endings.count - later))
  }

  @Test func aPathThatIsNeverGoodEnoughIsNotProbedWithoutEnd() {
    var driver = TrackerDriver(TrackerSettings(maxError: .milliseconds(10)))
    driver.script = { _ in .time(up: .milliseconds(100), down: .milliseconds(100)) }
    driver.start()
    driver.runUntilResyncEnds()
    #expect(driver.state == .holdover)
    #expect(driver.status.reason(at: driver.now) == "error above max_error")
    #expect(driver.status.nextSync - driver.now >= .seconds(3_420))
  }

  @Test func aWakeThatIsTooEarlyIsAnsweredWithTheRightOne() {
    var driver = TrackerDriver()
    driver.start()
    driver.runUntilResyncEnds()
    let next = driver.status.nextSync
    driver.wakeEarly()
    #expect(driver.done.last?.action == .wake(at: next))
    #expect(driver.probes.count == 8)
  }

  /// The quantum is 1 s, the round trip 40 ms: at random the error would be some 100 ms.
  /// It is known to be coarse, or turns out to be.
  @Test(arguments: 0..<20 as Range<UInt64>, [Duration.seconds(1), .milliseconds(1)])
  func aCoarseClockIsNarrowedByProbingWhereItTicks(_ seed: UInt64, _ claimed: Duration) throws {
    var driver = TrackerDriver(TrackerSettings(resolution: claimed), seed: seed)
    driver.resolution = .seconds(1)
    driver.script = { _ in .time(up: .milliseconds(15), down: .milliseconds(25)) }
    driver.start()
    driver.stepExchange(by: .nanoseconds(Int64(seed) * 49_123_457))
    driver.runUntilResyncEnds()
    #expect(driver.probes.count == 8)
    #expect(try #require(driver.interval).error < .milliseconds(40))
    #expect(driver.holdsTruth)
    #expect(driver.state == .synchronized)
  }

  @Test func theSameSeedGivesTheSameActions() {
    func actions(seed: UInt64) -> [Action] {
      var driver = TrackerDriver(TrackerSettings(interval: .seconds(60)), seed: seed)
      driver.script = { $0 % 13 == 12 ? .status(500) : .prompt }
      driver.start()
      driver.run(for: .seconds(3_600))
      return driver.done.map(\.action)
    }
    #expect(actions(seed: 4) == actions(seed: 4))
    #expect(actions(seed: 4) != actions(seed: 5))
  }

  // MARK: Demands

  @Test func aDemandJoinsTheResyncUnderWay() {
    var driver = TrackerDriver()
    driver.start()
    driver.run(for: .milliseconds(5))
    #expect(driver.demandResync() == .accepted([]))
    driver.run(for: .milliseconds(30))
    #expect(driver.demandResync() == .accepted([]))
    driver.runUntilResyncEnds()
    #expect(driver.probes.count == 8)
  }

  @Test func demandsAreMetAtMostOnceASecond() {
    var driver = TrackerDriver(TrackerSettings(samples: 1))
    driver.start()
    let began = driver.now
    driver.run(for: .milliseconds(30))
    for _ in 0..<50 {
      #expect(driver.demandResync() == .accepted([.wake(at: began + .seconds(1))]))
      driver.run(for: .milliseconds(10))
    }
    driver.run(until: began + .milliseconds(999))
    #expect(driver.probes.count == 1)
    driver.run(until: began + .seconds(10))
    #expect(driver.probes.count == 2)
    #expect(driver.demandResync() == .accepted([.publish, .probe]))
  }

  @Test func aDemandBeyondTheBudgetIsRefusedWithTheTimeLeft() {
    var driver = TrackerDriver()
    driver.start()
    let began = driver.now
    for _ in 0..<6 {
      driver.run(for: .seconds(2))
      _ = driver.demandResync()
    }
    driver.run(for: .seconds(2))
    // 48 of 60 are spent: 8 more, and 8 to confirm what they show, have to wait until 4 of the
    // first burst have been over for a minute.
    let wait = driver.ends[3] + .seconds(60) - driver.now
    #expect(
      driver.demandResync()
        == .refused(reason: "the budget of 60 probes a minute is spent", retryAfter: wait))
    driver.run(until: began + .seconds(61))
    #expect(driver.demandResync() == .accepted([.publish, .probe]))
  }
}
