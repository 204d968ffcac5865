import ClockCore
import LinuxSystem
import Testing

@testable import ClockDaemon

@Suite struct PauseWatchTests {
  /// A virtual machine that is looked at, and what becomes of its two clocks.
  private struct Machine {
    var watch = PauseWatch()
    /// What CLOCK_MONOTONIC_RAW shows.
    var raw = Duration.seconds(1000)
    var suspended = Duration.zero
    /// What the hardware clock would show if it had fractions of a second.
    var hardware = Duration.seconds(1_790_000_000)
    /// Of the hardware clock against ours. Positive: it is faster.
    var driftPPM = 0
    /// What CLOCK_REALTIME would show if nobody had set it since the boot.
    var realtime = Duration.seconds(1_790_000_000)
    var pauses: [Duration] = []

    init(phase: Duration = .milliseconds(300)) {
      hardware += phase
      realtime += phase
    }

    mutating func run(for time: Duration) {
      raw += time
      realtime += time
      hardware += time + time * driftPPM / 1_000_000
    }

    /// A look that takes 200 us, half of it before the hardware clock is read.
    mutating func look() {
      let before = clocks
      run(for: .microseconds(100))
      let seconds = hardware.components.seconds
      run(for: .microseconds(100))
      if let pause = watch.looked(seconds: seconds, before: before, after: clocks) {
        pauses.append(pause)
      }
    }

    mutating func look(times: Int, every period: Duration = .milliseconds(900)) {
      for _ in 0..<times {
        look()
        run(for: period)
      }
    }

    private var clocks: HostClocks {
      HostClocks(
        raw: MonotonicInstant(nanoseconds: raw.wholeNanoseconds),
        local: LocalInstant(nanoseconds: realtime.wholeNanoseconds), bracket: .zero, cycles: 0,
        suspended: ClockLead(lower: suspended, upper: suspended + .nanoseconds(100)))
    }
  }

  private static let phases = (0..<10).map { Duration.milliseconds($0 * 100) }

  @Test(arguments: phases) func aPauseIsNoticedOnce(_ phase: Duration) throws {
    for looks in [1, 2, 20, 1000] {
      var machine = Machine(phase: phase)
      machine.look(times: looks)
      let pause = Duration.milliseconds(looks < 12 ? 2600 : 1700)
      machine.hardware += pause
      machine.look(times: 100)
      let noticed = try #require(machine.pauses.first, "\(looks) looks before")
      #expect(noticed <= pause && noticed > pause - .milliseconds(2600))
      #expect(machine.pauses.count == 1)
    }
  }

  @Test(arguments: phases) func aShortPauseIsNoticedADozenLooksLater(_ phase: Duration) {
    var machine = Machine(phase: phase)
    machine.look(times: 12)
    machine.hardware += .milliseconds(700)
    machine.look(times: 12)
    #expect(machine.pauses.count == 1)
  }

  @Test(arguments: [-900, -100, 0, 100, 900]) func aDayWithoutAPauseIsQuiet(_ driftPPM: Int) {
    var machine = Machine()
    machine.driftPPM = driftPPM
    machine.look(times: 86_400 * 10 / 9)
    #expect(machine.pauses == [])
  }

  @Test func manyShortPausesAddUp() {
    var machine = Machine()
    for _ in 0..<100 {
      machine.look(times: 1)
      machine.hardware += .milliseconds(50)
    }
    #expect(!machine.pauses.isEmpty)
  }

  @Test func aGapThatOurClockCountedIsNoPause() {
    var machine = Machine()
    machine.look(times: 20)
    machine.run(for: .seconds(3600))
    machine.look(times: 20)
    #expect(machine.pauses == [])
  }

  @Test func aSuspendIsNoPause() {
    var machine = Machine()
    machine.look(times: 20)
    machine.hardware += .seconds(600)
    machine.realtime += .seconds(600)
    machine.suspended += .seconds(600)
    machine.look(times: 20)
    #expect(machine.pauses == [])
  }

  /// Set by whoever set CLOCK_REALTIME, an hour and a bit in either direction.
  @Test func aHardwareClockThatIsSetBackIsNoPause() {
    var machine = Machine()
    machine.look(times: 20)
    machine.hardware -= .seconds(3601)
    machine.look(times: 20)
    #expect(machine.pauses == [])
    machine.hardware += .seconds(3)
    machine.look(times: 20)
    #expect(machine.pauses.count == 1)
  }

  /// NTP starts late, and later the kernel copies its time to the hardware clock.
  @Test func aHardwareClockThatFollowsTheSystemClockIsNoPause() {
    var machine = Machine()
    machine.look(times: 20)
    for step in [3, 3600, 25 * 365 * 86_400] {
      machine.realtime += .seconds(step)
      machine.look(times: 700)
      machine.hardware = machine.realtime
      machine.look(times: 20)
    }
    #expect(machine.pauses == [])
    // It has followed: what comes now is no following any more.
    machine.hardware += .seconds(10)
    machine.look(times: 20)
    #expect(machine.pauses.count == 1)
  }

  /// Setting it writes whole seconds, half a second early, and some keep the fraction they had.
  @Test(arguments: phases) func aHardwareClockThatFollowsHalfASecondOffIsNoPause(
    _ phase: Duration
  ) {
    for error in [-500, -300, 300, 500] {
      var machine = Machine(phase: phase)
      machine.look(times: 20)
      machine.realtime += .seconds(3600)
      machine.look(times: 20)
      machine.hardware = machine.realtime + .milliseconds(error)
      machine.look(times: 20)
      #expect(machine.pauses == [], "off by \(error) ms")
    }
  }

  /// A guest agent sets CLOCK_REALTIME right after the pause, before the next look; or later.
  @Test(arguments: [0, 1, 5]) func aPauseAfterWhichTheSystemClockIsSetIsNoticed(_ looks: Int) {
    var machine = Machine()
    machine.look(times: 20)
    machine.hardware += .seconds(5)
    machine.look(times: looks)
    machine.realtime += .seconds(5)
    machine.look(times: 20)
    #expect(machine.pauses.count == 1)
  }

  /// The clock was set ahead by a minute, and nobody has told the hardware clock.
  @Test(arguments: [5, 55, 58, 62, 65, 3600])
  func aPauseWhileTheHardwareClockIsToFollowIsNoticed(_ seconds: Int) {
    var machine = Machine()
    machine.look(times: 20)
    machine.realtime += .seconds(60)
    machine.look(times: 20)
    machine.hardware += .seconds(seconds)
    machine.look(times: 20)
    #expect(machine.pauses.count == 1)
  }

  @Test func aBadSecondIsNoPause() {
    var machine = Machine()
    for _ in 0..<1000 {
      machine.look(times: 1)
      machine.hardware += .milliseconds(240)
      machine.look(times: 1)
      machine.hardware -= .milliseconds(240)
    }
    #expect(machine.pauses == [])
  }
}
