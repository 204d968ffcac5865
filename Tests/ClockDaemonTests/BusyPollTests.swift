import ClockCore
import Testing

@testable import ClockDaemon

@Suite struct BusyPollTests {
  private static let longest = BusyPoll.longest.wholeNanoseconds
  private static let apart = BusyPoll.apart.wholeNanoseconds

  private var poll = BusyPoll(at: MonotonicInstant(nanoseconds: 0))
  private var now: Int64 = 1_000_000_000

  private var instant: MonotonicInstant { MonotonicInstant(nanoseconds: now) }

  private mutating func answer(_ count: Int = 1, after nanoseconds: Int64) {
    now += nanoseconds
    poll.answered(count, at: instant)
  }

  private mutating func expect(
    isOn: Bool, after nanoseconds: Int64, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    now += nanoseconds
    let found = poll.isOn(at: instant)
    #expect(found == isOn, sourceLocation: sourceLocation)
  }

  /// Looks in vain, or not at all.
  private mutating func isLookedAfterAnswer() -> Bool {
    answer(after: Self.apart - Self.longest)
    let isOn = poll.isOn(at: instant)
    now += Self.longest
    // Something else may wake the thread after that.
    for _ in 0..<2 { _ = poll.isOn(at: instant) }
    return isOn
  }

  @Test mutating func whoAsksNowAndThenIsNotWaitedFor() {
    expect(isOn: false, after: 0)
    for _ in 0..<10 {
      answer(after: Self.apart + 1)
      expect(isOn: false, after: 0)
    }
  }

  @Test mutating func whoAsksAgainAndAgainIsWaitedForAMoment() {
    answer(after: 0)
    answer(after: Self.apart)
    expect(isOn: true, after: 0)
    expect(isOn: true, after: Self.longest - 1)
    expect(isOn: false, after: 1)
    // Sleep is not given up again.
    expect(isOn: false, after: 0)
  }

  @Test mutating func manyWhoAskAtOnceAreLeftToGather() {
    answer(BusyPoll.mostTogether, after: 1)
    answer(BusyPoll.mostTogether, after: 1)
    expect(isOn: true, after: 1)
    answer(BusyPoll.mostTogether + 1, after: 1)
    expect(isOn: false, after: 1)
  }

  @Test mutating func afterEachTimeInVainTwiceAsManyAreLeftOut() {
    answer(after: 0)
    var leftOut: [Int] = []
    for _ in 0..<12 {
      var count = 0
      while !isLookedAfterAnswer() { count += 1 }
      leftOut.append(count)
    }
    #expect(leftOut == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    var count = 0
    while !isLookedAfterAnswer() { count += 1 }
    #expect(count == BusyPoll.mostLeftOut)
  }

  @Test mutating func onlyALaterLookThatFindsSomethingMakesUpForIt() {
    answer(after: 0)
    for _ in 0..<3 { while !isLookedAfterAnswer() {} }
    for _ in 0..<4 { answer(after: 1) }
    // Found by the first look: it would have been there without.
    answer(after: 1)
    expect(isOn: true, after: 1)
    answer(after: 1)
    expect(isOn: true, after: Self.longest - 1)
    expect(isOn: false, after: 1)
    for _ in 0..<8 {
      answer(after: 1)
      expect(isOn: false, after: 0)
    }
    answer(after: 1)
    expect(isOn: true, after: 0)
    expect(isOn: true, after: 1)
    // Found by the second: in vain is then as it was at first.
    answer(after: 1)
    expect(isOn: true, after: 0)
    expect(isOn: false, after: Self.longest)
    answer(after: 1)
    expect(isOn: false, after: 0)
    answer(after: 1)
    expect(isOn: true, after: 0)
  }
}
