import ClockCore
import ClockProtocol
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// What outlives the real daemon.
@Suite struct StateTests {
  private let directory = TemporaryDirectory()

  private var path: String { directory.path("state.json") }

  private func daemon(
    _ simulator: ExchangeSimulator, settings: String = "", perExchange: String = "",
    environment: [String] = []
  ) throws -> DaemonProcess {
    try DaemonProcess(
      following: simulator, in: directory, settings: settings, perExchange: perExchange,
      arguments: ["--state", path], environment: environment)
  }

  private func saved() throws -> SavedState {
    try StateDocument.parse(try GuardedFile.read(path, limit: StateDocument.longest))
  }

  /// Waits until the file shows it, then ends the daemon.
  private func end(
    _ daemon: DaemonProcess, by signal: CInt = SIGKILL, once condition: (SavedState) -> Bool
  ) throws {
    try daemon.eventually("the state file shows it") { condition((try? saved()) ?? .none) }
    daemon.process.signal(signal)
    try daemon.eventually("the daemon has ended") { daemon.process.hasEnded }
  }

  private func warnings(_ daemon: DaemonProcess) -> [Substring] {
    daemon.log.split(separator: "\n").filter { $0.hasPrefix("<4>the state file") }
  }

  @Test(arguments: [SIGKILL, SIGTERM])
  func aRestartServesAtOnceInHoldover(_ signal: CInt) throws {
    var behind = Conditions()
    behind.offset = .seconds(-3)
    behind.returnDelay = .milliseconds(20)
    let simulator = try ExchangeSimulator([.init("binance", behind), .init("okx", behind)])
    let first = try daemon(simulator)
    try first.waitUntilReady()
    let old = try #require(try first.offset("binance").measurement)
    try end(first, by: signal) { state in
      state.entries.count { $0.memory?.estimate != nil } == 2
    }
    // No probe of the second daemon is answered before the test is over.
    for id in simulator.ids { simulator.update(id) { $0.fault = .timeout } }
    let manager = try NotifySocket()
    let second = try daemon(
      simulator, settings: "timeout = \"60s\"", environment: ["NOTIFY_SOCKET=\(manager.path)"])
    for id in simulator.ids {
      let offset = try second.offset(id)
      #expect(offset.state == "holdover")
      #expect(offset.reason == "restored from the state file; first resync under way")
    }
    let known = try #require(try second.offset("binance").measurement)
    #expect(known.errorNanoseconds >= old.errorNanoseconds)
    #expect(known.ageMilliseconds >= old.ageMilliseconds)
    #expect(known.lowerNanoseconds <= -3_000_000_000 && -3_000_000_000 <= known.upperNanoseconds)
    let before = simulator.clock(of: "binance")
    let now = try #require(NowResult(json: try second.call(.now, ["exchange": "binance"])))
    let after = simulator.clock(of: "binance")
    #expect(now.earliestMicroseconds * 1_000 <= after.nanoseconds)
    #expect(before.nanoseconds <= now.latestMicroseconds * 1_000)
    #expect(try second.call(.stamp, ["exchange": "binance"])["guaranteed"] == true)
    try second.eventually("READY=1") { manager.messages().contains { $0.contains("READY=1") } }
    #expect(second.log.contains("<6>restored from \(path): binance ±"), "\(second.log)")
    #expect(warnings(second).isEmpty, "\(second.log)")
    #expect(simulator.counters(of: "binance").timeRequests <= 9, "it was answered by no probe")
  }

  @Test func aBanOutlivesTheDaemonWithoutOneRequest() throws {
    let simulator = try ExchangeSimulator([.init("bybit"), .init("okx")])
    let first = try daemon(simulator)
    try first.waitUntilReady()
    simulator.update("bybit") {
      $0.fault = .banned
      $0.retryAfterSeconds = 120
    }
    _ = try first.call(.resync, ["exchange": "bybit"])
    try end(first) { $0.entries.first?.memory?.block != nil }
    simulator.update("bybit") { $0.fault = .none }
    let requests = simulator.counters(of: "bybit")
    let second = try daemon(simulator)
    let offset = try second.offset("bybit")
    #expect(offset.state == "holdover")
    #expect(offset.reason.hasPrefix("restored from the state file; HTTP 418"), "\(offset.reason)")
    #expect(offset.nextSyncMilliseconds > 500_000)
    let refusal = try #require(try second.refusal(of: .resync, ["exchange": "bybit"]))
    #expect(refusal.code == .refused)
    #expect(try #require(refusal.retryAfterMilliseconds) > 500_000)
    // Its neighbour is measured meanwhile.
    try second.wait("okx", until: "synchronized")
    #expect(simulator.counters(of: "bybit") == requests)
    #expect(try second.call(.stamp, ["exchange": "bybit"])["state"] == "holdover")
  }

  @Test func aNonceIsExceededAlsoByAClockThatWentBack() throws {
    let simulator = try ExchangeSimulator([.init("kraken")])
    let first = try daemon(simulator)
    try first.eventually("there is a nonce") {
      try first.refusal(of: .stamp, ["exchange": "kraken"]) == nil
    }
    let last = try #require(
      try first.call(.stamp, ["exchange": "kraken"])["unix_us"]?.integer)
    first.process.signal(SIGTERM)
    #expect(first.process.exitCode() == 0)
    simulator.update("kraken") { $0.offset = .seconds(-3600) }
    // Other settings, so that the estimate is not restored.
    let second = try daemon(simulator, settings: "max_drift_ppm = 200")
    try second.eventually("the time was measured anew") {
      try second.refusal(of: .stamp, ["exchange": "kraken"]) == nil
    }
    #expect(
      try #require(second.call(.now, ["exchange": "kraken"])["latest_us"]?.integer) < last)
    #expect(
      try #require(second.call(.stamp, ["exchange": "kraken"])["unix_us"]?.integer) > last)
  }

  @Test(arguments: ["garbage", "other boot"])
  func aFileThatIsNotBelievedCostsOneWarning(_ damage: String) throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let first = try daemon(simulator)
    try first.waitUntilReady()
    try end(first) { $0.entries.first?.memory?.estimate != nil }
    var before = try saved()
    if damage == "garbage" {
      directory.write("state.json", "}{")
    } else {
      before.origin.host.boot = "00000000000000000000000000000000"
      try GuardedFile.replace(path, with: StateDocument.text(of: before))
    }
    chmod(path, 0o600)
    let second = try daemon(simulator)
    try second.wait("binance", until: "synchronized")
    #expect(warnings(second).count == 1, "\(second.log)")
    #expect(warnings(second).first?.hasPrefix("<4>the state file \(path) is ignored: ") == true)
    try second.eventually("the log has it") {
      second.log.contains("binance: unknown -> synchronized")
    }
    try second.eventually("a good file takes its place") {
      ((try? saved()) ?? .none).origin.written > before.origin.written
    }
  }

  @Test func readingsOfAnotherTimeNamespaceAreIgnored() throws {
    let arguments = ["-T", "--monotonic", "86400", "--boottime", "86400", "--kill-child"]
    guard (try? run("/usr/bin/unshare", arguments + ["/bin/true"]))?.code == 0 else {
      print("SKIPPED: time namespaces: unshare -T is not allowed here")
      return
    }
    let simulator = try ExchangeSimulator([.init("binance")])
    let first = try daemon(simulator)
    try first.waitUntilReady()
    try end(first) { $0.entries.first?.memory?.estimate != nil }
    let elsewhere = try ChildProcess(
      "/usr/bin/unshare",
      arguments + [
        product("exchange-clockd"), "--config", directory.path("exchange-clock.toml"),
        "--socket", directory.path("elsewhere.sock"), "--state", path,
      ], output: directory.path("elsewhere.log"))
    defer { withExtendedLifetime(elsewhere) {} }
    try first.eventually("it is measured anew") {
      directory.read("elsewhere.log").contains("binance: unknown -> synchronized")
    }
    let log = directory.read("elsewhere.log")
    #expect(
      log.contains(
        "<4>the state file \(path) is ignored: it was written in another time namespace;"),
      "\(log)")
    #expect(!log.contains("restored from"))
  }

  @Test func whereItCannotBeWrittenTheDaemonServesOn() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let place = directory.path("place")
    let daemon = try DaemonProcess(
      following: simulator, in: directory, arguments: ["--state", "\(place)/state.json"])
    defer {
      unlink("\(place)/state.json")
      rmdir(place)
    }
    try daemon.waitUntilReady()
    try daemon.eventually("the failure is told") { warnings(daemon).count == 1 }
    #expect(
      warnings(daemon).first?.contains("\(place)/state.json.new: No such file or directory") == true
    )
    #expect(try daemon.call(.stamp, ["exchange": "binance"])["guaranteed"] == true)
    mkdir(place, 0o700)
    try daemon.eventually("it is written") {
      // One resync a second is accepted at most.
      _ = try daemon.refusal(of: .resync, ["exchange": "binance"])
      return access("\(place)/state.json", R_OK) == 0
    }
    try daemon.eventually("the end of it is told") {
      daemon.log.contains("<6>the state file \(place)/state.json is written again")
    }
    #expect(warnings(daemon).count == 1)
  }

  /// The page and the history cannot be made then.
  @Test func whereFilesMayNotGrowTimeIsGiven() throws {
    guard dlsym(nil, "__tsan_init") == nil else {
      print("SKIPPED: a limit of file sizes: ThreadSanitizer itself makes a file at the start")
      return
    }
    let simulator = try ExchangeSimulator([.init("binance")])
    let daemon = try DaemonProcess(
      following: simulator, in: directory, arguments: ["--state", path],
      wrapper: ["/usr/bin/prlimit", "--fsize=100", "--"])
    try daemon.waitUntilReady()
    #expect(try daemon.call(.stamp, ["exchange": "binance"])["guaranteed"] == true)
  }

  /// Two would give out the same nonces.
  @Test func oneDaemonAtATimeKeepsItsStateInAFile() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let first = try daemon(simulator)
    try first.waitUntilReady()
    let arguments = [
      "--config", directory.path("exchange-clock.toml"), "--socket", directory.path("second.sock"),
      "--page", directory.path("second.page"), "--state", path,
    ]
    let second = try run(product("exchange-clockd"), arguments)
    #expect(second.code == 1)
    #expect(
      second.output.contains(
        "cannot start: the state file \(path) is in use by a running daemon, which holds"
          + " \(path).lock: two would give out the same nonces; stop that one, or choose another"
          + " --state"), "\(second.output)")
    #expect(access(directory.path("second.sock"), F_OK) != 0, "the socket is left behind")
    #expect(try first.call(.health)["status"] == "ok")
    // Nor where somebody has cleared the directory in between.
    for file in [path, path + ".lock"] { unlink(file) }
    try first.eventually("the state is written again") {
      _ = try? first.call(.resync, ["exchange": "binance"])
      return access(path, R_OK) == 0
    }
    #expect(try run(product("exchange-clockd"), arguments).code == 1)
    // However it ends, the next one begins.
    first.process.signal(SIGKILL)
    #expect(first.process.exitCode() == nil)
    let third = try daemon(simulator)
    try third.waitUntilReady()
  }

  @Test func theDirectoryOfTheServiceManagerIsUsed() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let daemon = try DaemonProcess(
      following: simulator, in: directory,
      environment: ["STATE_DIRECTORY=\(directory.root):/nonexistent"])
    // While it runs: how long its end waits for a disk is a matter of seconds.
    try daemon.eventually("what is known is in the directory") {
      (try? saved())?.entries.first?.memory?.estimate != nil
    }
    #expect(!daemon.log.contains("no state is kept"))
  }

  @Test func withoutAPlaceItSaysThatNoStateIsKept() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let daemon = try DaemonProcess(following: simulator, in: directory)
    try daemon.waitUntilReady()
    #expect(daemon.log.contains("; no state is kept over a restart (see --state)"))
    #expect(access(path, F_OK) != 0)
  }
}

extension SavedState {
  fileprivate static let none = SavedState(
    origin: .init(
      host: .init(machine: "", boot: nil, timeNamespace: ""),
      written: MonotonicInstant(nanoseconds: 0),
      suspended: ClockLead(lower: .zero, upper: .zero)), entries: [])
}
