import ClockCore
import Testing

@testable import ClockDaemon

@Suite struct AllowanceTests {
  private func instant(_ microseconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: microseconds * 1_000)
  }

  private func expect(_ allowance: inout Allowance, isOpen: Bool, at microseconds: Int64) {
    let found = allowance.isOpen(at: instant(microseconds))
    #expect(found == isOpen, "at \(microseconds) us")
  }

  @Test func whatWasSpentComesBackInFourTimesTheTime() {
    var allowance = Allowance(at: instant(0))
    expect(&allowance, isOpen: true, at: 0)
    allowance.spend(Allowance.most + .microseconds(100))
    expect(&allowance, isOpen: false, at: 0)
    #expect(allowance.wait(at: instant(0)) == .microseconds(400))
    #expect(allowance.wait(at: instant(150)) == .microseconds(250))
    expect(&allowance, isOpen: false, at: 150)
    #expect(allowance.wait(at: instant(150)) == .microseconds(250))
    expect(&allowance, isOpen: false, at: 400)
    expect(&allowance, isOpen: true, at: 401)
    #expect(allowance.wait(at: instant(401)) == .zero)
  }

  @Test func aMomentIsSavedUpAndNoMore() {
    var allowance = Allowance(at: instant(0))
    let long: Int64 = 1_000_000_000
    expect(&allowance, isOpen: true, at: long)
    allowance.spend(Allowance.most - .nanoseconds(1))
    expect(&allowance, isOpen: true, at: long)
    allowance.spend(.nanoseconds(1))
    expect(&allowance, isOpen: false, at: long)
  }

  /// What is always spent as soon as it may be comes to one part of all time.
  @Test func whoAlwaysWantsMoreHasItsShare() {
    var allowance = Allowance(at: instant(0))
    var (now, spent) = (Int64(0), Int64(0))
    while now < 1_000_000 {
      if allowance.isOpen(at: instant(now)) {
        allowance.spend(.microseconds(50))
        (now, spent) = (now + 50, spent + 50)
      } else {
        now += max(allowance.wait(at: instant(now)).wholeNanoseconds / 1_000, 1)
      }
    }
    #expect((250_000...253_000).contains(spent))
  }
}
