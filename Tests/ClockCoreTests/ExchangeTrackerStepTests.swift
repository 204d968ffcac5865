import Testing

@testable import ClockCore

/// What happens when the exchange's clock, an answer or this host does not keep to the assumptions.
@Suite struct ExchangeTrackerStepTests {
  private func synchronized(seed: UInt64 = 1) -> TrackerDriver {
    var driver = TrackerDriver(seed: seed)
    driver.start()
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(5))
    return driver
  }

  private func states(_ driver: TrackerDriver) -> [SyncState] {
    driver.events.compactMap { if case .stateChanged(_, let state, _) = $0 { state } else { nil } }
  }

  @Test(arguments: [5, -5, 599, -599])
  func aStepIsAcceptedOnceASecondBurstConfirmsIt(_ seconds: Int) throws {
    var driver = synchronized()
    driver.stepExchange(by: .seconds(seconds))
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    #expect(driver.probes.count == 24)
    #expect(states(driver) == [.synchronized, .disrupted, .synchronized])
    let steps = driver.events.compactMap {
      if case .stepAccepted(let step) = $0 { step } else { nil }
    }
    #expect(steps.count == 1)
    #expect(abs(try #require(steps.first) - .seconds(seconds)) < .milliseconds(25))
    #expect(driver.holdsTruth)
    // Whoever waited for the resync waited for the confirmation.
    #expect(driver.endings == [nil, nil])
  }

  @Test func noTimeIsGivenWhileAStepIsBeingConfirmed() {
    var driver = synchronized()
    driver.stepExchange(by: .seconds(5))
    driver.watch = { #expect($0.holdsTruth || !$0.state.isUsable || $0.probes.count <= 16) }
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    #expect(driver.status.disruption == nil)
  }

  /// However long the exchange was away, as long as time is given from before.
  @Test(arguments: [1, 9, 23])
  func aStepThatIsTooFarIsRefusedAfterAnOutageToo(hours: Int) throws {
    var driver = synchronized()
    driver.script = { _ in .silence }
    driver.run(for: .seconds(hours * 3600))
    #expect(driver.state == .holdover)
    driver.stepExchange(by: .seconds(3600))
    let probes = driver.probes.count
    driver.script = { _ in .prompt }
    driver.run(for: .seconds(400))
    #expect(driver.probes.count > probes)
    #expect(driver.state == .holdover)
    #expect(driver.status.reason(at: driver.now).contains("more than max_step: not believed"))
    // Once nothing from before is in use there is nothing to hold on to.
    driver.run(for: .seconds(86_400 - hours * 3600 + 400))
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
  }

  @Test func anExchangeThatWasAwayForLongIsBelievedWhereItIsExpected() {
    var driver = synchronized()
    driver.drift = 90
    driver.script = { _ in .silence }
    driver.run(for: .seconds(20 * 3600))
    driver.script = { _ in .prompt }
    driver.watch = { #expect($0.holdsTruth) }
    driver.runUntilResyncEnds()
    driver.run(for: .seconds(400))
    #expect(driver.state == .synchronized)
    #expect(states(driver) == [.synchronized, .holdover, .synchronized], "without a doubt")
  }

  @Test func oneBadBurstIsRejected() throws {
    var driver = synchronized()
    driver.script = {
      (8..<16).contains($0)
        ? .time(up: .milliseconds(10), down: .milliseconds(10), lie: .seconds(5)) : .prompt
    }
    driver.watch = { #expect($0.holdsTruth) }
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    #expect(driver.probes.count == 24)
    #expect(driver.state == .synchronized)
    let rejected = driver.events.compactMap {
      if case .burstRejected(let jump) = $0 { jump } else { nil }
    }
    #expect(rejected.count == 1)
    #expect(abs(try #require(rejected.first) - .seconds(5)) < .milliseconds(25))
  }

  @Test func aStepThatIsTooFarIsRefusedAndThePastStaysInUse() throws {
    var driver = synchronized()
    let past = try #require(driver.interval)
    driver.stepExchange(by: .seconds(1_230))
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    #expect(driver.state == .holdover)
    let jump = "the exchange's clock jumped by 20 min, more than max_step: not believed"
    #expect(driver.status.reason(at: driver.now) == jump)
    #expect(try #require(driver.interval).midpoint == past.midpoint)
    #expect(driver.status.failures == 1)
    // It comes back: the past was right.
    driver.stepExchange(by: .seconds(-1_230))
    driver.runUntilResyncEnds()
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
    #expect(driver.events.contains { if case .burstRejected = $0 { true } else { false } })
  }

  /// Or the next one who asks would have a jump believed that nobody has accepted then.
  @Test func aRefusedDemandAcceptsNothingLater() {
    var driver = synchronized()
    while case .accepted = driver.demandResync() { driver.run(for: .seconds(2)) }
    guard case .refused = driver.demandResync(acceptingStep: true) else {
      Issue.record("the budget is not spent")
      return
    }
    driver.stepExchange(by: .seconds(3_600))
    driver.run(for: .seconds(70))
    #expect(driver.demandResync() == .accepted([.publish, .probe]))
    driver.runUntilResyncEnds()
    #expect(driver.status.reason(at: driver.now).contains("more than max_step: not believed"))
    driver.run(for: .seconds(70))
    _ = driver.demandResync(acceptingStep: true)
    driver.runUntilResyncEnds()
    #expect(driver.state == .synchronized && driver.holdsTruth)
  }

  /// However many resyncs are demanded before: a jump that cannot be confirmed is a time without
  /// any time.
  @Test(arguments: [4, 8, 15])
  func demandsLeaveEnoughToConfirmAStep(samples: Int) {
    var driver = TrackerDriver(TrackerSettings(samples: samples))
    driver.start()
    driver.runUntilResyncEnds()
    var beforeTheLast = driver
    while true {
      driver.run(for: .seconds(2))
      let before = driver
      guard case .accepted = driver.demandResync() else { break }
      beforeTheLast = before
    }
    beforeTheLast.stepExchange(by: .seconds(3))
    _ = beforeTheLast.demandResync()
    beforeTheLast.run(for: .seconds(5))
    #expect(beforeTheLast.state == .synchronized && beforeTheLast.holdsTruth)
  }

  @Test func burstsThatContradictThePastAndEachOtherAreNotBelieved() {
    var driver = synchronized()
    driver.script = {
      .time(up: .milliseconds(10), down: .milliseconds(10), lie: .seconds(5 * ($0 / 8)))
    }
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    #expect(driver.endings.last??.reason == "answers contradict the past and each other")
    #expect(!driver.state.isUsable)
    driver.script = { _ in .prompt }
    driver.runUntilResyncEnds()
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
  }

  @Test(arguments: 1..<8)
  func aStepDuringABurstIsNotOutvotedByTheAnswersBefore(_ probe: Int) {
    var driver = synchronized()
    let first = driver.probes.count
    _ = driver.demandResync()
    while driver.probes.count < first + probe { driver.runUntilProbe() }
    driver.stepExchange(by: .seconds(3))
    driver.runUntilResyncEnds()
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
  }

  // MARK: Liars within a burst

  /// One answer out of a cache, or of one server of many: the other seven overrule it.
  @Test(arguments: 0..<8, [-3_600, -5, 5, 3_600])
  func oneWrongAnswerOfABurstIsOverruled(_ liar: Int, _ seconds: Int) {
    var driver = TrackerDriver()
    driver.script = {
      .time(
        up: .milliseconds(10), down: .milliseconds(10), lie: .seconds($0 == liar ? seconds : 0))
    }
    driver.start()
    driver.runUntilResyncEnds()
    // When it is the newest that disagrees, the clock may have moved: one more answer tells.
    #expect(driver.probes.count == (liar == 7 ? 9 : 8))
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
    #expect(driver.status.rejected == 1)
    #expect(driver.events.count { if case .stateChanged = $0 { false } else { true } } == 0)
  }

  /// The first answer of a later burst is wrong, but near enough to agree with the past.
  @Test func aFirstImpressionThatIsWrongDoesNotOutliveItsBurst() {
    var driver = synchronized()
    driver.script = {
      .time(
        up: .milliseconds(1), down: .milliseconds(1), lie: .milliseconds($0 == 8 ? 8 : 0))
    }
    _ = driver.demandResync()
    driver.runUntilResyncEnds()
    // It was the first: had the clock been set since, no later answer would be like it again.
    #expect(driver.probes.count == 24)
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
    #expect(driver.status.rejected == 1)
  }

  /// Servers are where they were, however long this host has slept.
  @Test func aSuspendDoesNotForgetTheServers() throws {
    var driver = TrackerDriver()
    driver.script = {
      .time(
        up: .milliseconds(10), down: .milliseconds(10), lie: .milliseconds($0 % 4 == 1 ? 200 : 0))
    }
    driver.start()
    driver.runUntilResyncEnds()
    #expect(try #require(driver.interval).error > .milliseconds(200))
    driver.script = { _ in .prompt }
    driver.suspend(for: .seconds(60))
    driver.runUntilResyncEnds()
    #expect(try #require(driver.interval).error > .milliseconds(200))
    #expect(driver.holdsTruth)
  }

  @Test func twoBurstsThatContradictThemselvesLeaveNothingBehind() {
    var driver = TrackerDriver(TrackerSettings(samples: 2))
    driver.script = {
      .time(
        up: .milliseconds(10), down: .milliseconds(10),
        lie: .seconds($0 < 4 ? 5 * $0 : 0))
    }
    driver.start()
    driver.runUntilResyncEnds()
    #expect(driver.state == .unknown)
    let reason = "the answers of the burst contradict each other"
    #expect(driver.status.reason(at: driver.now) == reason)
    #expect(driver.probes.count == 4)
    driver.runUntilResyncEnds()
    #expect(driver.holdsTruth)
  }

  // MARK: The local clock

  @Test func aSuspendDisruptsAndResyncsAtOnce() {
    var driver = synchronized()
    driver.suspend(for: .seconds(3_600))
    #expect(driver.state == .disrupted)
    #expect(driver.status.reason(at: driver.now) == "the host was suspended")
    #expect(driver.interval == nil)
    #expect(driver.probes.count == 9)
    driver.runUntilResyncEnds()
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
  }

  @Test(arguments: [5, 30, 60, 90])
  func samplesSentBeforeASuspendAreIgnored(_ milliseconds: Int) {
    var driver = TrackerDriver()
    driver.watch = { #expect($0.holdsTruth || !$0.state.isUsable) }
    driver.start()
    driver.run(for: .milliseconds(milliseconds))
    let before = driver.probes.count
    driver.suspend(for: .seconds(1))
    driver.runUntilResyncEnds()
    #expect(driver.status.samples == 8)
    #expect((8...9).contains(driver.probes.count - before))
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
  }

  @Test func aSuspendWithoutAnswersStaysDisrupted() {
    var driver = synchronized()
    driver.script = { _ in .silence }
    driver.suspend(for: .seconds(60))
    driver.runUntilResyncEnds()
    #expect(driver.state == .disrupted)
    #expect(driver.interval == nil)
    driver.script = { _ in .prompt }
    driver.runUntilResyncEnds()
    #expect(driver.state == .synchronized)
    #expect(driver.holdsTruth)
  }

  // MARK: The state at the moment of reading

  @Test func theStateIsJudgedWhenItIsRead() {
    let driver = synchronized()
    let status = driver.status
    let due = status.nextSync
    #expect(status.state(at: due) == .synchronized)
    // 8 probes of 5 s, and as many pauses of 100 ms.
    #expect(status.state(at: due + .milliseconds(40_800)) == .synchronized)
    #expect(status.state(at: due + .milliseconds(40_801)) == .holdover)
    #expect(status.reason(at: due + .milliseconds(40_801)) == "resync overdue")
    let void = (status.lastSync ?? due) + .seconds(86_400)
    #expect(status.voidAfter == void)
    #expect(status.state(at: void) == .holdover)
    #expect(status.state(at: void + .nanoseconds(1)) == .unknown)
    let reason = "void: no good resync any more; overdue"
    #expect(status.reason(at: void + .nanoseconds(1)) == reason)
  }

  @Test func anErrorAboveItsLimitIsHoldover() throws {
    var status = synchronized().status
    status.nextSync = status.nextSync + .seconds(86_400)
    let limit = try #require(status.clock?.instant(errorReaches: .milliseconds(100)))
    #expect(status.state(at: limit) == .synchronized)
    #expect(status.state(at: limit + .nanoseconds(1)) == .holdover)
    #expect(status.reason(at: limit + .nanoseconds(1)) == "error above max_error")
  }
}
