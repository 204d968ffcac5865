import ClockCore
import Testing

@testable import ClockDaemon

@Suite struct GivenStampsTests {
  private let given = GivenStamps(resolution: .milliseconds(1))

  private func at(_ milliseconds: Int64) -> ExchangeInstant {
    ExchangeInstant(nanoseconds: (1_762_820_224_500 + milliseconds) * 1_000_000)
  }

  @Test func knowsWhatWasGivenAndNothingElse() {
    #expect(!given.contains(at(0)))
    for number: Int64 in [0, 7, 64, 65, 1_000, 990, 60_000] { given.note(at(number)) }
    for number: Int64 in [0, 7, 64, 65, 990, 1_000, 60_000] { #expect(given.contains(at(number))) }
    for number: Int64 in [-1, 1, 6, 63, 66, 991, 59_999, 60_001, 65_536, -65_536] {
      #expect(!given.contains(at(number)), "\(number)")
    }
    #expect(!given.contains(ExchangeInstant(nanoseconds: at(7).nanoseconds + 1)))
  }

  @Test func forgetsWhatIsOlderThanAMinute() {
    given.note(at(0))
    given.note(at(65_000))
    #expect(given.contains(at(0)) && given.contains(at(65_000)))
    given.note(at(66_000))
    #expect(!given.contains(at(0)) && given.contains(at(65_000)))
    // What came around to the same places was not given.
    #expect(!given.contains(at(65_536)) && !given.contains(at(65_536 + 65_000)))
    given.note(at(10_000_000))
    #expect(!given.contains(at(65_000)) && !given.contains(at(66_000)))
    // Too old to be remembered.
    given.note(at(0))
    #expect(!given.contains(at(0)))
  }

  @Test func everyStampOfAMinuteIsRemembered() {
    for number in stride(from: Int64(0), through: 200_000, by: 37) {
      given.note(at(number))
      #expect(given.contains(at(number)))
      #expect(number < 60_014 || given.contains(at(number - 60_014)))
    }
  }

  @Test func forgetsAllAfterAStep() {
    given.note(at(0))
    given.forget()
    #expect(!given.contains(at(0)))
    given.note(at(-5_000))
    #expect(given.contains(at(-5_000)) && !given.contains(at(0)))
  }
}
