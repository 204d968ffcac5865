import ClockCore
import Testing

@Suite struct ClockHistoryTests {
  private static let theta: Int64 = 5_000_000_000_000

  private func at(_ seconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: seconds * 1_000_000_000)
  }

  /// A burst that ended at `seconds`: the clock is `ahead` of `theta`, within 10 ms, and drifts by no
  /// more than 100 ppm.
  private func status(_ seconds: Int64, ahead: Duration = .zero) throws -> ExchangeStatus {
    var status = ExchangeStatus(settings: TrackerSettings(), nextSync: at(seconds + 3_600))
    let middle = AnchoredOffset(nanoseconds: Self.theta) + ahead
    status.clock = IntervalClock(
      asOf: at(seconds),
      interval: try #require(
        OffsetInterval(lower: middle - .milliseconds(10), upper: middle + .milliseconds(10))),
      drift: DriftBound(partsPerMillion: 100))
    status.lastSync = at(seconds)
    return status
  }

  private func refusal(
    _ history: ClockHistory, _ from: Int64, _ to: Int64? = nil
  ) -> ClockHistory.Refusal? {
    do throws(ClockHistory.Refusal) {
      _ = try history.times(in: at(from)...at(to ?? from))
      return nil
    } catch {
      return error
    }
  }

  private func ahead(_ time: ExchangeInstant, of instant: MonotonicInstant) -> Duration {
    .nanoseconds(time.nanoseconds - instant.nanoseconds - Self.theta)
  }

  @Test func eachInstantIsAnsweredByTheBurstBeforeIt() throws {
    var history = ClockHistory()
    history.note(try status(100))
    history.note(try status(200, ahead: .milliseconds(5)))
    let early = try history.times(in: at(150)...at(150))
    // 10 ms and what 50 s of drift add.
    #expect(ahead(early.lowerBound, of: at(150)) == .milliseconds(-15))
    #expect(ahead(early.upperBound, of: at(150)) == .milliseconds(15))
    let late = try history.times(in: at(200)...at(201))
    #expect(ahead(late.lowerBound, of: at(200)) == .milliseconds(-5))
    #expect(ahead(late.upperBound, of: at(201)) == .milliseconds(15) + .microseconds(100))
    // Over the border between two bursts both have their say.
    let both = try history.times(in: at(199)...at(200))
    #expect(ahead(both.lowerBound, of: at(199)) == .milliseconds(-19) - .microseconds(900))
    #expect(ahead(both.upperBound, of: at(200)) == .milliseconds(20))
  }

  @Test func nothingIsToldOfTheTimeBeforeTheFirstBurst() throws {
    var history = ClockHistory()
    #expect(refusal(history, 100) == .notMeasured)
    history.note(try status(100))
    #expect(refusal(history, 99) == .notMeasured)
    #expect(refusal(history, 99, 101) == .notMeasured)
    #expect(refusal(history, 100) == nil)
  }

  @Test func aClockThatWasSetIsNotToldOfUntilThen() throws {
    var history = ClockHistory()
    history.note(try status(100))
    history.note(try status(200))
    history.note(try status(300, ahead: .seconds(2)))
    history.note(try status(400, ahead: .seconds(2)))
    #expect(refusal(history, 150) == nil)
    #expect(refusal(history, 200) == .clockChanged)
    #expect(refusal(history, 299, 301) == .clockChanged)
    #expect(refusal(history, 199, 201) == .clockChanged)
    #expect(refusal(history, 300) == nil)
  }

  /// Too little to show in the bounds, but two bursts have proven it.
  @Test func aBreakThatTheBoundsDoNotShowCountsToo() throws {
    var history = ClockHistory()
    history.note(try status(100))
    history.note(try status(200, ahead: .milliseconds(3)), isBreak: true)
    #expect(refusal(history, 150) == .clockChanged)
    #expect(refusal(history, 250) == nil)
  }

  @Test func whatIsPublishedAgainOpensNoSpan() throws {
    var history = ClockHistory()
    history.note(try status(100))
    for _ in 0..<1_000 { history.note(try status(100)) }
    var failed = try status(100)
    failed.failure = ProbeFailure(reason: "no answer")
    history.note(failed, isBreak: true)
    #expect(refusal(history, 150) == nil)
    #expect(history.newest == at(100))
  }

  @Test func anEstimateIsVoidSomeTime() throws {
    var history = ClockHistory()
    history.note(try status(100))
    #expect(refusal(history, 100 + 86_400) == nil)
    #expect(refusal(history, 101 + 86_400) == .void)
  }

  @Test func anInterruptionForgetsEverything() throws {
    var history = ClockHistory()
    history.note(try status(100))
    var disrupted = try status(100)
    (disrupted.clock, disrupted.lastSync) = (nil, nil)
    history.note(disrupted)
    #expect(refusal(history, 150) == .notMeasured)
    history.note(try status(300))
    #expect(refusal(history, 150) == .notMeasured)
    #expect(refusal(history, 300) == nil)
  }

  @Test func oldSpansMakeWay() throws {
    var history = ClockHistory()
    for second in 0..<1_000 as Range<Int64> { history.note(try status(second * 2)) }
    #expect(refusal(history, 1_700) == nil)
    #expect(refusal(history, 100) == .notMeasured)
    for hour in 0..<10 as Range<Int64> { history.note(try status(2_000 + 3_600 * hour)) }
    #expect(refusal(history, 2_000 + 3_600 * 8) == nil)
    #expect(refusal(history, 1_990) == .notMeasured)
  }
}
