import ClockCore
import ClockProtocol
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

/// The program `exchange-clock` against the real daemon, as a person or a script runs it.
@Suite struct CommandTests {
  let simulator: ExchangeSimulator
  let daemon: DaemonProcess

  init() throws {
    var ahead = Conditions()
    ahead.offset = .seconds(3)
    simulator = try ExchangeSimulator([.init("binance", ahead), .init("okx")])
    daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
  }

  private func tool(_ arguments: String...) throws -> (code: CInt?, output: String) {
    try run(
      product("exchange-clock"), arguments,
      environment: ["EXCHANGE_CLOCK_SOCKET=\(daemon.socketPath)"])
  }

  /// Of which a terminal may show nothing else.
  @Test(arguments: ["C", "en_US.ISO-8859-1", "POSIX"])
  func whereTheLocaleIsNotUnicodeOnlyASCIIIsWritten(locale: String) throws {
    for command in ["status", "now okx", "offset okx", "resync okx", "probe okx --base-url URL"] {
      let arguments = command.replacing("URL", with: simulator.url(of: "okx"))
        .split(separator: " ").map(String.init)
      let asked = try run(
        product("exchange-clock"), arguments,
        environment: ["EXCHANGE_CLOCK_SOCKET=\(daemon.socketPath)", "LC_ALL=\(locale)"])
      #expect(asked.code == 0 && asked.output.contains("+-"), "\(command): \(asked.output)")
      #expect(asked.output.utf8.allSatisfy { $0 < 0x80 }, "\(command): \(asked.output)")
    }
    let table = try run(
      product("exchange-clock"), ["status"],
      environment: ["EXCHANGE_CLOCK_SOCKET=\(daemon.socketPath)", "LC_ALL=\(locale)"])
    let lines = table.output.split(separator: "\n")
    // The errors still end below the end of their title.
    let title = try #require(lines[0].firstRange(of: "ERROR"))
    let width = lines[0].distance(from: lines[0].startIndex, to: title.upperBound)
    #expect(lines[1].prefix(width).hasSuffix("s"), "\(table.output)")
  }

  @Test func statusIsATableWithASummary() throws {
    let (code, output) = try tool("status")
    #expect(code == 0)
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0].hasPrefix("EXCHANGE  STATE         "))
    #expect(!lines[0].contains("REASON"), "nothing is wrong, so there is nothing to explain")
    #expect(lines[1].hasPrefix("binance   synchronized  ") && lines[1].contains("s  ±"))
    #expect(lines[2].hasPrefix("okx       synchronized  "))
    #expect(lines[4].hasPrefix("ok: 2/2 exchanges synchronized; daemon 0.1.0 up "))
    #expect(
      lines.contains {
        $0.contains(#/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ; \+: the exchange is ahead/#)
      })
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(!output.contains("\u{1B}"), "colours belong on a terminal only")
  }

  @Test func stampPrintsTheTimestampAlone() throws {
    let binance = try tool("stamp", "binance")
    let milliseconds = try #require(Int64(binance.output.dropLast()))
    let truth = simulator.clock(of: "binance").nanoseconds / 1_000_000
    // Never ahead of the exchange; the process has ended since, so only that side is certain.
    #expect(binance.code == 0 && milliseconds <= truth && milliseconds > truth - 600_000)
    let okx = try run(
      "/bin/sh",
      [
        "-c", "\"$0\" stamp okx --socket \"$1\" 2>/dev/null",
        product("exchange-clock"), daemon.socketPath,
      ])
    #expect(okx.code == 0)
    #expect(okx.output.contains(#/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\n$/#))
  }

  @Test func aStampThatIsNotGuaranteedSaysSoOnStandardError() throws {
    let (code, output) = try run(
      "/bin/sh",
      [
        "-c", "\"$0\" stamp okx --socket \"$1\" 2>&1 >/dev/null",
        product("exchange-clock"), daemon.socketPath,
      ])
    #expect(code == 0)
    #expect(
      output
        == "exchange-clock: okx: not guaranteed: the window of okx is not documented: 30.0 s is what"
        + " clients use or report\n")
  }

  @Test func howFarAheadIsAQuestionMarkWhereItIsNotKnown() throws {
    let lines = try tool("exchanges").output.split(separator: "\n")
    func row(_ id: String) -> [Substring] {
      (lines.first { $0.hasPrefix("\(id) ") } ?? "").split(separator: "  ")
    }
    #expect(row("okx").contains { $0.trimmed == "?" })
    #expect(row("binance").contains { $0.trimmed == "1.00 s" } && !row("binance").contains("?"))
    #expect(!row("kraken").contains { $0.trimmed == "?" })
  }

  @Test func everyCommandHasJSON() throws {
    for arguments in [
      ["status"], ["now", "okx"], ["stamp", "okx"], ["offset", "okx"], ["resync", "okx"],
      ["resync"], ["exchanges"], ["wait", "okx"],
      ["check-config", daemon.directory.path("exchange-clock.toml")],
    ] {
      let (code, output) = try run(
        product("exchange-clock"), arguments + ["--json", "--socket", daemon.socketPath])
      #expect(code == 0, "\(arguments): \(output)")
      #expect(output.hasSuffix("\n") && output.dropLast().allSatisfy { $0 != "\n" })
      #expect((try? JSONValue(parsing: output)) != nil, "\(arguments): \(output)")
    }
  }

  @Test func theOtherCommandsSayWhatTheyShould() throws {
    #expect(try tool("now", "binance").output.contains("from this host's clock, synchronized)"))
    let offset = try tool("offset", "binance").output
    #expect(offset.contains("(the exchange is ahead of this host's clock)"))
    #expect(offset.contains("round trip  shortest "))
    #expect(try tool("resync", "okx").output.contains("okx       synchronized"))
    #expect(try tool("wait").output == "synchronized\n")
    let words = try tool("exchanges").output.split(separator: "\n").map {
      $0.split(separator: " ")
    }
    #expect(words.contains { $0.prefix(3) == ["kraken", "Kraken", "no"] })
    #expect(words.contains { $0.prefix(3) == ["binance", "Binance", "yes"] })
    #expect(try tool("--version").output == "exchange-clock 0.1.0\n")
    #expect(try tool("--help").output.hasPrefix("usage: exchange-clock COMMAND"))
  }

  struct Refusal: Sendable {
    var arguments: [String]
    var code: CInt
    var message: String
  }

  static let refusals = [
    Refusal(arguments: [], code: 64, message: "a command is missing"),
    Refusal(arguments: ["statis"], code: 64, message: "did you mean status?"),
    Refusal(arguments: ["stamp"], code: 64, message: "stamp needs the name of an exchange"),
    Refusal(
      arguments: ["stamp", "okx", "binance"], code: 64,
      message: "stamp takes one exchange: \"binance\" is too much"),
    Refusal(
      arguments: ["report", "okx", "1", "2"], code: 64,
      message: "report takes an exchange and a code: \"2\" is too much"),
    Refusal(
      arguments: ["status", "okx"], code: 64, message: "status takes no names: \"okx\" is too much"),
    Refusal(
      arguments: ["check-config", "a", "b"], code: 64,
      message: "check-config takes one file: \"b\" is too much"),
    // What follows "--" is no option.
    Refusal(
      arguments: ["stamp", "okx", "--", "--json"], code: 64,
      message: "stamp takes one exchange: \"--json\" is too much"),
    Refusal(
      arguments: ["stamp", "--", "--json"], code: 1, message: "unknown exchange \"--json\""),
    Refusal(arguments: ["--", "--json"], code: 64, message: "unknown command \"--json\""),
    Refusal(arguments: ["--"], code: 64, message: "a command is missing"),
    Refusal(arguments: ["status", "--jsn"], code: 64, message: "takes no option \"--jsn\""),
    Refusal(arguments: ["wait", "--timeout", "soon"], code: 64, message: "is not a duration"),
    Refusal(arguments: ["now", "okx", "--max-error-ms", "x"], code: 64, message: "whole number"),
    Refusal(arguments: ["stamp", "nowhere"], code: 1, message: "unknown exchange \"nowhere\""),
    Refusal(
      arguments: ["stamp", "kraken"], code: 1, message: "add [exchanges.kraken] to the config"),
    Refusal(
      arguments: ["now", "okx", "--max-error-ms", "0"], code: 1, message: "above the max_error_ms"),
    Refusal(
      arguments: ["stamp", "binance", "--lifetime-ms", "900"], code: 1,
      message: "lifetime_ms: the timestamp of binance is no expiry; use recv_window_ms"),
    Refusal(
      arguments: ["stamp", "binance", "--lifetime-ms", "1m"], code: 64,
      message: "--lifetime-ms: \"1m\" is not a whole number of milliseconds"),
    Refusal(
      arguments: ["stamp", "okx", "--recv-window-ms", "9"], code: 1,
      message: "okx has no window that a request can set"),
    Refusal(arguments: ["wait", "nowhere"], code: 2, message: "will never be synchronized"),
    Refusal(arguments: ["check-config", "/nonexistent"], code: 78, message: "No such file"),
  ]

  @Test func eachRefusalHasItsExitCodeAndOneClearLine() throws {
    for refusal in Self.refusals {
      let (code, output) = try run(
        product("exchange-clock"), refusal.arguments,
        environment: ["EXCHANGE_CLOCK_SOCKET=\(daemon.socketPath)"])
      #expect(code == refusal.code, "\(refusal.arguments): \(output)")
      #expect(output.contains(refusal.message), "\(refusal.arguments): \(output)")
      #expect(output.count { $0 == "\n" } == 1, "\(refusal.arguments): \(output)")
    }
  }

  @Test func withoutADaemonItSaysSo() throws {
    let directory = TemporaryDirectory()
    let nowhere = directory.path("nothing.sock")
    let status = try run(product("exchange-clock"), ["status", "--socket", nowhere])
    #expect(status.code == 69)
    #expect(status.output.contains("no daemon: connect to \(nowhere)"))
    let wait = try run(
      product("exchange-clock"), ["wait", "--timeout", "200ms", "--socket", nowhere])
    #expect(wait.code == 1)
    #expect(wait.output.hasPrefix("timed out: no daemon answers at"))
  }

  @Test func waitIsPatientWithADaemonThatComesLater() throws {
    let directory = TemporaryDirectory()
    let waiting = try ChildProcess(
      product("exchange-clock"),
      ["wait", "--timeout", "60s", "--socket", directory.path("daemon.sock")],
      output: directory.path("wait.log"))
    let late = try DaemonProcess(daemon.directory.read("exchange-clock.toml"), in: directory)
    #expect(waiting.exitCode() == 0)
    #expect(directory.read("wait.log") == "synchronized\n")
    _ = late
  }

  @Test func checkConfigListsEveryProblem() throws {
    let directory = TemporaryDirectory()
    directory.write("bad.toml", "samples = 0\n[exchanges.okx]\ninterval = \"1 hour\"\n")
    let (code, output) = try tool("check-config", directory.path("bad.toml"))
    #expect(code == 78)
    #expect(output.contains("bad.toml:1:11: ") && output.contains("bad.toml:3:12: "))
  }

  @Test func whatCannotBePrintedIsAnError() throws {
    for redirection in [">/dev/full", ">&-"] {
      let (code, output) = try run(
        "/bin/sh",
        [
          "-c", "\"$0\" stamp okx --socket \"$1\" \(redirection)",
          product("exchange-clock"), daemon.socketPath,
        ])
      #expect(code == 74)
      #expect(output.contains("write to standard output"))
    }
  }

  @Test func aDaemonThatIsStoppedIsNotWaitedForLongerThanAsked() throws {
    daemon.process.signal(SIGSTOP)
    let (code, output) = try tool("wait", "--timeout", "1")
    daemon.process.signal(SIGCONT)
    #expect(code == 1)
    #expect(output.hasPrefix("timed out: the daemon has not answered for "), "\(output)")
  }
}

extension Substring {
  fileprivate var trimmed: Substring { drop { $0 == " " } }
}
