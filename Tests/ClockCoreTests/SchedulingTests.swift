import Testing

@testable import ClockCore

@Suite struct ProbeBudgetTests {
  @Test func theSixtyFirstProbeWaitsUntilTheFirstIsAMinuteOld() {
    var budget = ProbeBudget(probesPerMinute: 60)
    let start = MonotonicInstant(nanoseconds: 0)
    for index in 0..<60 {
      let now = start + .seconds(index) / 2
      #expect(budget.wait(for: 1, at: now) == .zero)
      budget.spend(at: now)
    }
    let now = start + .seconds(30)
    #expect(budget.wait(for: 1, at: now) == .seconds(30))
    #expect(budget.wait(for: 3, at: now) == .seconds(31))
    #expect(budget.wait(for: 1, at: start + .seconds(60)) == .zero)
  }

  /// More than the whole budget is never there at once: what can be had is waited for.
  @Test func moreThanTheBudgetIsAskedForAsTheWholeOfIt() {
    var budget = ProbeBudget(probesPerMinute: 10)
    let start = MonotonicInstant(nanoseconds: 0)
    #expect(budget.wait(for: 64, at: start) == .zero)
    budget.spend(at: start)
    #expect(budget.wait(for: 64, at: start) == .seconds(60))
  }

  @Test(arguments: 0..<20)
  func neverMoreThanTheBudgetInAnyMinute(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let limit = Int.random(in: 1...80, using: &random)
    var budget = ProbeBudget(probesPerMinute: limit)
    var now = MonotonicInstant(nanoseconds: 0)
    var sent: [MonotonicInstant] = []
    for _ in 0..<1_000 {
      now = now + random.duration(in: .zero...(.milliseconds(700)))
      guard budget.wait(for: 1, at: now) == .zero else { continue }
      budget.spend(at: now)
      sent.append(now)
    }
    #expect(sent.mostWithinAMinute <= limit, "seed \(seed)")
    #expect(sent.count >= min(limit, 60), "seed \(seed): the budget is used")
  }

  /// However long each was on its way, and waited for a thread before.
  @Test(arguments: 0..<20)
  func neverMoreThanTheBudgetArriveInAnyMinute(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let limit = Int.random(in: 1...80, using: &random)
    var budget = ProbeBudget(probesPerMinute: limit)
    var now = MonotonicInstant(nanoseconds: 0)
    var arrived: [MonotonicInstant] = []
    for _ in 0..<1_000 {
      now = now + budget.wait(for: 1, at: now)
      budget.spend(at: now)
      now = now + random.duration(in: .zero...(.milliseconds(900)))
      arrived.append(now)
      now = now + random.duration(in: .zero...(.milliseconds(100)))
      budget.end(at: now)
    }
    #expect(arrived.mostWithinAMinute <= limit, "seed \(seed)")
    #expect(arrived.mostWithinAMinute >= min(limit, 60), "seed \(seed): the budget is used")
  }
}

extension [MonotonicInstant] {
  /// The largest number of these, which are in order, in any 60 s.
  var mostWithinAMinute: Int {
    var first = 0
    var most = 0
    for (index, instant) in enumerated() {
      while self[first] + .seconds(60) <= instant { first += 1 }
      most = Swift.max(most, index - first + 1)
    }
    return most
  }
}

@Suite struct BackOffTests {
  private let backOff = BackOff(initial: .seconds(1), longest: .seconds(300))

  @Test(arguments: [
    (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 64), (8, 128), (9, 256), (10, 300),
    (11, 300), (1_000, 300), (0, 1),
  ])
  func doublesToItsLimitAndIsJitteredOverTheUpperHalf(_ failures: Int, _ seconds: Int) throws {
    var random = SplitMix64(seed: UInt64(failures))
    let waits = (0..<300).map { _ in backOff.wait(afterFailures: failures, random: &random) }
    let (least, most) = (try #require(waits.min()), try #require(waits.max()))
    let full = Duration.seconds(seconds)
    #expect(least >= full / 2)
    #expect(most <= full)
    // Both ends are come near to.
    #expect(least < full * 55 / 100)
    #expect(most > full * 95 / 100)
  }

  @Test func aLimitThatIsNoDoublingIsKept() {
    var random = SplitMix64(seed: 1)
    let backOff = BackOff(initial: .seconds(3), longest: .seconds(3))
    for failures in 1...5 {
      #expect(backOff.wait(afterFailures: failures, random: &random) <= .seconds(3))
    }
  }
}

@Suite struct ProbeFailureTests {
  @Test(arguments: [429, 418, 403, 451])
  func theseStatusesAreStopSignals(_ status: Int) {
    #expect(ProbeFailure(reason: "", status: status).isStopSignal)
  }

  @Test(arguments: [nil, 200, 301, 400, 404, 500, 502, 503])
  func othersAreNotUnlessTheySayForHowLong(_ status: Int?) {
    #expect(!ProbeFailure(reason: "", status: status).isStopSignal)
    #expect(ProbeFailure(reason: "", status: status, retryAfter: .seconds(1)).isStopSignal)
  }

  @Test(
    arguments: [
      (429, nil, 0), (429, 7, 7), (503, 30, 30), (418, nil, 600), (418, 30, 600), (418, 900, 900),
      (403, nil, 600), (451, nil, 600), (429, 86_400, 86_400), (429, 1_000_000_000, 86_400),
      (nil, nil, 0),
    ] as [(Int?, Int?, Int)])
  func theLeastWait(_ status: Int?, _ retryAfter: Int?, _ wait: Int) {
    let failure = ProbeFailure(
      reason: "", status: status, retryAfter: retryAfter.map { .seconds($0) })
    #expect(failure.leastWait == .seconds(wait))
  }
}

@Suite struct TrackerSettingsTests {
  @Test func theBudgetIsSixtyUnlessTheIntervalAsksForMore() {
    #expect(TrackerSettings().probesPerMinute == 60)
    #expect(TrackerSettings(interval: .seconds(60), samples: 64).probesPerMinute == 76)
    #expect(TrackerSettings(interval: .seconds(1), samples: 8).probesPerMinute == 576)
    var shared = TrackerSettings(interval: .seconds(60), samples: 20)
    shared.hostShare = 10
    #expect(shared.probesPerMinute == 24)
    shared.isHostShareStrict = true
    #expect(shared.probesPerMinute == 10)
  }

  @Test func anEstimateIsOfUseForADayOrFourIntervals() {
    #expect(TrackerSettings().usefulLife == .seconds(86_400))
    #expect(TrackerSettings(interval: .seconds(86_400)).usefulLife == .seconds(345_600))
  }

  @Test func onlySynchronizedAndHoldoverAreUsable() {
    #expect(SyncState.allCases.filter(\.isUsable) == [.synchronized, .holdover])
  }
}
