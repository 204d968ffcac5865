import ClockCore
import Testing

/// Stamps for exchanges that want an instant ahead, after which they refuse the request.
@Suite struct ExpiryStampTests {
  private func instant(_ milliseconds: Int64) -> ExchangeInstant {
    ExchangeInstant(nanoseconds: 1_790_000_000_000_000_000 + milliseconds * 1_000_000)
  }

  @Test func itIsTheLatestTimePlusTheLifetimeRoundedUp() {
    let rule = AcceptanceRule.expiry(lifetime: .seconds(5), longest: nil)
    let stamp = rule.stamp(
      earliest: instant(-300), latest: instant(200), resolution: .seconds(1))
    #expect(stamp.instant == instant(6_000))
    // 6 s - 200 ms, less the second that the request may travel.
    #expect(stamp.margin == .milliseconds(4_800))
    #expect(stamp.window == .seconds(5))
    #expect(stamp.isGuaranteed)
    let exact = rule.stamp(earliest: instant(0), latest: instant(0), resolution: .seconds(1))
    #expect(exact.instant == instant(5_000))
  }

  @Test func itIsNotAheadOfTheLimit() {
    let rule = AcceptanceRule.expiry(lifetime: .seconds(60), longest: .seconds(60))
    let stamp = rule.stamp(
      earliest: instant(-300), latest: instant(200), resolution: .seconds(1))
    // Its clock may read -1 s, cut to whole seconds, and 60 s ahead of that may be too far.
    #expect(stamp.instant == instant(58_000))
    #expect(stamp.margin == .seconds(1))
    #expect(stamp.isGuaranteed)
  }

  @Test func withTooShortALifetimeNothingIsGuaranteed() {
    let rule = AcceptanceRule.expiry(lifetime: .milliseconds(500), longest: nil)
    let stamp = rule.stamp(
      earliest: instant(0), latest: instant(10), resolution: .milliseconds(1))
    #expect(stamp.margin == .milliseconds(-500))
    #expect(!stamp.isGuaranteed)
    #expect(stamp.smallestWindow == .seconds(1) + .nanoseconds(1))
    #expect(
      rule.stamp(
        earliest: instant(0), latest: instant(10), window: .seconds(2),
        resolution: .milliseconds(1)
      ).isGuaranteed)
  }

  /// Written in whole seconds, 200 ms after one, a lifetime of one second is 1.8 s; 800 ms later it
  /// would be one. What is guaranteed does not depend on that luck.
  @Test func whatIsEnoughOnlyByRoundingIsNotGuaranteed() {
    let rule = AcceptanceRule.expiry(lifetime: .seconds(5), longest: .seconds(60))
    let stamp = { (lifetime: Duration) in
      rule.stamp(
        earliest: instant(200), latest: instant(200), window: lifetime, resolution: .seconds(1))
    }
    #expect(stamp(.seconds(1)).instant == instant(2_000))
    #expect(!stamp(.seconds(1)).isGuaranteed && stamp(.seconds(1)).margin == .zero)
    #expect(stamp(.seconds(1)).smallestWindow == .seconds(1) + .nanoseconds(1))
    #expect(stamp(.milliseconds(400)).margin == .milliseconds(-600))
    #expect(stamp(.milliseconds(1_001)).isGuaranteed)
    #expect(stamp(.milliseconds(1_001)).margin == .milliseconds(800))
  }

  @Test func whereTheLimitIsTooNearNoLifetimeIsNamed() {
    let stamp = AcceptanceRule.expiry(lifetime: .seconds(2), longest: .seconds(4)).stamp(
      earliest: instant(0), latest: instant(3_500), resolution: .milliseconds(1))
    #expect(stamp.instant == instant(3_999))
    #expect(!stamp.isGuaranteed && stamp.smallestWindow == nil)
  }

  /// An exchange that knows nothing of the daemon judges stamps by its own clock and rule.
  @Test(arguments: 0..<20)
  func whatIsGuaranteedIsAccepted(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var guaranteed = 0
    for round in 0..<500 {
      let earliest = instant(.random(in: 0...2_000, using: &random))
      let width = random.duration(in: .zero...(.seconds(4)))
      let lifetime = random.duration(in: .milliseconds(1)...(.seconds(8)))
      let longest: Duration? =
        Bool.random(using: &random) ? nil : lifetime + random.duration(in: .zero...(.seconds(2)))
      let resolution: Duration = Bool.random(using: &random) ? .seconds(1) : .milliseconds(1)
      let stamp = AcceptanceRule.expiry(lifetime: lifetime, longest: longest).stamp(
        earliest: earliest, latest: earliest + width, resolution: resolution)
      guaranteed += stamp.isGuaranteed ? 1 : 0
      let comment: Comment = "seed \(seed), round \(round): \(stamp)"
      #expect(stamp.isGuaranteed == (stamp.smallestWindow.map { $0 <= lifetime } ?? false), comment)
      #expect(stamp.instant.nanoseconds % resolution.wholeNanoseconds == 0, comment)
      for truth in [.zero, width, random.duration(in: .zero...width)] {
        for uplink in [.zero, .seconds(1), random.duration(in: .zero...(.seconds(1)))] {
          let clock = earliest + truth + uplink
          #expect(longest.map { stamp.instant < clock + $0 } ?? true, comment)
          #expect(clock < stamp.instant || !stamp.isGuaranteed, comment)
        }
      }
    }
    #expect(guaranteed > 100, "seed \(seed): the guarantee is given at all")
  }
}
