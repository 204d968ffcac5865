import ClockCore
import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

/// Start, readiness, watchdog and end of the real daemon, as a service manager sees them.
@Suite struct LifecycleTests {
  @Test func systemdIsToldEverything() throws {
    let manager = try NotifySocket()
    let simulator = try ExchangeSimulator([.init("binance"), .init("okx")])
    let daemon = try DaemonProcess(
      following: simulator,
      environment: ["NOTIFY_SOCKET=\(manager.path)", "WATCHDOG_USEC=600000"])
    try daemon.eventually("READY=1") { manager.messages().contains { $0.contains("READY=1") } }
    try daemon.eventually("WATCHDOG=1 three times") {
      manager.messages().count { $0.contains("WATCHDOG=1") } >= 3
    }
    let status = try #require(manager.messages().last { $0.contains("STATUS=") })
    #expect(status.contains("STATUS=2/2 exchanges synchronized, worst error ±"))
    daemon.process.signal(SIGTERM)
    #expect(daemon.process.exitCode() == 0)
    #expect(manager.messages().contains { $0.contains("STOPPING=1") })
  }

  @Test func readinessWaitsForAnEstimateAndGivesUpOnTheDead() throws {
    let manager = try NotifySocket()
    var dead = Conditions()
    dead.fault = .reset
    let simulator = try ExchangeSimulator([.init("binance", dead), .init("okx", dead)])
    let daemon = try DaemonProcess(
      following: simulator, settings: "[backoff]\ninitial = \"100ms\"\nmax = \"200ms\"\n",
      environment: ["NOTIFY_SOCKET=\(manager.path)", "WATCHDOG_USEC=600000"])
    try daemon.eventually("three attempts failed") { try daemon.offset("okx").failures > 3 }
    #expect(!manager.messages().contains { $0.contains("READY=1") })
    try daemon.eventually("patience is asked for") {
      manager.messages().contains { $0.contains("EXTEND_TIMEOUT_USEC=") }
    }
    simulator.update("okx") { $0.fault = .none }
    try daemon.eventually("READY=1") { manager.messages().contains { $0.contains("READY=1") } }
    #expect(daemon.log.contains("binance: 3 attempts failed, readiness no longer waits for it"))
  }

  @Test func aBurstUnderWayDoesNotHoldUpTheEnd() throws {
    var slow = Conditions()
    slow.fault = .timeout
    let simulator = try ExchangeSimulator([.init("binance", slow)])
    let daemon = try DaemonProcess(following: simulator, settings: "timeout = \"60s\"")
    try daemon.eventually("a probe is under way") {
      simulator.counters(of: "binance").timeRequests > 0
    }
    let asked = HostClocks.monotonic()
    daemon.process.signal(SIGTERM)
    #expect(daemon.process.exitCode() == 0)
    let took = HostClocks.monotonic() - asked
    print("ended \(took.shortText) after SIGTERM with a probe under way")
    // A tenth of the timeout that the probe would have had; on a quiet machine milliseconds.
    #expect(took < .seconds(6))
    #expect(access(daemon.socketPath, F_OK) != 0, "the socket is left behind")
  }

  @Test func aStaleSocketIsReplacedAndALivingOneRefused() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let first = try DaemonProcess(following: simulator)
    try first.waitUntilReady()
    let second = try run(
      product("exchange-clockd"),
      ["--config", first.directory.path("exchange-clock.toml"), "--socket", first.socketPath])
    #expect(second.code == 1)
    #expect(second.output.contains("is in use by a running daemon"), "\(second.output)")
    #expect(try first.call(.health)["status"] == "ok")
    first.process.signal(SIGKILL)
    #expect(first.process.exitCode() == nil)
    #expect(access(first.socketPath, F_OK) == 0)
    let third = try DaemonProcess(
      first.directory.read("exchange-clock.toml"), in: first.directory)
    try third.waitUntilReady()
    var status = stat()
    #expect(stat(third.socketPath, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o660)
  }

  @Test func whatIsNotASocketIsNotRemoved() throws {
    let directory = TemporaryDirectory()
    directory.write("daemon.sock", "precious")
    let daemon = try DaemonProcess("[exchanges.binance]\n", in: directory)
    #expect(daemon.process.exitCode() == 1)
    #expect(daemon.log.contains("exists and is not a socket"))
    #expect(directory.read("daemon.sock") == "precious")
  }

  @Test func everyProblemOfAConfigurationStopsTheStart() throws {
    let daemon = try DaemonProcess(
      """
      intervall = "1h"
      samples = 900
      [exchanges.binanse]
      [exchanges.okx]
      max_error = 3
      """)
    #expect(daemon.process.exitCode() == 78)
    for line in [
      "exchange-clock.toml:1:1: ", "exchange-clock.toml:2:11: ", "exchange-clock.toml:3:1: ",
      "exchange-clock.toml:5:13: ", "did you mean", "interval", "binance",
    ] {
      #expect(daemon.log.contains(line), "\(line) in \(daemon.log)")
    }
  }

  @Test func anUnreadableConfigurationStopsTheStart() throws {
    let result = try run(product("exchange-clockd"), ["--config", "/nonexistent.toml"])
    #expect(result.code == 78)
    #expect(result.output.contains("read /nonexistent.toml: No such file or directory"))
  }

  @Test func badUsageIsOneClearLine() throws {
    for (arguments, text) in [
      (["--confg", "x"], "unknown option \"--confg\""), (["--config"], "--config needs a value"),
    ] {
      let result = try run(product("exchange-clockd"), arguments)
      #expect(result.code == 64)
      #expect(result.output.contains(text))
    }
  }

  @Test func theSocketOfAnotherDaemonIsNotRemoved() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let first = try DaemonProcess(following: simulator)
    try first.waitUntilReady()
    unlink(first.socketPath)
    let second = try DaemonProcess(
      first.directory.read("exchange-clock.toml"), in: first.directory)
    try second.waitUntilReady()
    first.process.signal(SIGTERM)
    #expect(first.process.exitCode() == 0)
    #expect(try second.call(.health)["status"] == "ok")
  }

  @Test func anUnknownGroupLeavesNothingBehind() throws {
    let daemon = try DaemonProcess("[socket]\ngroup = \"no-such-group\"\n[exchanges.okx]\n")
    #expect(daemon.process.exitCode() == 78)
    #expect(daemon.log.contains("the group \"no-such-group\" does not exist"))
    #expect(access(daemon.socketPath, F_OK) != 0)
  }

  @Test func withTooFewDescriptorsItSaysSo() throws {
    let result = try run(
      "/bin/sh",
      [
        "-c", "ulimit -n 20; exec \"$0\" --config \"$1\" --socket /tmp/none",
        product("exchange-clockd"), try configuration(),
      ])
    #expect(result.code == 78)
    #expect(result.output.contains("20 descriptors are allowed and 36 are needed"))
  }

  private let scratch = TemporaryDirectory()

  private func configuration() throws -> String {
    scratch.write("exchange-clock.toml", "[exchanges.okx]\n")
    return scratch.path("exchange-clock.toml")
  }
}
