import ClockCore
import LinuxSystem
import Testing

@testable import ClockDaemon

/// A suspend, or a thread that is held up, between any two readings of the clocks.
@Suite struct HostWatchTests {
  /// The clocks of a host to which something happens before its n-th reading, counted from 0.
  private final class ScriptedHost {
    /// How long it sleeps, and what CLOCK_BOOTTIME grows by.
    var suspends: [Int: (asleep: Duration, told: Duration)] = [:]
    var stalls: [Int: Duration] = [:]
    private(set) var readings = 0
    private(set) var asleep = Duration.seconds(70)
    private var told = Duration.seconds(70)
    /// How long the host had slept when CLOCK_MONOTONIC_RAW showed that.
    private(set) var asleepAtRaw: [Int64: Duration] = [:]
    private var awake = Duration.seconds(5000)
    /// Per second.
    var cycles = 2_893_201_337

    func read(_ clock: HostClocks.Clock) -> Int64 {
      asleep += suspends[readings]?.asleep ?? .zero
      told += suspends[readings]?.told ?? .zero
      pass((stalls[readings] ?? .zero) + .nanoseconds(40))
      readings += 1
      switch clock {
      case .raw, .monotonic:
        asleepAtRaw[awake.wholeNanoseconds] = asleep
        return awake.wholeNanoseconds
      case .boottime: return (awake + told).wholeNanoseconds
      case .realtime: return (awake + told).wholeNanoseconds + 1_790_000_000_000_000_000
      case .cycles: return Int64(Double((awake + asleep).wholeNanoseconds) * 1e-9 * Double(cycles))
      }
    }

    func pass(_ time: Duration) { awake += time }

    func clocks() -> HostClocks { HostClocks.read(from: read) }

    /// A watch that has seen some seconds go by.
    func watch(countsCycles: Bool) -> HostWatch {
      var watch = HostWatch(at: clocks(), countsCycles: countsCycles)
      for _ in 0..<3 {
        pass(.seconds(1))
        watch.confirm(at: clocks())
      }
      return watch
    }
  }

  private static let lengths: [Duration] = [
    .microseconds(150), .milliseconds(9), .seconds(3),
  ]
  private static let stalls: [Duration] = [.zero, .microseconds(90), .seconds(5)]

  /// CLOCK_BOOTTIME grows by what the host slept; or it does not at all, and only the processor's
  /// counter tells.
  enum Trace: CaseIterable { case boottime, cycles }

  @Test(arguments: 0...14, Trace.allCases)
  func noReadingFromAfterASuspendPassesForOneFromBefore(_ position: Int, _ trace: Trace) {
    for length in Self.lengths {
      for (stallPosition, stall) in (0...14).flatMap({ at in Self.stalls.map { (at, $0) } }) {
        let host = ScriptedHost()
        let watch = host.watch(countsCycles: trace == .cycles)
        let before = host.asleep
        host.suspends[host.readings + position] = (length, trace == .boottime ? length : .zero)
        host.stalls[host.readings + stallPosition] = stall
        let clocks = host.clocks()
        let isFromAfter = host.asleepAtRaw[clocks.raw.nanoseconds] != before
        let isNoticed = watch.interruption(at: clocks) != nil
        #expect(isNoticed || !isFromAfter, "\(length), \(stall) before reading \(stallPosition)")
        #expect(!isNoticed || host.asleep > before)
      }
    }
  }

  @Test(arguments: 0...14, stalls)
  func aThreadThatIsHeldUpIsNoSuspend(_ position: Int, _ stall: Duration) {
    let host = ScriptedHost()
    let watch = host.watch(countsCycles: true)
    host.stalls[host.readings + position] = stall
    let clocks = host.clocks()
    #expect(watch.interruption(at: clocks) == nil)
    // Readings that were torn apart are not used.
    #expect(clocks.bracket <= .microseconds(100))
    #expect(clocks.suspended.upper - clocks.suspended.lower <= .microseconds(100))
  }

  @Test func whatIsKnownAfterASuspendCountsFromThen() {
    let host = ScriptedHost()
    var watch = host.watch(countsCycles: true)
    host.suspends[host.readings] = (.seconds(3), .seconds(3))
    let suspended = HostWatch.Interruption(
      reason: "the host was suspended", event: "the host was suspended")
    #expect(watch.interruption(at: host.clocks()) == suspended)
    watch.renew(at: host.clocks())
    #expect(watch.interruption(at: host.clocks()) == nil)
    host.suspends[host.readings] = (.milliseconds(1), .milliseconds(1))
    #expect(watch.interruption(at: host.clocks()) == suspended)
  }

  /// A processor that counts from zero again after its sleep.
  @Test func aCounterThatBeganAnewIsASuspend() {
    let host = ScriptedHost()
    let watch = host.watch(countsCycles: true)
    host.cycles /= 1000
    #expect(watch.interruption(at: host.clocks()) != nil)
  }

  @Test func aSuspendThatOnlyTheCounterTellsIsToldWithItsLength() {
    let host = ScriptedHost()
    let watch = host.watch(countsCycles: true)
    host.suspends[host.readings] = (.milliseconds(500), .zero)
    #expect(
      watch.interruption(at: host.clocks())
        == HostWatch.Interruption(
          reason: "the host was suspended",
          event: "the host was suspended: its clock is 500 ms off the processor's counter"))
  }

  /// On a slow machine each reading takes long, and another time each time.
  @Test(arguments: 1...20) func slowReadingsAreNoSuspend(_ seed: Int) {
    let host = ScriptedHost()
    var random = SplitMix64(seed: UInt64(seed))
    func slowClocks() -> HostClocks {
      for reading in host.readings..<host.readings + 14 {
        host.stalls[reading] = random.duration(in: .zero ... .microseconds(60))
      }
      return host.clocks()
    }
    var watch = HostWatch(at: slowClocks(), countsCycles: true)
    for _ in 0..<1000 {
      host.pass(random.duration(in: .zero ... .seconds(2)))
      let clocks = slowClocks()
      guard watch.interruption(at: clocks) == nil else {
        Issue.record("\(String(describing: watch.interruption(at: clocks)))")
        return
      }
      watch.confirm(at: clocks)
    }
  }

  @Test func looksThatConfirmDoNotHideASuspend() {
    let host = ScriptedHost()
    var watch = HostWatch(at: host.clocks(), countsCycles: false)
    for _ in 0..<1000 {
      let clocks = host.clocks()
      #expect(watch.interruption(at: clocks) == nil)
      watch.confirm(at: clocks)
    }
    host.suspends[host.readings] = (.microseconds(50), .microseconds(50))
    #expect(watch.interruption(at: host.clocks()) != nil)
  }

  /// Two real seconds, a day's worth of readings of bots.
  @Test func thisHostIsNotInterrupted() {
    let start = HostClocks.read()
    var watch = HostWatch(at: start)
    var clocks = start
    if !HostClocks.isCountedByCycles {
      print("SKIPPED: cycles are not compared: this kernel does not count its clock by them")
    }
    while clocks.raw - start.raw < .seconds(2) {
      clocks = HostClocks.read()
      guard watch.interruption(at: clocks) == nil else {
        Issue.record("interrupted: \(clocks)")
        return
      }
      watch.confirm(at: clocks)
    }
  }
}
