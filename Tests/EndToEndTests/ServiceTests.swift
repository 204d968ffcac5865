import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

/// What the units of systemd rely on.
@Suite struct ServiceTests {
  private func waitForReady(_ daemon: DaemonProcess, timeout: String) throws -> (CInt?, String) {
    let result = try run(
      product("exchange-clock"),
      ["--socket", daemon.socketPath, "wait", "--ready", "--timeout", timeout])
    return (result.code, result.output)
  }

  private func dead(_ when: String) throws -> (ExchangeSimulator, DaemonProcess) {
    var dead = Conditions()
    dead.fault = .reset
    let simulator = try ExchangeSimulator([.init("binance"), .init("okx", dead)])
    let daemon = try DaemonProcess(
      following: simulator,
      settings: "[ready]\nwhen = \"\(when)\"\n[backoff]\ninitial = \"100ms\"\nmax = \"200ms\"\n")
    return (simulator, daemon)
  }

  @Test(arguments: ["any", "all"])
  func oneThatIsDeadOrNotWantedHoldsUpNobody(when: String) throws {
    let (simulator, daemon) = try dead(when)
    defer { withExtendedLifetime(simulator) {} }
    let (code, output) = try waitForReady(daemon, timeout: "60s")
    #expect(code == 0, "\(output)")
    #expect(output.contains("ready"))
    #expect(try daemon.call(.health)["status"] == "degraded")
  }

  @Test func anExchangeThatComesAnewIsWaitedFor() throws {
    let (simulator, daemon) = try dead("all")
    try daemon.waitUntilReady()
    simulator.update("binance") { $0.fault = .timeout }
    // Asked for otherwise, it is measured anew.
    let text = daemon.directory.read("exchange-clock.toml")
    daemon.directory.write("exchange-clock.toml", "max_drift_ppm = 77\n" + text)
    daemon.process.signal(SIGHUP)
    try daemon.wait("binance", until: "unknown")
    let health = try daemon.call(.health)
    #expect(health["ready"] == true && health["ready_now"] == false)
    let (code, output) = try waitForReady(daemon, timeout: "1s")
    #expect(code == 1 && output.contains("timed out: binance is unknown"), "\(output)")
    simulator.update("binance") { $0.fault = .none }
    #expect(try waitForReady(daemon, timeout: "60s").0 == 0)
  }

  @Test func aLostSocketIsToldAndMadeAnew() throws {
    let manager = try NotifySocket()
    let simulator = try ExchangeSimulator([.init("binance")])
    let daemon = try DaemonProcess(
      following: simulator,
      environment: ["NOTIFY_SOCKET=\(manager.path)", "WATCHDOG_USEC=600000"])
    try daemon.waitUntilReady()
    // Something that the daemon does not remove is in its place.
    #expect(unlink(daemon.socketPath) == 0 && mkdir(daemon.socketPath, 0o700) == 0)
    try daemon.eventually("the status says so") {
      manager.messages().last { $0.contains("STATUS=") }?.contains(
        "the socket \(daemon.socketPath) is gone, no client can connect, and another cannot be"
          + " made: \(daemon.socketPath) exists and is not a socket") == true
    }
    #expect(rmdir(daemon.socketPath) == 0)
    try daemon.eventually("it is made anew") {
      daemon.log.contains("\(daemon.socketPath) was gone: it is made anew")
    }
    try daemon.waitUntilReady()
    var status = stat()
    #expect(lstat(daemon.socketPath, &status) == 0 && status.st_mode & 0o777 == 0o660)
    daemon.process.signal(SIGTERM)
    try daemon.eventually("it takes its socket with it") {
      lstat(daemon.socketPath, &status) != 0
    }
  }

  /// The back-off of ten minutes would hold it up otherwise.
  @Test func whatFailedIsAskedAnewOnceItIsAskedOtherwise() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let settings = "[backoff]\ninitial = \"10m\"\nmax = \"1h\"\n"
    let daemon = try DaemonProcess(
      following: simulator, settings: "proxy = \"http://127.0.0.1:9\"\n" + settings)
    try daemon.eventually("it has failed") { try daemon.offset("binance").failures > 0 }
    let text = daemon.directory.read("exchange-clock.toml")
    daemon.directory.write(
      "exchange-clock.toml",
      text.split(separator: "\n").filter { !$0.hasPrefix("proxy") }.joined(separator: "\n"))
    daemon.process.signal(SIGHUP)
    try daemon.wait("binance", until: "synchronized")
  }

  /// Whoever is to be served comes over the Unix socket.
  @Test func theDaemonListensOnNoPort() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    #expect(try ports(of: daemon.process.id) == [])
    // It does show what is there: the simulator listens within this process.
    #expect(try ports(of: getpid()) != [])
  }

  /// Sockets of a process that wait for somebody at a port: the lines of /proc/net about them.
  private func ports(of id: pid_t) throws -> [String] {
    let sockets = Set(
      try DirectoryContents.names(in: "/proc/\(id)/fd").map { name in
        var link = [CChar](repeating: 0, count: 64)
        let length = max(readlink("/proc/\(id)/fd/\(name)", &link, link.count), 0)
        return String(decoding: link.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
      })
    return try ["tcp", "tcp6", "udp", "udp6"].flatMap { kind in
      let text = String(decoding: try FileContents.read("/proc/net/\(kind)"), as: UTF8.self)
      return text.split(separator: "\n").map(String.init).filter { line in
        let columns = line.split(separator: " ")
        return columns.count > 9 && sockets.contains("socket:[\(columns[9])]")
          && ["0A", "07"].contains(columns[3])
      }
    }
  }

  @Test func aReloadThatComesBeforeItIsWaitedForDoesNotEndTheDaemon() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let daemon = try DaemonProcess(following: simulator)
    let status = "/proc/\(daemon.process.id)/status"
    try daemon.eventually("SIGHUP is held") {
      let text = String(decoding: try FileContents.read(status), as: UTF8.self)
      let mask =
        text.split(separator: "\n").first { $0.hasPrefix("SigBlk:") }?.split(separator: "\t").last
        ?? "0"
      return (UInt64(mask, radix: 16) ?? 0) & 1 << (UInt64(SIGHUP) - 1) != 0
    }
    daemon.process.signal(SIGHUP)
    try daemon.eventually("it is read anew") { daemon.log.contains("is in force") }
    try daemon.waitUntilReady()
  }

  @Test func theFileOfTheRunningDaemonIsChecked() throws {
    let daemon = try DaemonProcess("[exchanges.binance]")
    func check() throws -> (code: CInt?, output: String) {
      let result = try run(
        product("exchange-clock"), ["--socket", daemon.socketPath, "check-config", "--running"])
      return (result.code, result.output)
    }
    _ = try daemon.connect()
    let file = daemon.directory.path("exchange-clock.toml")
    #expect(try check().output.contains("\(file): valid, follows binance"))
    daemon.directory.write("exchange-clock.toml", "intervall = 3\n")
    #expect(try check().code == 78)
  }
}
