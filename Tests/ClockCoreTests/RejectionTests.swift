import ClockCore
import Testing

/// The verdict on a refusal, by what is known of the exchange's clock.
///
/// The clock shows 1,000,000 s within ±10 ms now; the rule is Binance's unless said otherwise.
@Suite struct RejectionTests {
  private static let second: Int64 = 1_000_000_000
  private static let now = 1_000_000 * second
  private static let rule = AcceptanceRule.window(
    AcceptanceWindow(
      window: .seconds(5), longestWindow: .seconds(60), isAdjustable: true,
      tolerance: .seconds(1)))
  private static let fixed = AcceptanceRule.window(
    AcceptanceWindow(
      window: .seconds(5), longestWindow: nil, isAdjustable: false, tolerance: .seconds(5)))

  private static func knowledge(
    isFresh: Bool = false, hasMoved: Bool = false
  ) -> Rejection.Knowledge {
    .init(
      earliest: at(.milliseconds(-10)), latest: at(.milliseconds(10)), isFresh: isFresh,
      hasMoved: hasMoved)
  }

  /// The exchange's clock, so much after the estimate of now.
  private static func at(_ lead: Duration) -> ExchangeInstant {
    ExchangeInstant(nanoseconds: now) + lead
  }

  private func judge(
    _ reading: RejectionReading = .listed(.clock, nil), stamp lead: Duration? = nil,
    isOwn: Bool = false, window: Duration? = nil, disclosed: Duration? = nil,
    rule: AcceptanceRule = rule, isFresh: Bool = false, hasMoved: Bool = false
  ) -> RejectionJudgement {
    Rejection(
      reading: reading, timestamp: lead.map { .instant(Self.at($0)) }, isOwnStamp: isOwn,
      window: window, disclosed: disclosed.map(Self.at)
    ).judgement(rule: rule, clock: Self.knowledge(isFresh: isFresh, hasMoved: hasMoved))
  }

  // MARK: What is no matter of clocks

  @Test(
    arguments: [
      (.signature, .signature, .checkSignature), (.key, .key, .checkKey),
      (.rateLimit, .rateLimit, .wait), (.format, .format, .checkFormat),
    ] as [(RejectionReading.Cause, RejectionVerdict, RejectionAction)])
  func causesNoResync(
    _ cause: RejectionReading.Cause, _ verdict: RejectionVerdict, _ action: RejectionAction
  ) {
    // Whatever the timestamp and the clock in the message are.
    for stamp in [nil, .zero, .seconds(-60), .seconds(60)] as [Duration?] {
      let judgement = judge(.listed(cause, nil), stamp: stamp, disclosed: .seconds(60))
      #expect(judgement.verdict == verdict && judgement.action == action)
      #expect(judgement.resync == .none)
    }
  }

  @Test func aTimestampInTheWrongUnitIsAMatterOfFormat() {
    for reading: RejectionReading in [.listed(.clock, .behind), .listed(.late, nil), .unlisted] {
      for timestamp: ReportedTimestamp in [.foreign(form: "s", isFiner: false), .unreadable] {
        let judgement = Rejection(reading: reading, timestamp: timestamp)
          .judgement(rule: Self.rule, clock: Self.knowledge())
        #expect(judgement.verdict == .format && judgement.action == .checkFormat)
        #expect(judgement.resync == .none)
      }
    }
  }

  @Test func whatIsNotKnownIsUnknown() {
    #expect(judge(.unlisted).verdict == .unknown)
    #expect(judge(.unlisted).action == .none)
    #expect(judge(.ambiguous, stamp: .seconds(-6)).finding == .ambiguous)
    #expect(judge(.ambiguous, stamp: .seconds(-6)).resync == .none)
  }

  /// It may be about anything, such as the balance.
  @Test func whatIsNotKnownIsNoMatterOfClocksWhateverTheTimestamp() {
    let untold = AcceptanceRule.window(
      AcceptanceWindow(
        window: .seconds(30), longestWindow: nil, isAdjustable: false, tolerance: .zero))
    for reading: RejectionReading in [.unlisted, .ambiguous] {
      for rule in [Self.rule, Self.fixed, untold, .unknown] {
        for stamp: Duration in [.milliseconds(560), .seconds(2), .seconds(-90), .seconds(9_000)] {
          let judgement = judge(reading, stamp: stamp, disclosed: .seconds(20), rule: rule)
          #expect(judgement.verdict == .unknown && judgement.action == .none)
          #expect(judgement.resync == .none, "\(reading) \(stamp)")
        }
      }
    }
  }

  // MARK: Clocks

  @Test func aCodeAloneIsAReasonToReadTheClock() {
    let judgement = judge()
    #expect(judgement.verdict == .clock && judgement.action == .resign)
    #expect(judgement.finding == .listed && judgement.resync == .unlessFresh)
    #expect(judge(isFresh: true).resync == .none)
  }

  @Test func theSideOfTheMessageIsTaken() {
    #expect(judge(.listed(.clock, .ahead)).finding == .ahead(by: nil))
    #expect(judge(.listed(.clock, .behind)).finding == .behind(age: nil))
    // The timestamp is not ahead any more: nothing is claimed of how far it was.
    #expect(judge(.listed(.clock, .ahead), stamp: .zero).finding == .ahead(by: nil))
  }

  @Test func withoutASideTheTimestampTells() {
    #expect(judge(stamp: .seconds(2)).finding == .ahead(by: .milliseconds(1_990)))
    #expect(judge(stamp: .seconds(-6)).finding == .behind(age: .milliseconds(5_990)))
    #expect(judge(stamp: .seconds(2)).verdict == .clock)
    #expect(judge(stamp: .seconds(-6)).verdict == .clock)
    #expect(judge(stamp: .seconds(-6)).resync == .unlessFresh)
  }

  @Test func aClockThatHasMovedIsToBlame() {
    // Though the timestamp was a stamp from here.
    let judgement = judge(
      .listed(.clock, .behind), stamp: .seconds(-6), isOwn: true, isFresh: true, hasMoved: true)
    #expect(judgement.verdict == .clock && judgement.finding == .moved)
    #expect(judgement.resync == .none)
  }

  @Test func withoutAClockTheTableDecides() {
    let clock = Rejection(reading: .listed(.clock, .ahead)).judgement(rule: Self.rule, clock: nil)
    #expect(clock.verdict == .clock && clock.resync == .unlessFresh)
    let late = Rejection(reading: .listed(.late, nil)).judgement(rule: Self.rule, clock: nil)
    #expect(late.verdict == .late && late.resync == .none)
  }

  /// No delay puts a timestamp ahead, whatever the exchange's words are.
  @Test func aTimestampThatIsAheadIsNotTooOld() {
    for isFresh in [false, true] {
      let judgement = judge(.listed(.clock, .behind), stamp: .milliseconds(9_500), isFresh: isFresh)
      #expect(judgement.verdict == .clock && judgement.action == .resign)
      #expect(judgement.finding == .ahead(by: .milliseconds(9_490)))
      #expect(judgement.resync == (isFresh ? .none : .unlessFresh))
    }
  }

  // MARK: Late

  @Test func anOwnStampThatIsTooOldNowWasLate() {
    let judgement = judge(.listed(.clock, .behind), stamp: .seconds(-6), isOwn: true)
    #expect(judgement.verdict == .late && judgement.action == .resignWiderWindow)
    #expect(judgement.finding == .ownStampLate(age: .milliseconds(5_990)))
    #expect(judgement.resync == .none)
    #expect(judge(stamp: .seconds(-6), isOwn: true, rule: Self.fixed).action == .resign)
    #expect(judge(stamp: .seconds(-61), isOwn: true, window: .seconds(60)).action == .resign)
  }

  /// Without a window, one that was in time looks like one that came late.
  @Test func anOwnStampOfAnUnknownWindowHasTheClockReadAnew() {
    let refused = judge(stamp: .milliseconds(-20), isOwn: true, rule: .unknown)
    #expect(refused.verdict == .late && refused.resync == .unlessFresh)
    let fresh = judge(stamp: .milliseconds(-20), isOwn: true, rule: .unknown, isFresh: true)
    #expect(fresh.verdict == .late && fresh.resync == .none)
    let moved = judge(
      stamp: .milliseconds(-20), isOwn: true, rule: .unknown, isFresh: true, hasMoved: true)
    #expect(moved.verdict == .clock)
  }

  @Test func aTimestampInsideTheWindowMakesTheClockDoubtfulOnce() {
    let first = judge(.listed(.clock, .behind), stamp: .milliseconds(-40), isOwn: true)
    #expect(first.verdict == .late && first.resync == .unlessFresh)
    let second = judge(.listed(.clock, .behind), stamp: .milliseconds(-40), isFresh: true)
    #expect(second.verdict == .late && second.resync == .none)
    #expect(second.finding == .insideWindow(age: .milliseconds(50)))
    // To the edge: the exchange refuses what is older than the window.
    #expect(judge(stamp: .milliseconds(-4_990)).finding == .insideWindow(age: .seconds(5)))
    #expect(judge(stamp: .milliseconds(-4_991)).verdict == .clock)
  }

  @Test func aWindowThatIsTooSmallForAGuaranteeIsToBlame() {
    let judgement = judge(
      .listed(.clock, .behind), stamp: .milliseconds(-900), window: .milliseconds(500))
    #expect(judgement.verdict == .late && judgement.action == .resignWiderWindow)
    #expect(
      judgement.finding
        == .windowTooSmall(age: .milliseconds(890), smallest: .milliseconds(1_020)))
    #expect(judgement.resync == .none)
    #expect(
      judge(.listed(.clock, .behind), stamp: .seconds(-9), window: .milliseconds(500)).verdict
        == .clock)
  }

  @Test func queueingIsNoMatterOfClocks() {
    let judgement = judge(.listed(.late, nil), stamp: .seconds(-6))
    #expect(judgement.verdict == .late && judgement.resync == .none)
  }

  // MARK: A clock that the refusal discloses

  @Test func aDisclosedClockThatIsAheadOfTheBoundIsEvidenceOfAStep() {
    let judgement = judge(.listed(.clock, nil), stamp: .milliseconds(-40), disclosed: .seconds(20))
    #expect(judgement.verdict == .clock && judgement.resync == .contradicted)
    #expect(judgement.finding == .contradicted(by: .milliseconds(19_990)))
    #expect(judge(disclosed: .milliseconds(11)).resync == .contradicted)
    #expect(judge(disclosed: .milliseconds(10)).resync == .none)
    // Also of a refusal that is late by itself.
    #expect(judge(.listed(.late, nil), disclosed: .seconds(20)).resync == .contradicted)
    // Once the clock has been read, a bot that says so is not believed.
    let fresh = judge(.listed(.clock, nil), disclosed: .seconds(20), isFresh: true)
    #expect(fresh.resync == .none && fresh.finding == .listed)
  }

  @Test func aDisclosedClockThatIsConsistentShowsThatOursIsRight() {
    let judgement = judge(.listed(.clock, .behind), disclosed: .milliseconds(-300))
    #expect(judgement.verdict == .late && judgement.resync == .none)
    #expect(judgement.finding == .clockConfirmed)
    // Where it may have been ahead as well, another clock than ours may be to blame.
    let untold = judge(disclosed: .milliseconds(-300))
    #expect(untold.verdict == .clock && untold.finding == .clockConfirmed)
    #expect(untold.resync == .none && untold.action == .resign)
    // Too long ago to say anything.
    #expect(judge(disclosed: .milliseconds(-2_011)).verdict == .clock)
    #expect(judge(.listed(.clock, .ahead), disclosed: .milliseconds(-300)).verdict == .clock)
  }

  /// The exchange's clock as it tells it in a refusal bounds the clock from below: it was read
  /// before the report came. Against what is known, it has the clock read; in accord with it, not.
  @Test func aDisclosedClockHasTheClockReadOnlyWhereItContradicts() {
    for stamp in [nil, .seconds(-60), .seconds(9), .seconds(60)] as [Duration?] {
      let ahead = judge(stamp: stamp, disclosed: .milliseconds(11))
      #expect(ahead.verdict == .clock && ahead.resync == .contradicted)
      // By more than the report may have taken.
      let behind = judge(stamp: stamp, disclosed: .milliseconds(-2_011))
      #expect(behind.verdict == .clock && behind.resync == .unlessFresh, "\(stamp as Any)")
      for disclosed in [-2_010, -300, 10] as [Int64] {
        let within = judge(stamp: stamp, disclosed: .milliseconds(disclosed))
        #expect(within.resync == .none, "\(stamp as Any) \(disclosed)")
        #expect(within.verdict == .clock)
      }
    }
    // Ahead by no more than a step back that is taken for a slow report: that may be the reason.
    let little = judge(stamp: .milliseconds(2_000), disclosed: .milliseconds(-19))
    #expect(little.finding == .ahead(by: .milliseconds(2_018)) && little.resync == .unlessFresh)
  }

  @Test func aDisclosedClockTellsTheSide() {
    // Not ahead of our clock any more, but ahead of the exchange's when it was judged.
    #expect(
      judge(stamp: .milliseconds(-100), disclosed: .milliseconds(-1_900)).finding
        == .ahead(by: .milliseconds(1_799)))
    #expect(
      judge(stamp: .milliseconds(-6_300), disclosed: .milliseconds(-300)).finding
        == .behind(age: .seconds(6)))
    let inside = judge(stamp: .milliseconds(-5_200), disclosed: .milliseconds(-300))
    #expect(inside.finding == .insideWindow(age: .milliseconds(4_901)) && inside.resync == .none)
  }

  // MARK: Other rules

  private static let expiry = AcceptanceRule.expiry(lifetime: .seconds(5), longest: nil)

  @Test func anExpiryThatIsStillAheadWasJudgedLateOrAsAnother() {
    let ahead = judge(.listed(.clock, .behind), stamp: .seconds(3), rule: Self.expiry)
    #expect(ahead.verdict == .late && ahead.resync == .contradicted)
    #expect(ahead.finding == .notExpired(left: .milliseconds(2_990)))
    let fresh = judge(.listed(.clock, nil), stamp: .seconds(59), rule: Self.expiry, isFresh: true)
    #expect(fresh.finding == .notExpired(left: .milliseconds(58_990)) && fresh.resync == .none)
    let told = judge(stamp: .seconds(3), disclosed: .milliseconds(-300), rule: Self.expiry)
    #expect(told.verdict == .late && told.resync == .none)
  }

  /// Of this daemon, the request was late. Of another clock, that may be behind as well.
  @Test func anExpiryThatPassedIsToldFromAClockThatIsBehind() {
    let reading = RejectionReading.listed(.clock, .behind)
    let own = judge(reading, stamp: .seconds(-1), isOwn: true, rule: Self.expiry)
    #expect(own.verdict == .late && own.action == .resign && own.resync == .none)
    #expect(own.finding == .ownExpiryPassed(by: .milliseconds(990)))
    let other = judge(reading, stamp: .seconds(-1), rule: Self.expiry)
    #expect(other.verdict == .clock && other.resync == .unlessFresh)
    #expect(other.finding == .expired(by: .milliseconds(990)))
    // As the exchange told its clock: it is right, so there is nothing to read.
    let told = judge(
      reading, stamp: .seconds(-1), disclosed: .milliseconds(-300), rule: Self.expiry)
    #expect(told.finding == .expired(by: .milliseconds(700)) && told.resync == .none)
    // Though it was one of ours, where the clock has moved.
    let moved = judge(
      reading, stamp: .seconds(-1), isOwn: true, rule: Self.expiry, isFresh: true, hasMoved: true)
    #expect(moved.verdict == .clock && moved.finding == .moved)
  }

  @Test func aLifetimeThatIsTooSmallIsToBlame() {
    let reading = RejectionReading.listed(.clock, .behind)
    let short = judge(
      reading, stamp: .milliseconds(-400), window: .milliseconds(500), rule: Self.expiry)
    #expect(short.verdict == .late && short.resync == .none)
    #expect(
      short.finding == .lifetimeTooSmall(past: .milliseconds(390), smallest: .seconds(1)))
    // A request that takes a second explains no more than that.
    for (stamp, window) in [(-400, 1_001), (-2_020, 500)] as [(Int64, Int64)] {
      let judgement = judge(
        reading, stamp: .milliseconds(stamp), window: .milliseconds(window), rule: Self.expiry)
      #expect(judgement.verdict == .clock, "\(stamp) \(window)")
    }
  }

  @Test func anUnknownRuleHasNoWindow() {
    #expect(judge(stamp: .seconds(-1), rule: .unknown).finding == .behind(age: .milliseconds(990)))
    #expect(judge(stamp: .seconds(1), rule: .unknown).finding == .ahead(by: .milliseconds(990)))
    #expect(judge(stamp: .seconds(-1), isOwn: true, rule: .unknown).verdict == .late)
    // Not even the one that the request asked for: Poloniex takes no more than 1 s with any.
    for isFresh in [false, true] {
      let other = judge(
        stamp: .milliseconds(-3_400), window: .seconds(5), rule: .unknown, isFresh: isFresh)
      #expect(other.verdict == .clock && other.finding == .behind(age: .milliseconds(3_390)))
      #expect(other.resync == (isFresh ? .none : .unlessFresh))
    }
    let own = judge(
      stamp: .milliseconds(-3_400), isOwn: true, window: .seconds(5), rule: .unknown, isFresh: true)
    #expect(own.verdict == .late && own.action == .resign)
    #expect(own.finding == .ownStampLate(age: .milliseconds(3_390)))
  }

  @Test func noClockIsReadForANonce() {
    func judge(_ timestamp: ReportedTimestamp?) -> RejectionJudgement {
      Rejection(
        reading: .listed(.clock, nil), timestamp: timestamp, disclosed: Self.at(.seconds(99))
      )
      .judgement(rule: .nonce, clock: Self.knowledge(), nextNonce: Self.at(.zero))
    }
    #expect(judge(nil).finding == .nonceUsedUp)
    #expect(judge(.instant(Self.at(.seconds(-1)))).action == .resign)
    #expect(judge(.foreign(form: "s", isFiner: false)).finding == .nonceUsedUp)
    let outrun = judge(.instant(Self.at(.seconds(1))))
    #expect(outrun.finding == .nonceOutrun(by: .seconds(1)) && outrun.action == .checkKey)
    #expect(judge(.foreign(form: "us", isFiner: true)).finding == .nonceOutrun(by: nil))
    #expect(judge(.number(isLarger: true)).action == .checkKey)
    #expect(judge(.number(isLarger: false)).finding == .nonceUsedUp)
    #expect(judge(.unreadable).action == .checkFormat && judge(.unreadable).resync == .none)
    for timestamp: ReportedTimestamp? in [nil, .instant(Self.at(.seconds(9)))] {
      #expect(judge(timestamp).verdict == .clock && judge(timestamp).resync == .none)
    }
  }
}
