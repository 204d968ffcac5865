import ClockProtocol
import ExchangeSimulator
import Glibc
import JSONDocument
import Testing

/// `exchange-clock diagnose` and the verdicts of `health`, with the real daemon and simulator.
@Suite struct DiagnoseTests {
  /// A daemon that has measured exchanges under these conditions once.
  private func follow(
    _ exchanges: [(String, (inout Conditions) -> Void)], settings: String = ""
  ) throws -> (simulator: ExchangeSimulator, daemon: DaemonProcess) {
    let simulator = try ExchangeSimulator(
      exchanges.map { id, change in
        var conditions = Conditions()
        change(&conditions)
        return .init(id, conditions)
      })
    let daemon = try DaemonProcess(following: simulator, settings: settings)
    try daemon.waitUntilReady()
    return (simulator, daemon)
  }

  private func diagnose(
    _ daemon: DaemonProcess, _ arguments: String...
  ) throws -> (code: CInt?, output: String) {
    try run(
      product("exchange-clock"), ["diagnose"] + arguments + ["--socket", daemon.socketPath])
  }

  /// The verdicts once they are of these kinds. A machine that stood still in a burst has made a
  /// path of its own: then another burst tells.
  private func verdicts(
    _ daemon: DaemonProcess, are kinds: VerdictResult.Kind...
  ) throws -> [VerdictResult] {
    try daemon.eventually("the verdicts are \(kinds)") {
      if try verdicts(daemon).map(\.kind) == kinds { return true }
      _ = try daemon.call(.resync)
      return false
    }
    return try verdicts(daemon)
  }

  private func verdicts(_ daemon: DaemonProcess) throws -> [VerdictResult] {
    let verdicts = try #require(try daemon.call(.health)["verdicts"]?.array)
    return try verdicts.map { try #require(VerdictResult(json: $0)) }
  }

  @Test func threeExchangesThatAgreeAccuseThisHost() throws {
    let ahead = { (conditions: inout Conditions) in conditions.offset = .seconds(3) }
    let (simulator, daemon) = try follow([("binance", ahead), ("bybit", ahead), ("okx", ahead)])
    let verdicts = try verdicts(daemon, are: .systemClockWrong)
    #expect(
      verdicts[0].summary == "your clock is wrong: it is 3.00 s behind what 3 exchanges agree on")
    let (code, output) = try diagnose(daemon)
    #expect(code == 1)
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "your clock is wrong: it is 3.00 s behind what 3 exchanges agree on")
    #expect(
      lines[1].hasPrefix(
        "  - binance, bybit and okx agree: this host's clock is 3.00 s behind, ±"))
    #expect(lines.count { $0.hasPrefix("next: ") } == 1)
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(output)")
    let status = try run(product("exchange-clock"), ["status", "--socket", daemon.socketPath])
    #expect(
      status.output.contains(
        "\nyour clock is wrong: it is 3.00 s behind what 3 exchanges agree on\n"
          + "run: exchange-clock diagnose\n"))
    withExtendedLifetime(simulator) {}
  }

  @Test func oneThatDisagreesWithTheOthersIsAccused() throws {
    let (simulator, daemon) = try follow([
      ("binance", { _ in }), ("bybit", { $0.offset = .seconds(-3) }), ("okx", { _ in }),
    ])
    let verdicts = try verdicts(daemon, are: .exchangeClockWrong)
    #expect(verdicts.first?.exchange == "bybit")
    let summary = "the clock of bybit is wrong: it is 3.00 s behind what 2 others agree on"
    #expect(try diagnose(daemon).output.hasPrefix(summary + "\n"))
    #expect(try diagnose(daemon, "bybit").code == 1)
    // The others are none the worse for it.
    let (code, output) = try diagnose(daemon, "okx")
    #expect(code == 0 && output.hasPrefix("all clocks are fine: "), "\(output)")
    #expect(output.contains("next: exchange-clock stamp okx\n"))
    withExtendedLifetime(simulator) {}
  }

  @Test func aLongAndLopsidedPathIsBad() throws {
    let (simulator, daemon) = try follow([
      ("binance", { _ in }), ("bybit", { $0.forwardDelay = .milliseconds(600) }),
      ("okx", { _ in }),
    ])
    let verdicts = try verdicts(daemon, are: .pathBad)
    #expect(verdicts.first?.exchange == "bybit")
    #expect(verdicts[0].causes.contains(.longRoundTrip))
    #expect(verdicts[0].causes.contains(.asymmetrySuspected))
    let (code, output) = try diagnose(daemon)
    #expect(code == 1)
    #expect(output.hasPrefix("the path to bybit is bad: no round trip is below 60"))
    #expect(output.contains("a suspicion, not a proof: "))
    #expect(output.contains("next: ping -c 20 127.0.0.1\n"))
    withExtendedLifetime(simulator) {}
  }

  @Test func lostAnswersAreThePath() throws {
    let (simulator, daemon) = try follow(
      [("binance", { _ in }), ("okx", { _ in })],
      settings: "timeout = \"500ms\"\n[backoff]\ninitial = \"100ms\"\nmax = \"100ms\"\n")
    simulator.update("okx") { $0.fault = .reset }
    _ = try daemon.call(.resync, ["exchange": "okx"])
    try daemon.eventually("three probes in a row are lost") {
      try verdicts(daemon).contains { $0.causes.starts(with: [.noAnswer, .loss]) }
    }
    #expect(try verdicts(daemon).contains { $0.kind == .pathBad && $0.exchange == "okx" })
    simulator.update("okx") { $0.fault = .unavailable }
    try daemon.eventually("the answers are of no use") {
      try verdicts(daemon).contains { $0.causes == [.noTimeInAnswer] }
    }
    let (code, output) = try diagnose(daemon, "okx")
    #expect(code == 1)
    #expect(output.hasPrefix("the answers of okx are of no use: HTTP 503 Service Unavailable\n"))
    #expect(output.contains("next: curl -i '\(simulator.timeURL(of: "okx"))'\n"))
    simulator.update("okx") { $0.fault = .none }
    try daemon.wait("okx", until: "synchronized")
    // What was lost is remembered for a while.
    #expect(try verdicts(daemon).contains { $0.causes.contains(.loss) && $0.exchange == "okx" })
  }

  @Test func whoIsRateLimitedIsToldSinceWhen() throws {
    let (simulator, daemon) = try follow([("binance", { _ in }), ("okx", { _ in })])
    _ = try verdicts(daemon, are: .clocksFine)
    simulator.update("okx") {
      $0.fault = .rateLimited
      $0.retryAfterSeconds = 120
    }
    _ = try daemon.call(.resync, ["exchange": "okx"])
    let (code, output) = try diagnose(daemon)
    #expect(code == 1)
    #expect(output.hasPrefix("okx has told us to stay away: HTTP 429 Too Many Requests\n"))
    #expect(output.contains("  Rate-limited or banned, and since when?\n    okx: HTTP 429"))
    #expect(output.contains("next: exchange-clock wait okx --timeout 1"))
  }

  @Test func clocksThatAgreeLeaveTheCode() throws {
    let (simulator, daemon) = try follow([
      ("binance", { _ in }), ("bybit", { $0.offset = .milliseconds(30) }), ("okx", { _ in }),
    ])
    _ = try verdicts(daemon, are: .clocksFine)
    let (code, output) = try diagnose(daemon)
    #expect(code == 0)
    #expect(
      output.hasPrefix("all clocks are fine: if orders are refused, your code stamps too early\n"))
    #expect(output.contains("  Seconds, milliseconds or microseconds?\n    binance wants mill"))
    let health = try daemon.call(.health)
    let kernel = health["system_clock"]
    // Null where the kernel may not be asked, and a number where it may.
    let isAsked = kernel?["kernel_synchronized"] != .null
    #expect((kernel?["kernel_maximum_error_ns"]?.integer != nil) == isAsked)
    #expect((kernel?["kernel_estimated_error_ns"]?.integer != nil) == isAsked)
    withExtendedLifetime(simulator) {}
  }

  @Test func oneExchangeAloneTellsNothingApart() throws {
    let (simulator, daemon) = try follow([("binance", { $0.offset = .seconds(3) })])
    let verdicts = try verdicts(daemon, are: .unknown)
    #expect(verdicts[0].causes == [.oneExchangeOnly])
    let (code, output) = try diagnose(daemon)
    #expect(code == 1)
    #expect(
      output.hasPrefix(
        "binance is 3.00 s ahead of this host's clock: which of them is wrong cannot be\ntold\n"))
    #expect(output.contains("A second exchange in the configuration tells."))
    withExtendedLifetime(simulator) {}
  }

  @Test func theJSONIsOneLineWithEverything() throws {
    let (simulator, daemon) = try follow([("binance", { _ in }), ("okx", { _ in })])
    _ = try verdicts(daemon, are: .clocksFine)
    let (code, output) = try diagnose(daemon, "--json")
    #expect(code == 0 && output.count { $0 == "\n" } == 1)
    let json = try JSONValue(parsing: output)
    #expect(json["daemon"] == true)
    #expect(json["verdicts"]?.array?.first?["verdict"] == "clocks_fine")
    #expect(json["questions"]?.array?.count == 9)
    // Both ran on this host: no more than a request lies between their looks at its clock.
    #expect(json["host"]?["daemon_difference_ns"] == 0)
    withExtendedLifetime(simulator) {}
  }

  @Test func aFakedClockIsSeen() throws {
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
    guard access(library, R_OK) == 0 else {
      print("SKIPPED: aFakedClockIsSeen: there is no \(library)")
      return
    }
    // It asks for the time before a sanitizer is ready.
    guard getenv("ASAN_OPTIONS") == nil, getenv("TSAN_OPTIONS") == nil else {
      print("SKIPPED: aFakedClockIsSeen: libfaketime does not start with a sanitizer")
      return
    }
    let (simulator, daemon) = try follow([("binance", { _ in })])
    _ = try verdicts(daemon, are: .clocksFine)
    let (code, output) = try run(
      product("exchange-clock"), ["diagnose", "--socket", daemon.socketPath],
      environment: ["LD_PRELOAD=\(library)", "FAKETIME=-90s"])
    #expect(code == 1)
    let text = output.split { $0.isWhitespace }.joined(separator: " ")
    #expect(
      text.hasPrefix(
        "exchange-clockd and this command read clocks that are 90.0 s apart: something fakes one"))
    #expect(text.contains("next: env | grep -i -e preload -e faketime"))
    #expect(
      text.contains("LD_PRELOAD in the environment: libfaketime may change what programs see"))
    #expect(text.contains("the daemon reads a clock that is 90.0 s ahead of the one this command"))
    #expect(text.contains("Does something fake the clock? libfaketime changes what single"))
    withExtendedLifetime(simulator) {}
  }

  @Test func anExchangeThatIsNotFollowedIsRefused() throws {
    let (simulator, daemon) = try follow([("binance", { _ in })])
    let (code, output) = try diagnose(daemon, "mtgox")
    #expect(code == 1)
    #expect(output == "exchange-clock: unknown exchange \"mtgox\"; enabled: binance\n")
    withExtendedLifetime(simulator) {}
  }

  @Test func withoutADaemonTheHostIsLookedAt() throws {
    let directory = TemporaryDirectory()
    let socket = directory.path("nothing.sock")
    let text = try run(product("exchange-clock"), ["diagnose", "--socket", socket])
    #expect(text.code == 69)
    #expect(text.output.hasPrefix("exchange-clockd is not running: nothing is known of any exch"))
    #expect(text.output.contains("the kernel "))
    #expect(text.output.contains("next: sudo systemctl start exchange-clockd"))
    let (code, output) = try run(
      product("exchange-clock"), ["diagnose", "--json", "--socket", socket])
    #expect(code == 69)
    let json = try JSONValue(parsing: output)
    #expect(json["daemon"] == false)
    #expect(json["verdicts"]?.array?.first?["causes"] == ["no_daemon"])
  }
}
