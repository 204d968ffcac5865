import Testing

@testable import ClockCore

@Suite struct DriftBoundTests {
  @Test(
    arguments: [
      (100, 3_600_000_000_000, 360_000_000), (100, 10_000, 1), (100, 10_001, 2), (100, 1, 1),
      (100, 0, 0), (0, 3_600_000_000_000, 0), (1, 1_000_000, 1), (1, 999_999, 1),
      (1_000_000, Int64.max, Int64.max), (2_000_000, Int64.max, Int64.max),
    ] as [(Int, Int64, Int64)])
  func marginIsRoundedUpAndHasNoSign(_ ppm: Int, _ elapsed: Int64, _ margin: Int64) {
    let drift = DriftBound(partsPerMillion: ppm)
    #expect(drift.margin(over: .nanoseconds(elapsed)) == .nanoseconds(margin))
    #expect(drift.margin(over: .nanoseconds(-elapsed)) == .nanoseconds(margin))
  }

  @Test func theLongestPastIsNoOverflow() {
    let drift = DriftBound(partsPerMillion: 100)
    #expect(drift.margin(over: .nanoseconds(Int64.min)) == .nanoseconds(922_337_203_685_478))
  }
}

@Suite struct SampleTests {
  private let noDrift = DriftBound(partsPerMillion: 0)

  /// The request left at 1000 and the answer was in at 1100. The exchange said 5040, in steps of
  /// 10: it read between 5040 and 5050. Read at the very end, it is 5040 - 1100 = 3940 ahead of us;
  /// at the very start, up to 5050 - 1000 = 4050.
  @Test func theExchangeMayHaveReadItsClockAtEitherEnd() throws {
    let sample = sample(sent: 1_000, received: 1_100, stamp: 5_040, resolution: 10)
    let interval = try #require(
      sample.interval(at: MonotonicInstant(nanoseconds: 1_100), drift: noDrift))
    #expect(interval.lower.nanoseconds == 3_940)
    #expect(interval.upper.nanoseconds == 4_050)
    #expect(sample.roundTrip == .nanoseconds(100))
  }

  /// As above, 20,000 ns after the answer: at 100 ppm the lower end moved 2 ns down, and the upper
  /// end, 20,100 ns after it held, 2.01 ns up, which counts as 3.
  @Test func eachEndAgesFromItsOwnInstant() throws {
    let sample = sample(sent: 1_000, received: 1_100, stamp: 5_040, resolution: 10)
    let drift = DriftBound(partsPerMillion: 100)
    let interval = try #require(
      sample.interval(at: MonotonicInstant(nanoseconds: 21_100), drift: drift))
    #expect(interval.lower.nanoseconds == 3_938)
    #expect(interval.upper.nanoseconds == 4_053)
  }

  @Test func anExchangeBehindUsHasANegativeOffset() throws {
    let sample = sample(sent: 9_000, received: 9_000, stamp: 4_000, resolution: 1)
    let interval = try #require(sample.interval(at: sample.received, drift: noDrift))
    #expect(interval.lower.nanoseconds == -5_000)
    #expect(interval.upper.nanoseconds == -4_999)
  }

  @Test func whereverInTheRoundTripTheClockWasReadTheTruthIsInside() throws {
    var random = SplitMix64(seed: 3)
    let drift = DriftBound(partsPerMillion: 100)
    for round in 0..<2_000 {
      let truth = Int64.random(in: -1_000_000_000...1_000_000_000, using: &random)
      let resolution =
        ([1, 1_000, 1_000_000, 1_000_000_000] as [Int64]).randomElement(using: &random) ?? 1
      let sent = Int64.random(in: 0...1_000_000_000_000, using: &random)
      let received = sent + Int64.random(in: 0...500_000_000, using: &random)
      let read = ExchangeInstant(
        nanoseconds: Int64.random(in: sent...received, using: &random) + truth)
      let stamp = read.rounded(downTo: .nanoseconds(resolution)).nanoseconds
      let sample = sample(sent: sent, received: received, stamp: stamp, resolution: resolution)
      let interval = try #require(sample.interval(at: sample.received, drift: drift))
      #expect(interval.lower.nanoseconds <= truth, "round \(round)")
      #expect(truth <= interval.upper.nanoseconds, "round \(round)")
    }
  }

  private func sample(
    sent: Int64, received: Int64, stamp: Int64, resolution: Int64
  ) -> Sample {
    Sample(
      sent: MonotonicInstant(nanoseconds: sent),
      received: MonotonicInstant(nanoseconds: received),
      stamp: ExchangeInstant(nanoseconds: stamp), resolution: .nanoseconds(resolution))
  }
}

@Suite struct AgreementTests {
  private typealias Interval = OffsetInterval<Monotonic, Exchange>

  @Test(
    arguments: [
      ([(0, 10)], (0, 10), 1),
      ([(0, 10), (5, 15), (8, 20)], (8, 10), 3),
      ([(0, 10), (5, 15), (100, 110)], (5, 10), 2),
      ([(0, 100), (40, 60), (45, 50)], (45, 50), 3),
      ([(0, 10), (10, 20)], (10, 10), 2),
      // Two camps of the same size: the narrower part, then the lower one.
      ([(0, 10), (2, 10), (20, 30), (25, 30)], (25, 30), 2),
      ([(0, 10), (20, 30)], (0, 10), 1),
      ([(20, 30), (0, 10)], (0, 10), 1),
      ([(3, 3), (3, 3), (4, 4)], (3, 3), 2),
      ([(-20, -10), (-15, -5)], (-15, -10), 2),
    ] as [([(Int64, Int64)], (Int64, Int64), Int)])
  func thePartThatMostIntervalsShare(
    _ intervals: [(Int64, Int64)], _ shared: (Int64, Int64), _ count: Int
  ) throws {
    let agreement = try #require(Agreement(of: intervals.compactMap(interval)))
    #expect(agreement.interval == interval(shared))
    #expect(agreement.count == count)
  }

  @Test func ofNothingThereIsNoAgreement() {
    #expect(Agreement<Monotonic, Exchange>(of: []) == nil)
  }

  /// Against the definition, tried at every point: no point lies in more intervals, every point of
  /// the part lies in `count` of them, and no neighbour of the part does.
  @Test func agreesWithTheDefinition() throws {
    var random = SplitMix64(seed: 11)
    for round in 0..<500 {
      let intervals = (0..<Int.random(in: 1...9, using: &random)).compactMap { _ in
        let lower = Int64.random(in: 0...30, using: &random)
        return interval((lower, lower + .random(in: 0...12, using: &random)))
      }
      let agreement = try #require(Agreement(of: intervals))
      let cover = (-1...44 as ClosedRange<Int64>).map { point in
        intervals.count { $0.lower.nanoseconds <= point && point <= $0.upper.nanoseconds }
      }
      let most = try #require(cover.max())
      let part = agreement.interval.lower.nanoseconds...agreement.interval.upper.nanoseconds
      #expect(agreement.count == most, "round \(round)")
      #expect(part.allSatisfy { cover[Int($0) + 1] == most }, "round \(round)")
      // The whole of the part lies in the same intervals: so the truth of that many does too.
      let holders = intervals.filter { $0.intersection(agreement.interval) == agreement.interval }
      #expect(holders.count == most, "round \(round)")
      #expect(holders.map(\.lower).max() == agreement.interval.lower, "round \(round)")
      #expect(holders.map(\.upper).min() == agreement.interval.upper, "round \(round)")
    }
  }

  private func interval(_ ends: (Int64, Int64)) -> Interval? {
    Interval(lower: Offset(nanoseconds: ends.0), upper: Offset(nanoseconds: ends.1))
  }
}

@Suite struct BurstTests {
  private let drift = DriftBound(partsPerMillion: 0)

  /// One sample for each offset: round trips of 10 ns, one after the other.
  private func burst(offsets: [Int64]) -> Burst {
    var burst = Burst()
    for (index, offset) in offsets.enumerated() {
      let sent = Int64(index) * 100
      burst.add(
        Sample(
          sent: MonotonicInstant(nanoseconds: sent),
          received: MonotonicInstant(nanoseconds: sent + 10 + Int64(index)),
          stamp: ExchangeInstant(nanoseconds: sent + 10 + offset), resolution: .nanoseconds(1)))
    }
    return burst
  }

  @Test func noSampleIsNoAgreement() {
    #expect(Burst().agreement(drift: drift) == nil)
    #expect(Burst().shortestRoundTrip == nil)
  }

  @Test func oneSampleAgreesWithItself() {
    #expect(burst(offsets: [500]).agreement(drift: drift)?.samples.count == 1)
  }

  @Test func halfIsNotMoreThanHalf() {
    let far: Int64 = 2_000_000_000
    #expect(burst(offsets: [0, far]).agreement(drift: drift) == nil)
    #expect(burst(offsets: [0, 0, far, far]).agreement(drift: drift) == nil)
    #expect(burst(offsets: [0, 0, far, 2 * far, 3 * far]).agreement(drift: drift) == nil)
    #expect(burst(offsets: [0, 0, 0, far, 2 * far]).agreement(drift: drift)?.rejected == 2)
  }

  /// Half of the answers come from another server of the exchange: the bound covers both.
  @Test func serversThatAreNearNeedNoMajority() throws {
    let burst = burst(offsets: [0, 5_000, 0, 5_000])
    let agreement = try #require(burst.agreement(drift: drift))
    #expect(agreement.rejected == 2)
    #expect(agreement.isSettled)
    let covered = agreement.clock.widened(by: agreement.spread).interval
    #expect(covered.lower.nanoseconds <= 0 && covered.upper.nanoseconds >= 5_000)
  }

  @Test func twoOfThreeOverruleTheThird() throws {
    let burst = burst(offsets: [0, 5_000, 0])
    let agreement = try #require(burst.agreement(drift: drift))
    #expect(agreement.samples == [burst.samples[0], burst.samples[2]])
    #expect(agreement.rejected == 1)
    #expect(agreement.isSettled)
    #expect(agreement.clock.asOf.nanoseconds == 212)
    #expect(agreement.clock.interval.upper.nanoseconds == 11)
    // The first allows up to 5,011 ns, the others 11.
    #expect(agreement.spread == Spread(below: .zero, above: .nanoseconds(5_000)))
    #expect(burst.shortestRoundTrip == .nanoseconds(10))
  }
}

@Suite struct IntervalClockTests {
  private func clock(asOf: Int64, _ lower: Int64, _ upper: Int64) throws -> IntervalClock {
    let interval = try #require(
      OffsetInterval<Monotonic, Exchange>(
        lower: Offset(nanoseconds: lower), upper: Offset(nanoseconds: upper)))
    return IntervalClock(
      asOf: MonotonicInstant(nanoseconds: asOf), interval: interval,
      drift: DriftBound(partsPerMillion: 100))
  }

  @Test func growsWithAgeInBothDirections() throws {
    let clock = try clock(asOf: 1_000_000, 500, 600)
    for instant: Int64 in [0, 2_000_000] {
      let interval = clock.interval(at: MonotonicInstant(nanoseconds: instant))
      #expect(interval.lower.nanoseconds == 400)
      #expect(interval.upper.nanoseconds == 700)
    }
  }

  @Test func clocksAgreeWhenTheyAreNoFurtherApartThanTheyCanDrift() throws {
    let drift = DriftBound(partsPerMillion: 100)
    let old = try clock(asOf: 0, 0, 100)
    #expect(old.agrees(with: try clock(asOf: 1_000_000, 200, 300), within: drift))
    #expect(!old.agrees(with: try clock(asOf: 1_000_000, 201, 300), within: drift))
  }

  @Test func aJumpIsPositiveWhereTheNewClockIsAhead() throws {
    let old = try clock(asOf: 0, 0, 100)
    #expect(old.jump(to: try clock(asOf: 10, 1_000, 1_100)) == .nanoseconds(1_000))
    #expect(old.jump(to: try clock(asOf: 10, -1_000, -900)) == .nanoseconds(-1_000))
  }

  @Test func theErrorReachesItsLimitWhenItSays() throws {
    let clock = try clock(asOf: 5, 0, 100)
    let limit = Duration.nanoseconds(1_050)
    let instant = try #require(clock.instant(errorReaches: limit))
    #expect(instant.nanoseconds == 5 + 10_000_000)
    #expect(clock.interval(at: instant).error == limit)
    #expect(clock.interval(at: instant + .nanoseconds(1)).error > limit)
    #expect(clock.instant(errorReaches: .nanoseconds(10)) == clock.asOf)
  }
}
