import Testing

@testable import ClockCore

@Suite struct OffsetWindowTests {
  private let drift = DriftBound(partsPerMillion: 100)
  private static let epoch = Int64(1_790_000_000_000_000_000)

  /// A clock with a constant rate, read through a path whose delays are given.
  private struct World {
    var offset = OffsetWindowTests.epoch
    /// Positive: the exchange's clock is faster.
    var ratePPM = 0.0

    func offset(at nanoseconds: Int64) -> Int64 {
      offset + Int64((Double(nanoseconds) * ratePPM / 1e6).rounded())
    }

    /// Leaves at `second`; the delays are in nanoseconds.
    func sample(at second: Double, up: Int64, down: Int64) -> Sample {
      let sent = Int64(second * 1e9)
      let read = sent + up
      return Sample(
        sent: MonotonicInstant(nanoseconds: sent),
        received: MonotonicInstant(nanoseconds: read + down),
        stamp: ExchangeInstant(nanoseconds: read + offset(at: read)), resolution: .nanoseconds(1))
    }
  }

  private func agreement(_ samples: Sample...) throws -> BurstAgreement {
    var burst = Burst()
    for sample in samples { burst.add(sample) }
    return try #require(burst.agreement(drift: drift))
  }

  private func window(wanderPPM: Double = 0) -> OffsetWindow {
    OffsetWindow(drift: drift, wanderPPM: wanderPPM, longestAge: .seconds(28_800))
  }

  @Test func nothingIsKnownOfNothing() {
    #expect(window().clock(at: MonotonicInstant(nanoseconds: 0)) == nil)
  }

  @Test func oneBurstKnowsTheOffsetAndNotTheRate() throws {
    var window = window()
    window.insert(
      try agreement(World().sample(at: 0, up: 10_000_000, down: 10_000_000)))
    let clock = try #require(window.clock(at: MonotonicInstant(nanoseconds: 20_000_000)))
    #expect(clock.rates == RateInterval(lowerPPM: -100, upperPPM: 100))
    // Half the round trip either way, one more for the rounding, and for 20 ms at 100 ppm above.
    #expect(clock.interval.lower.nanoseconds == Self.epoch - 10_000_000 - 1)
    #expect(clock.interval.upper.nanoseconds == Self.epoch + 10_000_000 + 1 + 2_000 + 1)
  }

  /// The clock may have been set between them: they show the likely rate, and bound it by no more
  /// than is assumed.
  @Test func twoBurstsKnowTheLikelyRate() throws {
    var window = window()
    var world = World()
    world.ratePPM = 40
    for second in [0.0, 3_600] {
      window.insert(try agreement(world.sample(at: second, up: 10_000_000, down: 10_000_000)))
    }
    let clock = try #require(window.clock(at: MonotonicInstant(nanoseconds: 3_600_020_000_000)))
    #expect((39.9...40.1).contains(clock.rates.midpointPPM))
    #expect((-100.1 ... -99.9).contains(clock.rates.lowerPPM))
    #expect((179.9...180.1).contains(clock.rates.upperPPM))
  }

  /// Three bursts an hour apart, 20 ms of round trip each: whichever two are left if the clock was
  /// set between the others, the rate is known to 20 ms / 3600 s, which is 5.6 ppm either way.
  @Test func threeBurstsKnowTheRate() throws {
    var window = window()
    var world = World()
    world.ratePPM = 40
    for second in [0.0, 3_600, 7_200] {
      window.insert(try agreement(world.sample(at: second, up: 10_000_000, down: 10_000_000)))
    }
    let now = MonotonicInstant(nanoseconds: 7_200_020_000_000)
    let clock = try #require(window.clock(at: now))
    #expect((34.4...34.5).contains(clock.rates.lowerPPM))
    #expect((45.5...45.6).contains(clock.rates.upperPPM))
    #expect(clock.interval.lower.nanoseconds <= world.offset(at: now.nanoseconds))
    #expect(world.offset(at: now.nanoseconds) <= clock.interval.upper.nanoseconds)
  }

  @Test func wanderRelaxesWhatIsOld() throws {
    var (steady, straying) = (window(), window(wanderPPM: 1))
    for second in [0.0, 3_600, 7_200] {
      let burst = try agreement(World().sample(at: second, up: 10_000_000, down: 10_000_000))
      steady.insert(burst)
      straying.insert(burst)
    }
    let now = MonotonicInstant(nanoseconds: 7_200_020_000_000)
    let (one, other) = try (#require(steady.clock(at: now)), #require(straying.clock(at: now)))
    // The old burst may be off by 3.6 ms, and the rate strays from now on too.
    #expect(other.rates.lowerPPM < one.rates.lowerPPM - 1.9)
    #expect(other.rates.upperPPM > one.rates.upperPPM + 1.9)
  }

  @Test func aStepIsAContradiction() throws {
    var window = window(wanderPPM: 2)
    var world = World()
    window.insert(try agreement(world.sample(at: 0, up: 10_000_000, down: 10_000_000)))
    // 100 ppm over an hour would be 360 ms.
    world.offset += 500_000_000
    window.insert(try agreement(world.sample(at: 3_600, up: 10_000_000, down: 10_000_000)))
    #expect(window.clock(at: MonotonicInstant(nanoseconds: 3_600_020_000_000)) == nil)
  }

  @Test func whatIsCachedBoundsFromBelowOnly() throws {
    var window = window()
    var cached = World().sample(at: 0, up: 10_000_000, down: 10_000_000)
    cached.isCached = true
    window.insert(try agreement(cached))
    #expect(window.clock(at: cached.received) == nil)
    window.insert(try agreement(World().sample(at: 1, up: 10_000_000, down: 1_000_000)))
    #expect(window.clock(at: MonotonicInstant(nanoseconds: 1_011_000_000)) != nil)
  }

  /// However long it runs, what is kept does not grow, and the truth stays inside, now and later.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func aWeekOfHoursKeepsTheTruthAndItsSize(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var window = window(wanderPPM: 0.5)
    var world = World()
    world.ratePPM = .random(in: -90...90, using: &random)
    var previous: IntervalClock?
    for hour in 0..<168 {
      var burst = Burst()
      for probe in 0..<8 {
        burst.add(
          world.sample(
            at: Double(hour) * 3_600 + Double(probe) * 0.06,
            up: .random(in: 1_000_000...40_000_000, using: &random),
            down: .random(in: 1_000_000...40_000_000, using: &random)))
      }
      let agreement = try #require(burst.agreement(drift: drift))
      let truth = world.offset(at: agreement.clock.asOf.nanoseconds)
      // What was known an hour ago still holds.
      if let old = previous?.interval(at: agreement.clock.asOf) {
        #expect(old.lower.nanoseconds <= truth && truth <= old.upper.nanoseconds, "seed \(seed)")
      }
      window.insert(agreement)
      let clock = try #require(window.clock(at: agreement.clock.asOf), "seed \(seed)")
      let interval = clock.interval
      #expect(
        interval.lower.nanoseconds <= truth && truth <= interval.upper.nanoseconds, "seed \(seed)")
      #expect(clock.rates.lowerPPM <= world.ratePPM && world.ratePPM <= clock.rates.upperPPM)
      #expect(window.count <= 2 * OffsetWindow.capacity)
      previous = clock
    }
    #expect(try #require(previous).rates.errorPPM < 5, "seed \(seed)")
    #expect(window.count < 60, "seed \(seed): \(window.count)")
  }

  /// Dropping what cannot bind changes nothing: the hull says what all samples say.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func theHullSaysWhatAllSamplesSay(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var world = World()
    world.ratePPM = .random(in: -90...90, using: &random)
    var window = window(wanderPPM: 1)
    var samples: [Sample] = []
    for hour in 0..<6 {
      let sample = world.sample(
        at: Double(hour) * 3_600 + .random(in: 0...900, using: &random),
        up: .random(in: 1_000_000...90_000_000, using: &random),
        down: .random(in: 1_000_000...90_000_000, using: &random))
      samples.append(sample)
    }
    // Of one burst, so that nothing is allowed for a step between two.
    var burst = Burst()
    for sample in samples { burst.add(sample) }
    window.insert(try #require(burst.agreement(drift: drift)))
    let now = try #require(samples.last).received + .seconds(600)
    let clock = try #require(window.clock(at: now))
    let all = try #require(bruteForce(samples, at: now, wanderPPM: 1))
    // Between two of the rates tried, a step of 0.01 ppm, the ends move by that part of the age of
    // the oldest sample, at most 22,500 s; what was tried is inside.
    let (below, above) = (
      all.lower - clock.interval.lower.nanoseconds, clock.interval.upper.nanoseconds - all.upper
    )
    #expect((-5...225_000).contains(below) && (-5...225_000).contains(above), "seed \(seed)")
  }

  /// The polygon by trying 20,001 rates against every sample.
  private func bruteForce(
    _ samples: [Sample], at now: MonotonicInstant, wanderPPM: Double
  ) -> (lower: Int64, upper: Int64)? {
    var ends: (lower: Double, upper: Double)?
    for step in 0...20_000 {
      let rate = -100 + Double(step) / 100
      var (lower, upper) = (-Double.infinity, Double.infinity)
      for sample in samples {
        let below = Double((now - sample.received).wholeNanoseconds) * (rate - wanderPPM) / 1e6
        let above = Double((now - sample.sent).wholeNanoseconds) * (rate + wanderPPM) / 1e6
        lower = max(lower, Double(sample.lower.nanoseconds - Self.epoch) + below)
        upper = min(upper, Double(sample.upper.nanoseconds - Self.epoch) + above)
      }
      guard lower <= upper else { continue }
      ends = (min(ends?.lower ?? lower, lower), max(ends?.upper ?? upper, upper))
    }
    return ends.map { (Int64($0.lower) + Self.epoch, Int64($0.upper) + Self.epoch) }
  }
}
