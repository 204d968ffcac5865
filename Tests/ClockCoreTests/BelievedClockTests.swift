import Testing

@testable import ClockCore

/// What one burst after the other does to what is believed.
@Suite struct BelievedClockTests {
  private static let settings = TrackerSettings(samples: 2)

  /// A burst of two probes of 20 ms, `after` the first one of all; the exchange's clock is ahead by
  /// `offset`, and by `late` when it reads it for the second.
  private func burst(
    after: Duration, offset: Duration, late: Duration? = nil
  ) throws -> BurstAgreement {
    var burst = Burst()
    for (index, offset) in [offset, late ?? offset].enumerated() {
      let sent = MonotonicInstant(nanoseconds: 0) + after + .milliseconds(50) * index
      let read = sent + .milliseconds(10)
      let truth = AnchoredOffset(nanoseconds: 1_790_000_000_000_000_000) + offset
      burst.add(
        Sample(
          sent: sent, received: read + .milliseconds(10), stamp: read + truth,
          resolution: .milliseconds(1)))
    }
    return try #require(burst.agreement(drift: Self.settings.drift))
  }

  private func believed() throws -> BelievedClock {
    var believed = BelievedClock(settings: Self.settings)
    for minutes in 0..<4 {
      let verdict = believed.weigh(try burst(after: .seconds(60 * minutes), offset: .zero))
      #expect(verdict == .believed([]))
    }
    return believed
  }

  /// Whether what is published after `time` holds a clock that is ahead by `offset`.
  private func covers(_ believed: BelievedClock, _ offset: Duration, after time: Duration) -> Bool {
    guard let clock = believed.clock else { return false }
    let interval = clock.interval(at: MonotonicInstant(nanoseconds: 0) + time)
    let truth = AnchoredOffset(nanoseconds: 1_790_000_000_000_000_000) + offset
    return interval.lower <= truth && truth <= interval.upper
  }

  @Test func aStepNeedsASecondBurst() throws {
    var believed = try believed()
    let step = Duration.seconds(5)
    #expect(believed.weigh(try burst(after: .seconds(300), offset: step)) == .contradicted)
    #expect(believed.isInDoubt)
    let verdict = believed.weigh(try burst(after: .seconds(301), offset: step))
    guard case .believed(let events) = verdict, case .stepAccepted(let size)? = events.first
    else { return #expect(Bool(false), "\(verdict)") }
    #expect(abs(size - step) < .milliseconds(25))
    #expect(events.count == 1)
    #expect(covers(believed, step, after: .seconds(301)))
    #expect(!believed.isInDoubt)
  }

  /// It is another server's: from then on the bound holds for both, whoever answers.
  @Test(arguments: [150, -150, 990])
  func aNearBurstThatIsNotConfirmedIsOfAnotherServer(_ milliseconds: Int) throws {
    var believed = try believed()
    let other = Duration.milliseconds(milliseconds)
    #expect(believed.weigh(try burst(after: .seconds(300), offset: other)) == .contradicted)
    let verdict = believed.weigh(try burst(after: .seconds(301), offset: .zero))
    guard case .believed(let events) = verdict, events.count == 2,
      case .burstRejected = events[0], case .fleetMet(let spread) = events[1]
    else { return #expect(Bool(false), "\(verdict)") }
    #expect(spread >= abs(other) && spread < abs(other) + .milliseconds(100))
    #expect(covers(believed, .zero, after: .seconds(302)))
    #expect(covers(believed, other, after: .seconds(302)))
    // Which is no news when it answers again.
    #expect(believed.weigh(try burst(after: .seconds(400), offset: other)) == .believed([]))
    #expect(covers(believed, .zero, after: .seconds(402)))
    #expect(covers(believed, other, after: .seconds(402)))
    // And is forgotten a day later.
    #expect(believed.weigh(try burst(after: .seconds(90_000), offset: .zero)) == .believed([]))
    #expect(!covers(believed, .milliseconds(990), after: .seconds(90_001)))
  }

  @Test func aFarBurstThatIsNotConfirmedIsWrong() throws {
    var believed = try believed()
    let far = Duration.milliseconds(1_100)
    #expect(believed.weigh(try burst(after: .seconds(300), offset: far)) == .contradicted)
    let verdict = believed.weigh(try burst(after: .seconds(301), offset: .zero))
    guard case .believed(let events) = verdict, events.count == 1, case .burstRejected = events[0]
    else { return #expect(Bool(false), "\(verdict)") }
    #expect(!covers(believed, far, after: .seconds(302)))
  }

  @Test func aClockThatReturnsToWhatItWasIsOfAnotherServer() throws {
    var believed = try believed()
    let other = Duration.milliseconds(200)
    for (seconds, offset) in [(300, other), (301, other), (400, .zero)] {
      _ = believed.weigh(try burst(after: .seconds(seconds), offset: offset))
    }
    let verdict = believed.weigh(try burst(after: .seconds(401), offset: .zero))
    guard case .believed(let events) = verdict, case .fleetMet? = events.last, events.count == 1
    else { return #expect(Bool(false), "\(verdict)") }
    #expect(covers(believed, .zero, after: .seconds(402)))
    #expect(covers(believed, other, after: .seconds(402)))
  }

  @Test func serversThatAreAllMetAtOnceNeedNoPast() throws {
    var believed = try believed()
    let (one, two) = (Duration.milliseconds(300), Duration.milliseconds(-300))
    #expect(believed.weigh(try burst(after: .seconds(300), offset: one)) == .contradicted)
    let verdict = believed.weigh(try burst(after: .seconds(301), offset: two))
    guard case .believed(let events) = verdict, case .fleetMet? = events.last
    else { return #expect(Bool(false), "\(verdict)") }
    for offset in [Duration.zero, one, two] {
      #expect(covers(believed, offset, after: .seconds(302)))
    }
  }

  @Test func aRateThatChangesIsNoStep() throws {
    var believed = try believed()
    // 80 ppm for an hour, after none: 288 ms.
    let gained = Duration.milliseconds(288)
    #expect(believed.weigh(try burst(after: .seconds(3_780), offset: .zero)) == .believed([]))
    #expect(believed.weigh(try burst(after: .seconds(7_380), offset: gained)) == .contradicted)
    let verdict = believed.weigh(try burst(after: .seconds(7_381), offset: gained))
    #expect(verdict == .believed([.rateChanged(wanderPPM: 12)]))
    #expect(covers(believed, gained, after: .seconds(7_381)))
  }

  @Test func aJumpBeyondTheLimitIsBelievedWhenItIsDemanded() throws {
    var believed = try believed()
    let far = Duration.seconds(601)
    #expect(believed.weigh(try burst(after: .seconds(300), offset: far)) == .contradicted)
    let refused = believed.weigh(try burst(after: .seconds(301), offset: far))
    guard case .refused(_, keepsPast: true, let events) = refused,
      case .stepRefused? = events.first
    else { return #expect(Bool(false), "\(refused)") }
    #expect(covers(believed, .zero, after: .seconds(301)))
    // It was seen twice: the third time it needs no confirmation.
    let accepted = believed.weigh(
      try burst(after: .seconds(302), offset: far), acceptingAnyStep: true)
    guard case .believed = accepted else { return #expect(Bool(false), "\(accepted)") }
    #expect(covers(believed, far, after: .seconds(303)))
  }

  /// A step that contradicts nothing turns the rate that is learnt; the bound must hold all the
  /// same, an hour after the first burst that is after it.
  @Test(
    arguments: [
      -150, -100, -70, -50, -40, -30, -15, 5, 15, 30, 40, 50, 60, 80, 100, 150, 200, 300,
    ], 1..<8)
  func aStepThatIsNotNoticedLeavesTheBoundWithTheNextBurst(
    _ milliseconds: Int, _ after: Int
  ) throws {
    var believed = BelievedClock(settings: Self.settings)
    for hour in 0..<9 {
      let offset: Duration = hour < after ? .zero : .milliseconds(milliseconds)
      _ = believed.weigh(try burst(after: .seconds(3_600 * hour), offset: offset))
      if !believed.isInDoubt {
        #expect(covers(believed, offset, after: .seconds(3_600 * hour + 3_600)), "hour \(hour)")
      }
    }
  }

  /// 120 ms between the second burst and the third, which are half an hour apart: 54 ppm.
  @Test func aStepBetweenBurstsThatAreNearLeavesTheBoundToo() throws {
    var believed = BelievedClock(settings: Self.settings)
    let step = Duration.milliseconds(120)
    for (second, offset) in [(0, Duration.zero), (810, .zero), (3_018, step)] {
      #expect(believed.weigh(try burst(after: .seconds(second), offset: offset)) == .believed([]))
    }
    for minutes in 0...60 {
      #expect(covers(believed, step, after: .seconds(3_018 + 60 * minutes)), "\(minutes)")
    }
  }

  /// Two servers take turns for days: what was learnt of them does not run out meanwhile.
  @Test func serversThatAreStillMetAreNotForgotten() throws {
    var believed = try believed()
    let other = Duration.milliseconds(300)
    _ = believed.weigh(try burst(after: .seconds(300), offset: other))
    _ = believed.weigh(try burst(after: .seconds(301), offset: .zero))
    for half in 1...100 {
      let verdict = believed.weigh(
        try burst(after: .seconds(1_800 * half), offset: half % 3 == 0 ? other : .zero))
      #expect(verdict == .believed([]), "\(half)")
      for offset in [Duration.zero, other] {
        #expect(covers(believed, offset, after: .seconds(1_800 * half + 1)), "\(half)")
      }
    }
    #expect(try #require(believed.clock).interval.error < .milliseconds(500))
  }

  /// A rate that once changed is trusted again after some quiet days.
  @Test func aSurpriseIsForgottenAfterSomeDays() throws {
    var believed = try believed()
    let gained = Duration.milliseconds(288)
    _ = believed.weigh(try burst(after: .seconds(3_780), offset: .zero))
    for second in [7_380, 7_381] {
      _ = believed.weigh(try burst(after: .seconds(second), offset: gained))
    }
    #expect(believed.wanderPPM == 12)
    for hour in 3..<24 {
      _ = believed.weigh(try burst(after: .seconds(3_600 * hour), offset: gained))
    }
    #expect(believed.wanderPPM == 12)
    for hour in 24..<36 {
      _ = believed.weigh(try burst(after: .seconds(3_600 * hour), offset: gained))
    }
    #expect(believed.wanderPPM == 6)
  }
}
