import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Synchronization
import Testing

/// A configuration that changes while the daemon runs, as `systemctl reload` has it read anew.
@Suite struct ReloadTests {
  private let manager: NotifySocket
  private let simulator: ExchangeSimulator
  private let daemon: DaemonProcess

  init() throws {
    let manager = try NotifySocket()
    self.manager = manager
    simulator = try ExchangeSimulator([
      .init("binance"), .init("bybit"), .init("kraken"), .init("okx"),
    ])
    daemon = try DaemonProcess(
      Self.configuration(simulator, ["binance", "bybit"]),
      environment: ["NOTIFY_SOCKET=\(manager.path)"])
    try daemon.waitUntilReady()
    try daemon.eventually("READY=1") { manager.messages().contains { $0.contains("READY=1") } }
  }

  private static func configuration(
    _ simulator: ExchangeSimulator, _ ids: [String], _ more: String = ""
  ) -> String {
    more + ids.map { "[exchanges.\($0)]\nbase_url = \"\(simulator.url(of: $0))\"\n" }.joined()
  }

  private func reload(_ text: String) throws {
    let before = readies
    daemon.directory.write("exchange-clock.toml", text)
    daemon.process.signal(SIGHUP)
    try daemon.eventually("the reload is over") { readies > before }
  }

  private var readies: Int { manager.messages().count { $0.contains("READY=1") } }

  private func followed() throws -> [String?] {
    try (daemon.call(.offsets).array ?? []).map { $0["exchange"]?.string }
  }

  @Test func estimatesStayAndExchangesComeAndGo() throws {
    let probes = simulator.counters(of: "binance").timeRequests
    let before = try daemon.offset("binance")
    try reload(Self.configuration(simulator, ["binance", "okx"], "interval = \"30m\"\n"))
    let after = try daemon.offset("binance")
    #expect(after.state == "synchronized")
    #expect(after.measurement?.lastSyncMicroseconds != nil)
    #expect(after.samples == before.samples)
    #expect(simulator.counters(of: "binance").timeRequests == probes, "it was probed again")
    try daemon.wait("okx", until: "synchronized")
    #expect(try followed() == ["binance", "okx"])
    #expect(
      try daemon.refusal(of: .stamp, ["exchange": "bybit"])?.code == .unknownExchange)
    #expect(
      daemon.log.contains(
        "is in force: following binance, okx (new: okx; followed no more: bybit; changed: binance)"),
      "\(daemon.log)")
    let lines = manager.messages().flatMap { $0.split(separator: "\n") }
    let reloading = try #require(lines.firstIndex(of: "RELOADING=1"))
    #expect(lines[reloading + 1].hasPrefix("MONOTONIC_USEC="))
    #expect(lines[reloading...].contains("READY=1"))
    #expect(lines[..<reloading].contains("READY=1"), "it was ready before")
    // Again and again, with nothing changed: nothing is probed, nothing is lost.
    let all = simulator.counters(of: "okx").timeRequests
    for _ in 1...5 {
      try reload(Self.configuration(simulator, ["binance", "okx"], "interval = \"30m\"\n"))
    }
    #expect(simulator.counters(of: "okx").timeRequests <= all + 8, "its first burst, at most")
    #expect(try daemon.call(.health)["status"] == "ok")
  }

  @Test func aBadConfigurationChangesNothingAndSaysSo() throws {
    try reload("intervall = \"1h\"\n[exchanges.okx]\n")
    #expect(try followed() == ["binance", "bybit"])
    #expect(try daemon.offset("binance").state == "synchronized")
    #expect(daemon.log.contains("exchange-clock.toml:1:1: "))
    #expect(daemon.log.contains("is not put in force: the configuration from before stays"))
    let status = { manager.messages().last { $0.contains("STATUS=") } ?? "" }
    #expect(status().contains("STATUS=2/2 exchanges synchronized"))
    #expect(status().contains("the new configuration is refused"), "\(status())")
    #expect(status().contains("exchange-clock.toml:1:1: "))
    unlink(daemon.directory.path("exchange-clock.toml"))
    let before = readies
    daemon.process.signal(SIGHUP)
    try daemon.eventually("the reload is over") { readies > before }
    #expect(status().contains("No such file"), "\(status())")
    try reload(Self.configuration(simulator, ["binance"]))
    #expect(!status().contains("refused"), "\(status())")
    #expect(try followed() == ["binance"])
  }

  @Test func whatIsAskedForOtherwiseIsMeasuredAnew() throws {
    let probes = simulator.counters(of: "binance").timeRequests
    try reload(
      Self.configuration(simulator, ["binance", "bybit"], "")
        .replacing("[exchanges.bybit]", with: "max_drift_ppm = 50\n[exchanges.bybit]"))
    try daemon.eventually("binance is probed again") {
      simulator.counters(of: "binance").timeRequests >= probes + 8
    }
    try daemon.wait("binance", until: "synchronized")
    #expect(daemon.log.contains("measured anew: binance"), "\(daemon.log)")
  }

  @Test func aBanOutlivesItsExchange() throws {
    simulator.update("bybit") {
      $0.fault = .rateLimited
      $0.retryAfterSeconds = 600
    }
    _ = try? daemon.call(.resync, ["exchange": "bybit"])
    try daemon.wait("bybit", until: "holdover")
    simulator.update("bybit") { $0.fault = .none }
    let probes = simulator.counters(of: "bybit").timeRequests
    try reload(Self.configuration(simulator, ["binance"]))
    try reload(Self.configuration(simulator, ["binance", "bybit"]))
    #expect(try daemon.refusal(of: .resync, ["exchange": "bybit"])?.code == .refused)
    #expect(simulator.counters(of: "bybit").timeRequests == probes)
  }

  @Test func nonceStaysAheadOverAReload() throws {
    try reload(Self.configuration(simulator, ["kraken"]))
    try daemon.wait("kraken", until: "synchronized")
    let first = try #require(try daemon.call(.stamp, ["exchange": "kraken"])["unix_us"]?.integer)
    simulator.update("kraken") { $0.offset = .seconds(-3) }
    try reload(Self.configuration(simulator, ["binance"]))
    try reload(Self.configuration(simulator, ["binance", "kraken"]))
    try daemon.wait("kraken", until: "synchronized")
    let second = try #require(try daemon.call(.stamp, ["exchange": "kraken"])["unix_us"]?.integer)
    #expect(second > first)
  }

  @Test func whoWaitsForAnExchangeThatGoesIsAnswered() throws {
    simulator.update("bybit") { $0.fault = .timeout }
    let refusal = Answer()
    let daemon = daemon
    try Thread.start(named: "waiter") {
      refusal.set((try? daemon.refusal(of: .resync, ["exchange": "bybit"])) ?? nil)
    }
    let probes = simulator.counters(of: "bybit").timeRequests
    try daemon.eventually("bybit is probed") {
      simulator.counters(of: "bybit").timeRequests > probes
    }
    try reload(Self.configuration(simulator, ["binance"]))
    try daemon.eventually("the waiter is answered") { refusal.value != nil }
    #expect(refusal.value??.code == .unknownExchange)
  }

  /// What one thread has got, for another; nil before.
  private final class Answer: Sendable {
    private let content = Mutex<RPCError??>(nil)
    var value: RPCError?? { content.withLock { $0 } }
    func set(_ value: RPCError?) { content.withLock { $0 = .some(value) } }
  }

  @Test func beforeItIsReadyAReloadClaimsNothing() throws {
    let manager = try NotifySocket()
    simulator.update("okx") { $0.fault = .reset }
    let daemon = try DaemonProcess(
      Self.configuration(simulator, ["okx"]), environment: ["NOTIFY_SOCKET=\(manager.path)"])
    try daemon.eventually("it follows okx") { try daemon.offset("okx").failures > 0 }
    daemon.directory.write(
      "exchange-clock.toml", Self.configuration(simulator, ["okx"], "interval = \"30m\"\n"))
    daemon.process.signal(SIGHUP)
    try daemon.eventually("it is read") { daemon.log.contains("is in force") }
    try daemon.eventually("a status comes") {
      manager.messages().contains { $0.contains("STATUS=0/1") }
    }
    let messages = manager.messages()
    #expect(!messages.contains { $0.contains("READY=1") || $0.contains("RELOADING=1") })
    daemon.directory.write(
      "exchange-clock.toml",
      Self.configuration(simulator, ["binance", "okx"], "ready.when = \"any\"\n"))
    daemon.process.signal(SIGHUP)
    try daemon.eventually("READY=1") { manager.messages().contains { $0.contains("READY=1") } }
  }
}
