import ClockCore
import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Synchronization
import Testing

/// The real daemon while this host's clock is interrupted, and while the daemon itself is.
@Suite struct InterruptionTests {
  private func exchanges() throws -> ExchangeSimulator {
    var ahead = Conditions()
    ahead.offset = .seconds(2)
    ahead.returnJitter = .milliseconds(10)
    return try ExchangeSimulator([.init("binance", ahead), .init("okx")])
  }

  /// EXCHANGE_CLOCK_STOP_SECONDS says for how long.
  @Test func aDaemonThatWasStoppedAnswersRightAtOnce() throws {
    let seconds = getenv("EXCHANGE_CLOCK_STOP_SECONDS").flatMap { Int(String(cString: $0)) } ?? 3
    let simulator = try exchanges()
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    let check = try HonestyCheck(daemon, simulator)
    #expect(try check.ask("before the stop"))
    let before = check.probes
    daemon.process.signal(SIGSTOP)
    // It is the time itself that the daemon is to miss, not something that comes to be.
    Thread.pause(for: .seconds(seconds))
    daemon.process.signal(SIGCONT)
    for round in 0..<200 { #expect(try check.ask("answer \(round) after SIGCONT")) }
    print(
      "SIGSTOP for \(seconds) s: \(check.answers) answers, all right; \(check.probes - before)"
        + " probes")
    #expect(check.probes == before)
    #expect(try daemon.call(.health)["status"] == "ok")
  }

  @Test func aDaemonThatIsStoppedWithinABurstAnswersRight() throws {
    let simulator = try exchanges()
    let daemon = try DaemonProcess(
      following: simulator, settings: "interval = \"1s\"\ntimeout = \"1s\"\n")
    try daemon.waitUntilReady()
    let check = try HonestyCheck(daemon, simulator)
    for round in 0..<10 {
      let probes = check.probes
      try daemon.eventually("a burst is under way") { check.probes > probes }
      daemon.process.signal(SIGSTOP)
      Thread.pause(for: .milliseconds(100 + 200 * (round % 3)))
      daemon.process.signal(SIGCONT)
      for _ in 0..<20 { try check.ask("stop \(round)") }
    }
    #expect(check.refusals == [])
  }

  @Test func aDaemonInAnotherTimeNamespaceServesRight() throws {
    let wrapper = [
      "/usr/bin/unshare", "--time", "--boottime", "100000", "--monotonic", "90000000", "--",
    ]
    guard let code = try? run(wrapper[0], wrapper.dropFirst() + ["/bin/true"]).code, code == 0
    else {
      return print("SKIPPED: a time namespace: unshare --time is not allowed here")
    }
    let simulator = try exchanges()
    let daemon = try DaemonProcess(following: simulator, wrapper: wrapper)
    try daemon.waitUntilReady()
    let check = try HonestyCheck(daemon, simulator)
    let before = check.probes
    for _ in 0..<50 { #expect(try check.ask("in a time namespace")) }
    #expect(check.probes == before)
    // Asleep for a negative time, if one believed the difference of the two clocks.
    #expect(!daemon.log.contains("suspended"))
  }

  // MARK: A virtual machine

  @Test func aMovedVirtualMachineIsAnsweredForOnlyAfterAResync() throws {
    let directory = TemporaryDirectory()
    let page = VirtualMachinePage(at: directory.path("vmclock"))
    let simulator = try exchanges()
    let daemon = try DaemonProcess(
      following: simulator, environment: ["EXCHANGE_CLOCK_VMCLOCK=\(page.path)"])
    try daemon.waitUntilReady()
    let check = try HonestyCheck(daemon, simulator)
    #expect(try check.ask("before"))
    let before = check.probes
    page.disrupt()
    #expect(try !check.ask("right after the move"))
    #expect(check.refusals.first?.contains("moved to another host or restored") == true)
    _ = try daemon.call(.resync)
    try daemon.eventually("recovery") { try check.ask("after the move") }
    #expect(check.probes - before <= 32)
    #expect(
      daemon.log.contains("the virtual machine was moved to another host or restored: resync"))
  }

  @Test func aPausedVirtualMachineIsNoticedByItsHardwareClock() throws {
    let directory = TemporaryDirectory()
    let clock = try HardwareClockFile(in: directory)
    defer { clock.stop() }
    let simulator = try exchanges()
    let daemon = try DaemonProcess(
      following: simulator, environment: ["EXCHANGE_CLOCK_RTC=\(clock.path)"])
    try daemon.waitUntilReady()
    let check = try HonestyCheck(daemon, simulator)
    #expect(try check.ask("before"))
    let before = check.probes
    // Running on is no pause.
    var answered = 0
    for _ in 0..<20 {
      Thread.pause(for: .milliseconds(100))
      answered += try check.ask("while the clock runs") ? 1 : 0
    }
    let standstill = clock.longestStandstill
    guard standstill < .milliseconds(200) else {
      print("SKIPPED: a pause by the hardware clock: this test's stood still for \(standstill)")
      return
    }
    #expect(answered == 20 && check.probes == before)
    clock.jump(ahead: 10)
    try daemon.eventually("the pause is noticed") {
      daemon.log.contains(#/this machine stood still for at least .* s, or its hardware clock/#)
    }
    try daemon.eventually("recovery") { try check.ask("after the pause") }
    let burst = check.probes - before
    #expect((2...32).contains(burst))
    print("a pause of 10 s: \(burst) probes for two exchanges")
  }
}

/// What the hypervisor's page would be, played by a file (uapi/linux/vmclock-abi.h).
private final class VirtualMachinePage {
  let path: String
  private let file: CInt
  private var marker: UInt64 = 7

  init(at path: String) {
    self.path = path
    file = open(path, O_RDWR | O_CREAT, 0o600)
    ftruncate(file, 4096)
    write([0x56, 0x43, 0x4c, 0x4b, 0, 0x10, 0, 0, 1, 0], at: 0)
    disrupt()
  }

  deinit { close(file) }

  func disrupt() {
    marker += 1
    write([UInt8(marker)], at: 16)
  }

  private func write(_ bytes: [UInt8], at offset: Int) {
    _ = pwrite(file, bytes, bytes.count, offset)
  }
}

/// What a hardware clock would show, in a file that a thread keeps up to date.
private final class HardwareClockFile: Sendable {
  private struct State: Sendable {
    /// Of this host's clock, s.
    var ahead: Int64 = 0
    var ticked = HostClocks.monotonic()
    var longestStandstill = Duration.zero
    var isOver = false
  }

  let path: String
  private let file: CInt
  private let state = Mutex(State())

  init(in directory: TemporaryDirectory) throws {
    path = directory.path("since_epoch")
    file = open(path, O_RDWR | O_CREAT, 0o600)
    _ = tick()
    try Thread.start(named: "hardware clock") { [weak self] in
      while self?.tick() ?? false { Thread.pause(for: .milliseconds(20)) }
    }
  }

  deinit { close(file) }

  /// While it stood still it was wrong.
  var longestStandstill: Duration { state.withLock { $0.longestStandstill } }

  func stop() {
    state.withLock { $0.isOver = true }
  }

  func jump(ahead: Int64) {
    state.withLock { $0.ahead = ahead }
  }

  /// - Returns: false once it is over.
  private func tick() -> Bool {
    state.withLock { state in
      guard !state.isOver else { return false }
      let clocks = HostClocks.read()
      // As many digits each time, in place, so that no disk is waited for.
      let text = "\(clocks.local.nanoseconds / 1_000_000_000 + state.ahead)\n"
      _ = pwrite(file, text, text.utf8.count, 0)
      let now = HostClocks.monotonic()
      state.longestStandstill = max(state.longestStandstill, now - state.ticked)
      state.ticked = clocks.raw
      return true
    }
  }
}
