import ClockCore
import Testing

@testable import ClockDaemon

@Suite struct GivenStampsTests {
  private let given = GivenStamps(resolution: .milliseconds(1))

  private func at(_ milliseconds: Int64) -> ExchangeInstant {
    ExchangeInstant(nanoseconds: (1_762_820_224_500 + milliseconds) * 1_000_000)
  }

  /// The daemon's clock, when it gives out a stamp.
  private func when(_ seconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: (5_000 + seconds) * 1_000_000_000)
  }

  @Test func knowsWhatWasGivenAndNothingElse() {
    #expect(!given.contains(at(0), at: when(0)))
    let numbers: [Int64] = [0, 7, 64, 65, 1_000, 990, 60_000, -5_000_000]
    for number in numbers { given.note(at(number), at: when(0)) }
    for number in numbers { #expect(given.contains(at(number), at: when(1))) }
    for number: Int64 in [-1, 1, 6, 63, 66, 991, 59_999, 60_001, 65_536, -65_536] {
      #expect(!given.contains(at(number), at: when(1)), "\(number)")
    }
    let between = ExchangeInstant(nanoseconds: at(7).nanoseconds + 1)
    #expect(!given.contains(between, at: when(1)))
  }

  /// As `lifetime_ms` of a day gives one.
  @Test func oneThatIsFarAheadTakesNothingFromTheOthers() {
    given.note(at(0), at: when(0))
    given.note(at(86_400_000), at: when(1))
    given.note(at(2_000), at: when(2))
    for number: Int64 in [0, 86_400_000, 2_000] {
      #expect(given.contains(at(number), at: when(3)), "\(number)")
    }
  }

  @Test(arguments: [Duration.nanoseconds(1), .microseconds(1), .milliseconds(1), .seconds(1)])
  func aMinuteIsAMinuteInEveryFormat(_ step: Duration) {
    let given = GivenStamps(resolution: step)
    let stamp = ExchangeInstant(nanoseconds: 1_762_820_224_000_000_000)
    given.note(stamp, at: when(0))
    #expect(given.contains(stamp, at: when(60)))
    #expect(!given.contains(stamp, at: when(80)))
    // Neither is it when others have been given meanwhile, often or seldom.
    for pause: Int64 in [1, 7, 19, 45] {
      let given = GivenStamps(resolution: step)
      given.note(stamp, at: when(0))
      for second in stride(from: pause, through: 60, by: Int(pause)) {
        given.note(stamp + .seconds(second), at: when(second))
      }
      #expect(given.contains(stamp, at: when(60)), "\(pause)")
      #expect(!given.contains(stamp, at: when(80)), "\(pause)")
    }
  }

  @Test func everyStampOfAMinuteIsRemembered() {
    for number in stride(from: Int64(0), through: 200_000, by: 37) {
      given.note(at(number), at: when(number / 1_000))
      #expect(number < 58_978 || given.contains(at(number - 58_978), at: when(number / 1_000)))
    }
  }

  @Test func memoryIsBoundedHoweverManyAreGiven() {
    // Each far from all others, within one second.
    for number: Int64 in 0..<20_000 { given.note(at(number * 1_000_000), at: when(0)) }
    for number: Int64 in [19_999, 10_000, 8_000] {
      #expect(given.contains(at(number * 1_000_000), at: when(0)), "\(number)")
    }
    #expect(!given.contains(at(0), at: when(0)) && !given.contains(at(3_000_000_000), at: when(0)))
  }

  @Test func forgetsAllAfterAStep() {
    given.note(at(0), at: when(0))
    given.forget()
    #expect(!given.contains(at(0), at: when(0)))
    given.note(at(-5_000), at: when(1))
    #expect(given.contains(at(-5_000), at: when(1)) && !given.contains(at(0), at: when(1)))
  }
}
