import Testing

@testable import ClockCore

@Suite struct TimeTests {
  private typealias Interval = OffsetInterval<Monotonic, Exchange>

  private func interval(_ lower: Int64, _ upper: Int64) -> Interval? {
    Interval(lower: Offset(nanoseconds: lower), upper: Offset(nanoseconds: upper))
  }

  @Test func aLaterInstantMinusAnEarlierOneIsPositive() {
    let early = LocalInstant(nanoseconds: 100)
    let late = early + .nanoseconds(30)
    #expect(late - early == .nanoseconds(30))
    #expect(early - late == .nanoseconds(-30))
    #expect(early < late)
    #expect(late - .nanoseconds(30) == early)
  }

  @Test(
    arguments: [
      (1_999, 1_000, 1_000), (2_000, 1_000, 2_000), (0, 1_000, 0), (-1, 1_000, -1_000),
      (-1_000, 1_000, -1_000), (-1_001, 1_000, -2_000), (7, 1, 7),
    ] as [(Int64, Int64, Int64)])
  func instantsAreRoundedDownAlsoBeforeTheEpoch(_ value: Int64, _ step: Int64, _ rounded: Int64) {
    let instant = ExchangeInstant(nanoseconds: value).rounded(downTo: .nanoseconds(step))
    #expect(instant.nanoseconds == rounded)
  }

  @Test func anOffsetIsPositiveWhereTheTargetIsAhead() {
    let ours = LocalInstant(nanoseconds: 1_000)
    let theirs = ExchangeInstant(nanoseconds: 1_250)
    let offset = LocalOffset(from: ours, to: theirs)
    #expect(offset.nanoseconds == 250)
    #expect(ours + offset == theirs)
  }

  /// The exchange is 250 ahead of RAW and REALTIME 300 ahead of RAW: the exchange is 50 behind it.
  @Test func rebasingAnOffsetTakesTheNewBaseAway() {
    let theta = AnchoredOffset(nanoseconds: 250)
    let local = Offset<Monotonic, Local>(nanoseconds: 300)
    #expect(theta.rebased(to: local).nanoseconds == -50)
  }

  @Test func anIntervalHasItsEndsInOrder() {
    #expect(interval(1, 0) == nil)
    #expect(interval(0, 0) != nil)
  }

  @Test(arguments: [(0, 0), (0, 1), (-3, 4), (-5, -2), (10, 25)] as [(Int64, Int64)])
  func theMidpointIsOffByAtMostTheError(_ lower: Int64, _ upper: Int64) throws {
    let interval = try #require(self.interval(lower, upper))
    #expect(interval.width == .nanoseconds(upper - lower))
    #expect(interval.upper - interval.midpoint <= interval.error)
    #expect(interval.midpoint - interval.lower <= interval.error)
    #expect(interval.error * 2 - interval.width <= .nanoseconds(1))
  }

  @Test func intervalsThatTouchShareAPoint() throws {
    let left = try #require(interval(0, 10))
    #expect(try left.intersection(#require(interval(10, 20))) == interval(10, 10))
    #expect(try left.intersection(#require(interval(11, 20))) == nil)
    #expect(try left.intersection(#require(interval(3, 4))) == interval(3, 4))
  }

  @Test func widenedAndRebasedIntervals() throws {
    let original = try #require(interval(10, 20))
    #expect(original.widened(by: .nanoseconds(3)) == interval(7, 23))
    let rebased = original.rebased(to: Offset<Monotonic, Local>(nanoseconds: 15))
    #expect(rebased.lower.nanoseconds == -5)
    #expect(rebased.upper.nanoseconds == 5)
  }

  @Test(
    arguments: [
      (.zero, 0), (.nanoseconds(5), 5), (.nanoseconds(-5), -5), (.seconds(3), 3_000_000_000),
      (Duration(secondsComponent: 0, attosecondsComponent: 1_999_999_999), 1),
      (Duration(secondsComponent: 0, attosecondsComponent: -1_999_999_999), -1),
    ] as [(Duration, Int64)])
  func wholeNanosecondsRoundTowardsZero(_ duration: Duration, _ nanoseconds: Int64) {
    #expect(duration.wholeNanoseconds == nanoseconds)
    #expect(abs(duration) >= .zero)
    #expect(abs(duration) == abs(.zero - duration))
  }

  @Test(
    arguments: [
      (.zero, "0 s"), (.nanoseconds(7), "7 ns"), (.nanoseconds(1_500), "1.50 us"),
      (.microseconds(12_345), "12.3 ms"), (.milliseconds(999), "999 ms"),
      (.milliseconds(-3_000), "-3.00 s"), (.seconds(119), "119 s"), (.seconds(120), "2 min"),
      (.seconds(3_299), "55 min"), (.seconds(7_199), "120 min"), (.seconds(7_200), "2 h"),
      (.seconds(172_799), "48 h"), (.seconds(172_800), "2 d"), (.milliseconds(1_009), "1.01 s"),
      (.milliseconds(1_050), "1.05 s"), (.microseconds(9_994), "9.99 ms"),
      (.microseconds(9_996), "10.0 ms"), (.microseconds(99_960), "100 ms"),
      (.nanoseconds(999_499), "999 us"), (.nanoseconds(999_600), "1.00 ms"),
      (.microseconds(999_600), "1.00 s"),
    ] as [(Duration, String)])
  func shortTextOfDurations(_ duration: Duration, _ text: String) {
    #expect(duration.shortText == text)
  }

  @Test func timestampFormatsHaveTheResolutionOfTheirLastDigit() {
    #expect(TimestampFormat.unixSeconds.resolution == .seconds(1))
    #expect(TimestampFormat.unixMilliseconds.resolution == .milliseconds(1))
    #expect(TimestampFormat.unixMicroseconds.resolution == .microseconds(1))
    #expect(TimestampFormat.unixNanoseconds.resolution == .nanoseconds(1))
    #expect(TimestampFormat.iso8601Milliseconds.resolution == .milliseconds(1))
  }

  /// The vectors that the authors' own program prints for these seeds.
  @Test(
    arguments: [
      (0, [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F]),
      (
        1_234_567,
        [
          6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
          4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
      ),
    ] as [(UInt64, [UInt64])])
  func splitMix64IsTheKnownGenerator(_ seed: UInt64, _ expected: [UInt64]) {
    var random = SplitMix64(seed: seed)
    #expect(expected.map { _ in random.next() } == expected)
  }

  @Test func randomDurationsReachBothEndsAndNothingBeyond() {
    var random = SplitMix64(seed: 1)
    let range: ClosedRange<Duration> = .nanoseconds(-1)...(.nanoseconds(1))
    let drawn = (0..<200).map { _ in random.duration(in: range) }
    #expect(Set(drawn) == [.nanoseconds(-1), .zero, .nanoseconds(1)])
    #expect(random.duration(in: .seconds(2)...(.seconds(2))) == .seconds(2))
  }
}
