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
    #expect(stamp.smallestWindow == .milliseconds(1_040))
    #expect(stamp.window == .seconds(5))
    #expect(stamp.isGuaranteed)
  }

  /// Latest 400 ms, W = 1.6 s, F = 0.5 s: ahead 500 - x meets behind 1600 - (1400 - x) at x = 150.
  @Test func aSmallWindowShiftsTowardsTheMiddle() {
    let stamp = window(.milliseconds(1_600), tolerance: .milliseconds(500)).stamp(
      earliest: instant(0), latest: instant(400), resolution: .milliseconds(1))
    #expect(stamp.instant == instant(150))
    #expect(stamp.margin == .milliseconds(350))
    #expect(stamp.smallestWindow == .milliseconds(1_250))
    #expect(stamp.isGuaranteed)
  }

  /// As above with W = 1 s: the margins would meet at 450, but the estimate is at 200.
  @Test func neverAboveTheMidpoint() {
    let stamp = window(.seconds(1), tolerance: .milliseconds(500)).stamp(
      earliest: instant(0), latest: instant(400), resolution: .milliseconds(1))
    #expect(stamp.instant == instant(200))
    #expect(stamp.margin == .milliseconds(-200))
    #expect(stamp.smallestWindow == .milliseconds(1_200))
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
    #expect(seconds.smallestWindow == .seconds(2))
  }

  @Test func anUnknownRuleGivesTheEarliestAndNoGuarantee() {
    let stamp = AcceptanceRule.unknown.stamp(
      earliest: instant(3), latest: instant(40), resolution: .milliseconds(1))
    #expect(stamp == Stamp(instant: instant(3), isGuaranteed: false))
  }

  @Test func aNonceGrowsAlsoWhenTimeGoesBackwards() {
    var random = SplitMix64(seed: 5)
    var previous: ExchangeInstant?
    for _ in 0..<1_000 {
      let earliest = instant(.random(in: 0...50, using: &random))
      let stamp = AcceptanceRule.nonce.stamp(
        earliest: earliest, latest: earliest + .seconds(1), resolution: .milliseconds(1),
        previous: previous)
      // Nothing is known of the nonces before the first one.
      #expect(!stamp.isGuaranteed)
      #expect(stamp.instant >= earliest)
      if let previous { #expect(stamp.instant > previous) }
      previous = stamp.instant
    }
  }

  @Test func aFirstNonceIsTheTime() {
    let stamp = AcceptanceRule.nonce.stamp(
      earliest: instant(7), latest: instant(9), resolution: .seconds(1))
    #expect(stamp.instant == instant(0))
  }

  /// An exchange that knows nothing of the daemon judges stamps by its own clock and rule.
  @Test(arguments: 0..<20)
  func whatIsGuaranteedIsAccepted(_ seed: UInt64) {
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
          let clock = earliest + truth + uplink
          let isAhead = stamp.instant >= clock + tolerance && stamp.instant > clock
          let isLate = stamp.instant < clock - allowed
          #expect(!isAhead, comment)
          #expect(!isLate || !stamp.isGuaranteed, comment)
        }
      }
      // The smallest window that it names would do, on this side.
      let enough = stamp.smallestWindow ?? .zero
      #expect(stamp.instant >= earliest + width + .seconds(1) - enough, comment)
    }
    #expect(guaranteed > 100, "seed \(seed): the guarantee is given at all")
  }
}
