import ClockCore
import LinuxSystem
import Testing

@testable import ClockDaemon

@Suite struct SystemClockStepsTests {
  /// The clocks `awake` s after the beginning, with CLOCK_REALTIME set by `set` since.
  private func clocks(
    _ awake: Int, set: Duration = .zero, suspended: Duration = .zero
  ) -> HostClocks {
    HostClocks(
      raw: MonotonicInstant(nanoseconds: Int64(awake) * 1_000_000_000),
      local: LocalInstant(nanoseconds: Int64(awake + 1_790_000_000) * 1_000_000_000)
        + suspended + set,
      bracket: .zero, cycles: 0,
      suspended: ClockLead(lower: suspended, upper: suspended))
  }

  @Test(arguments: [
    (
      Duration.milliseconds(3200),
      Optional("the system clock was set ahead by 3.20 s; offsets follow")
    ),
    (.seconds(-3600), "the system clock was set back by 60 min; offsets follow"),
    (.seconds(5 * 365 * 86_400), "the system clock was set ahead by 1825 d; offsets follow"),
    (.milliseconds(-10), "the system clock was set back by 10.0 ms; offsets follow"),
    (.microseconds(9999), nil), (.zero, nil),
  ]) func oneStep(_ step: Duration, _ line: String?) {
    var steps = SystemClockSteps(at: clocks(0))
    #expect(steps.stepped(at: clocks(20, set: step)) == line)
    #expect(steps.looked(at: clocks(900, set: step)) == nil)
  }

  @Test func aResumeIsNoStep() {
    var steps = SystemClockSteps(at: clocks(0))
    #expect(steps.stepped(at: clocks(20, suspended: .seconds(3600))) == nil)
  }

  @Test func stepsWithinAMinuteAreToldInOneLine() {
    var steps = SystemClockSteps(at: clocks(0))
    #expect(steps.stepped(at: clocks(1, set: .seconds(1))) != nil)
    for step in 2...301 {
      #expect(steps.stepped(at: clocks(step / 10, set: .seconds(step))) == nil)
    }
    #expect(steps.looked(at: clocks(60, set: .seconds(301))) == nil)
    #expect(
      steps.looked(at: clocks(61, set: .seconds(301)))
        == "the system clock was set 300 more times, ahead by 5 min in all; offsets follow")
    #expect(steps.looked(at: clocks(200, set: .seconds(301))) == nil)
    #expect(
      steps.stepped(at: clocks(201, set: .seconds(299)))
        == "the system clock was set back by 2.00 s; offsets follow")
  }

  /// An NTP daemon slews at 83,333 ppm for an hour, and then somebody sets the clock.
  @Test func whatWasSlewedIsNotCounted() {
    var steps = SystemClockSteps(at: clocks(0))
    for tick in 1...120 {
      #expect(steps.looked(at: clocks(30 * tick, set: .milliseconds(2500 * tick))) == nil)
    }
    #expect(
      steps.stepped(at: clocks(3600, set: .seconds(305)))
        == "the system clock was set ahead by 5.00 s; offsets follow")
  }
}
