import ClockCore
import Testing

@testable import ExchangeSimulator

@Suite struct ClockTests {
  private let start = MonotonicInstant(nanoseconds: 5_000_000_000)

  @Test func runsWithTheHost() {
    let clock = clock(driftPPM: 0)
    #expect(clock.reading(at: start).nanoseconds == 1000)
    #expect(clock.reading(at: start + .seconds(3600)).nanoseconds == 3_600_000_001_000)
  }

  @Test func driftsAtItsRate() {
    let clock = clock(driftPPM: -50)
    #expect(clock.reading(at: start + .seconds(1000)).nanoseconds == 1_000_000_001_000 - 50_000_000)
  }

  @Test func stepsByADuration() {
    var clock = clock(driftPPM: 0)
    clock.step(by: .milliseconds(-250))
    #expect(clock.reading(at: start).nanoseconds == 1000 - 250_000_000)
  }

  @Test func anotherDriftIsNoStep() {
    var clock = clock(driftPPM: 100)
    let later = start + .seconds(10)
    let before = clock.reading(at: later)
    clock.setDrift(-100, at: later)
    #expect(clock.reading(at: later) == before)
    #expect(clock.reading(at: later + .seconds(10)) == before + .seconds(10) - .milliseconds(1))
  }

  @Test func jitterIsRepeatable() {
    var one = SeededGenerator(seed: 7, name: "okx")
    var same = SeededGenerator(seed: 7, name: "okx")
    var other = SeededGenerator(seed: 8, name: "okx")
    let jitters = (0..<100).map { _ in one.duration(upTo: .milliseconds(10)) }
    #expect(jitters == (0..<100).map { _ in same.duration(upTo: .milliseconds(10)) })
    #expect(jitters != (0..<100).map { _ in other.duration(upTo: .milliseconds(10)) })
    #expect(jitters.allSatisfy { $0 >= .zero && $0 <= .milliseconds(10) })
    #expect(one.duration(upTo: .zero) == .zero)
  }

  private func clock(driftPPM: Double) -> SimulatedClock {
    SimulatedClock(
      reading: ExchangeInstant(nanoseconds: 1000), at: start, driftPPM: driftPPM)
  }
}
