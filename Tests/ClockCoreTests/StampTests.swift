import Testing

@testable import ClockCore

@Suite struct StampTests {
  private static let epoch: Int64 = 1_790_000_000_000

  private func instant(_ milliseconds: Int64) -> ExchangeInstant {
    ExchangeInstant(nanoseconds: (Self.epoch + milliseconds) * 1_000_000)
  }

  private func window(_ window: Duration, tolerance: Duration) -> AcceptanceRule {
    .window(
      AcceptanceWindow(
        window: window, longestWindow: nil, isAdjustable: true, tolerance: tolerance))
  }

  /// Earliest 0, latest 40 ms, W = 5 s, F = 1 s. At the earliest: 1000 ms are left ahead; behind,
  /// 5000 - (40 + 1000 - 0) = 3960. Moving up only costs ahead, so that is the best.
  @Test func aWideWindowGivesTheEarliest() {
    let stamp = window(.seconds(5), tolerance: .seconds(1)).stamp(
      earliest: instant(0), latest: instant(40), resolution: .milliseconds(1))
    #expect(stamp.instant == instant(0))
    #expect(stamp.margin == .milliseconds(1_000))
    #expect(stamp.smallestWindow == .milliseconds(1_040) + .nanoseconds(1))
    #expect(stamp.window == .seconds(5))
    #expect(stamp.isGuaranteed)
  }

  /// Latest 400 ms, W = 1.6 s, F = 0.5 s: ahead 500 - x meets behind 1600 - (1400 - x) at x = 150.
  @Test func aSmallWindowShiftsTowardsTheMiddle() {
    let stamp = window(.milliseconds(1_600), tolerance: .milliseconds(500)).stamp(
      earliest: instant(0), latest: instant(400), resolution: .milliseconds(1))
    #expect(stamp.instant == instant(150))
    #expect(stamp.margin == .milliseconds(350))
    #expect(stamp.smallestWindow == .milliseconds(1_250) + .nanoseconds(1))
    #expect(stamp.isGuaranteed)
  }

  /// As above with W = 1 s: the margins would meet at 450, but the estimate is at 200.
  @Test func neverAboveTheMidpoint() {
    let stamp = window(.seconds(1), tolerance: .milliseconds(500)).stamp(
      earliest: instant(0), latest: instant(400), resolution: .milliseconds(1))
    #expect(stamp.instant == instant(200))
    #expect(stamp.margin == .milliseconds(-200))
    #expect(stamp.smallestWindow == .milliseconds(1_200) + .nanoseconds(1))
    #expect(!stamp.isGuaranteed)
  }

  @Test func aWindowOfTheRequestReplacesTheDefault() {
    let stamp = window(.seconds(5), tolerance: .seconds(1)).stamp(
      earliest: instant(0), latest: instant(40), window: .seconds(60),
      resolution: .milliseconds(1))
    #expect(stamp.window == .seconds(60))
    #expect(stamp.margin == .seconds(1))
  }

  /// Where nothing is tolerated ahead, the earliest is still sure not to be ahead.
  @Test func withoutToleranceTheEarliestIsGuaranteed() {
    let stamp = window(.seconds(5), tolerance: .zero).stamp(
      earliest: instant(0), latest: instant(40), resolution: .milliseconds(1))
    #expect(stamp.instant == instant(0))
    #expect(stamp.margin == .zero)
    #expect(stamp.isGuaranteed)
  }

  /// However small the window: a stamp that may be ahead of the clock by more than is tolerated
  /// would be refused for that.
  @Test func withoutToleranceAStampIsNeverAhead() {
    let stamp = window(.milliseconds(500), tolerance: .zero).stamp(
      earliest: instant(0), latest: instant(100), resolution: .milliseconds(1))
    #expect(stamp.instant == instant(0))
    #expect(!stamp.isGuaranteed)
  }

  @Test func theStampIsRoundedDownToItsFormat() {
    let earliest = ExchangeInstant(nanoseconds: Self.epoch * 1_000_000 + 999_999)
    let rule = window(.seconds(5), tolerance: .zero)
    let stamp = rule.stamp(
      earliest: earliest, latest: earliest + .milliseconds(1), resolution: .milliseconds(1))
    #expect(stamp.instant == instant(0))
    let seconds = rule.stamp(
      earliest: instant(999), latest: instant(1_000), resolution: .seconds(1))
    #expect(seconds.instant == instant(0))
    #expect(seconds.smallestWindow == .seconds(2) + .nanoseconds(1))
  }

  @Test func anUnknownRuleGivesTheEarliestAndNoGuarantee() {
    let stamp = AcceptanceRule.unknown.stamp(
      earliest: instant(3), latest: instant(40), resolution: .milliseconds(1))
    #expect(stamp == Stamp(instant: instant(3), isGuaranteed: false))
  }

  /// W = 8 s, F = 5 s. Latest 7.6 s: the margins meet at 2.8; of 2 s are left 1.4 s behind, of 3 s
  /// 2 s ahead. Latest 6.6 s: they meet at 2.3; of 2 s are left 2.4 s behind, of 3 s 2 s ahead.
  @Test func theBetterOfTwoTimestampsIsTaken() {
    let stamp = { (latest: Int64) in
      window(.seconds(8), tolerance: .seconds(5)).stamp(
        earliest: instant(0), latest: instant(latest), resolution: .seconds(1))
    }
    #expect(stamp(7_600).instant == instant(3_000))
    #expect(stamp(7_600).margin == .seconds(2))
    #expect(stamp(6_600).instant == instant(2_000))
    #expect(stamp(6_600).margin == .milliseconds(2_400))
    // The estimate is at 2.9.
    #expect(
      window(.seconds(6), tolerance: .seconds(5)).stamp(
        earliest: instant(0), latest: instant(5_800), resolution: .seconds(1)
      ).instant == instant(2_000))
  }

  @Test func whereNoWindowWouldDoNoneIsNamed() {
    let rule = AcceptanceRule.window(
      AcceptanceWindow(
        window: .seconds(5), longestWindow: .seconds(8), isAdjustable: true,
        tolerance: .seconds(1)))
    let stamp = { (latest: Int64) in
      rule.stamp(
        earliest: instant(0), latest: instant(latest), resolution: .milliseconds(1))
    }
    #expect(stamp(7_000).smallestWindow == .milliseconds(7_001) + .nanoseconds(1))
    #expect(!stamp(7_000).isGuaranteed)
    #expect(stamp(8_000).smallestWindow == nil)
    let fixed = AcceptanceRule.window(
      AcceptanceWindow(
        window: .seconds(5), longestWindow: nil, isAdjustable: false, tolerance: .zero)
    ).stamp(earliest: instant(0), latest: instant(4_000), resolution: .milliseconds(1))
    #expect(!fixed.isGuaranteed && fixed.smallestWindow == nil)
  }

  /// An exchange that knows nothing of the daemon judges stamps by its own clock and rule.
  @Test(arguments: 0..<20)
  func whatIsGuaranteedIsAccepted(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var guaranteed = 0
    for round in 0..<500 {
      let resolution: Duration =
        [.nanoseconds(1), .microseconds(1), .milliseconds(1), .seconds(1)]
        .randomElement(using: &random) ?? .zero
      let earliest = instant(0) + random.duration(in: .zero...(.seconds(2)))
      let width = random.duration(
        in: .zero...(.milliseconds(1 << Int.random(in: 0...13, using: &random))))
      let allowed = random.duration(in: .milliseconds(1)...(.seconds(8)))
      let tolerance: Duration =
        Bool.random(using: &random) ? .zero : random.duration(in: .zero...(.seconds(2)))
      let stamp = window(allowed, tolerance: tolerance).stamp(
        earliest: earliest, latest: earliest + width, resolution: resolution)
      guaranteed += stamp.isGuaranteed ? 1 : 0
      let comment: Comment = "seed \(seed), round \(round): \(stamp)"
      #expect(stamp.instant <= earliest + width / 2, comment)
      #expect(stamp.instant.nanoseconds % resolution.wholeNanoseconds == 0, comment)
      #expect((stamp.margin ?? .zero) >= .zero || !stamp.isGuaranteed, comment)
      for truth in [.zero, width, random.duration(in: .zero...width)] {
        for uplink in [.zero, .seconds(1), random.duration(in: .zero...(.seconds(1)))] {
          let exact = earliest + truth + uplink
          for clock in [exact, exact.rounded(downTo: resolution)] {
            let isAhead = stamp.instant >= clock + tolerance && stamp.instant > clock
            let isLate = stamp.instant <= clock - allowed
            #expect(!isAhead, comment)
            #expect(!isLate || !stamp.isGuaranteed, comment)
          }
        }
      }
      try check(stamp, earliest, width, allowed, tolerance, resolution, comment)
    }
    #expect(guaranteed > 100, "seed \(seed): the guarantee is given at all")
  }

  /// No other timestamp of the format is better, and the smallest window is just enough.
  private func check(
    _ stamp: Stamp, _ earliest: ExchangeInstant, _ width: Duration, _ allowed: Duration,
    _ tolerance: Duration, _ resolution: Duration, _ comment: Comment
  ) throws {
    let first = earliest.rounded(downTo: resolution)
    let margin = try #require(stamp.margin)
    for steps in -2...2 as ClosedRange<Int64> {
      let other = stamp.instant + .nanoseconds(steps * resolution.wholeNanoseconds)
      let isAhead = other >= first + tolerance && other > first
      guard other >= first, other <= earliest + width / 2, !isAhead else { continue }
      let behind = allowed - (earliest + width + .seconds(1) - other)
      #expect(min(tolerance - (other - first), behind) <= margin, comment)
    }
    let smallest = try #require(stamp.smallestWindow)
    let rule = window(smallest, tolerance: tolerance)
    let again = { (window: Duration) in
      rule.stamp(
        earliest: earliest, latest: earliest + width, window: window, resolution: resolution)
    }
    #expect(again(smallest).isGuaranteed, comment)
    #expect(stamp.isGuaranteed || !again(smallest - .nanoseconds(1)).isGuaranteed, comment)
    #expect(stamp.isGuaranteed == (smallest <= allowed), comment)
  }
}
