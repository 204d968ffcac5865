import ClockProtocol
import ExchangeSimulator
import Glibc
import JSONDocument
import Testing

/// What people look at while it goes on: `watch`, `probe` and progress.
@Suite struct WatchTests {
  let simulator: ExchangeSimulator
  let daemon: DaemonProcess

  init() throws {
    var ahead = Conditions()
    ahead.offset = .seconds(3)
    simulator = try ExchangeSimulator([.init("binance", ahead), .init("okx")])
    daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
  }

  private func start(
    _ arguments: [String], output: String, environment: [String] = []
  ) throws -> ChildProcess {
    try ChildProcess(
      product("exchange-clock"), arguments, output: output,
      environment: ["EXCHANGE_CLOCK_SOCKET=\(daemon.socketPath)"] + environment)
  }

  private static let leave = "\u{1B}[?25h\u{1B}[?1049l"

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGSEGV, SIGTRAP])
  func theTerminalIsGivenBackHoweverItEnds(number: CInt) throws {
    let terminal = try PseudoTerminal()
    let watch = try start(["watch"], output: terminal.path, environment: ["TERM=xterm"])
    try daemon.eventually("the table is drawn") { terminal.shows("okx       ") }
    #expect(terminal.drawn.hasPrefix("\u{1B}[?1049h") && !terminal.isAsItWas)
    #expect(terminal.drawn.contains("\u{1B}[32msynchronized"))
    #expect(!terminal.drawn.contains(Self.leave))
    watch.signal(number)
    #expect(watch.exitCode() == nil, "it died of the signal, as a shell wants to know")
    #expect(terminal.shows(Self.leave) && terminal.isAsItWas)
  }

  @Test func aStoppedWatchGivesTheTerminalBackForTheWhile() throws {
    let terminal = try PseudoTerminal()
    let watch = try start(["watch"], output: terminal.path, environment: ["TERM=xterm"])
    try daemon.eventually("the table is drawn") { terminal.shows("okx       ") }
    watch.signal(SIGTSTP)
    try daemon.eventually("the terminal is back") { terminal.shows(Self.leave) }
    #expect(terminal.isAsItWas)
    terminal.forget()
    watch.signal(SIGCONT)
    try daemon.eventually("the table is drawn again") { terminal.shows("okx       ") }
    #expect(!terminal.isAsItWas)
  }

  @Test func noColoursWhereNoneAreWanted() throws {
    let terminal = try PseudoTerminal()
    let watch = try start(
      ["watch"], output: terminal.path, environment: ["TERM=xterm", "NO_COLOR=1"])
    try daemon.eventually("the table is drawn") { terminal.shows("okx       ") }
    #expect(!terminal.drawn.contains("\u{1B}[32m"))
    watch.signal(SIGTERM)
  }

  @Test func aDaemonThatGoesAndComesIsTold() throws {
    let terminal = try PseudoTerminal()
    let watch = try start(["watch"], output: terminal.path, environment: ["TERM=xterm"])
    try daemon.eventually("the table is drawn") { terminal.shows("okx       ") }
    daemon.process.signal(SIGKILL)
    try daemon.eventually("it says that it is gone") {
      terminal.shows("unreachable since ") && terminal.shows("no daemon: ")
    }
    try daemon.eventually("nothing looks live") { terminal.shows("okx\u{1B}[0m       \u{1B}[2m?") }
    #expect(terminal.shows("the daemon is lost: "))
    terminal.forget()
    let next = try DaemonProcess(
      daemon.directory.read("exchange-clock.toml"), in: daemon.directory)
    try next.eventually("the table is up to date") { terminal.shows("ok\u{1B}[0m: 2/2") }
    #expect(terminal.shows("the daemon is back after ") && terminal.shows(", started anew"))
    watch.signal(SIGTERM)
  }

  @Test func whatAReloadAddsAppearsAndWhatItTakesAwayGoes() throws {
    let terminal = try PseudoTerminal()
    let watch = try start(["watch"], output: terminal.path, environment: ["TERM=xterm"])
    try daemon.eventually("the table is drawn") { terminal.shows("okx       ") }
    let before = daemon.directory.read("exchange-clock.toml")
    daemon.directory.write(
      "exchange-clock.toml",
      before + """

        [exchanges.source]
        base_url = "\(simulator.url(of: "binance"))"
        path = "/api/v3/time"
        time = "/serverTime"

        """)
    daemon.process.signal(SIGHUP)
    try daemon.eventually("it is in the table") {
      let picture = terminal.lastPicture()
      return picture.contains("source    ") && picture.contains("ok\u{1B}[0m: 3/3")
    }
    daemon.directory.write("exchange-clock.toml", before)
    daemon.process.signal(SIGHUP)
    try daemon.eventually("it is gone from it") {
      let picture = terminal.lastPicture()
      return !picture.contains("source    ") && picture.contains("ok\u{1B}[0m: 2/2")
    }
    #expect(!terminal.shows("the daemon is lost") && !terminal.shows("unreachable"))
    watch.signal(SIGTERM)
  }

  @Test func aDaemonThatHangsIsSeenToHang() throws {
    let terminal = try PseudoTerminal()
    let watch = try start(["watch"], output: terminal.path, environment: ["TERM=xterm"])
    try daemon.eventually("the table is drawn") { terminal.shows("okx       ") }
    daemon.process.signal(SIGSTOP)
    try daemon.eventually("it says so, and nothing looks live") {
      let picture = terminal.lastPicture()
      return picture.contains("has not answered for 3.00 s") && picture.contains("\u{1B}[2m?")
    }
    daemon.process.signal(SIGCONT)
    try daemon.eventually("it is back") {
      terminal.lastPicture().contains("ok\u{1B}[0m: 2/2") && terminal.shows("is back after ")
    }
    watch.signal(SIGTERM)
  }

  /// All that there is to tell has been told: no write would show that nobody reads.
  @Test func whenPipedItEndsWithItsReader() throws {
    let tool = product("exchange-clock")
    let ended = try run(
      "/bin/sh", ["-c", "\(tool) watch --json --socket \(daemon.socketPath) | head -n 2"])
    #expect(ended.code == 0)
    #expect(ended.output.split(separator: "\n").count == 2)
  }

  /// What asks a daemon that hangs.
  @Test(arguments: ["status", "offset okx", "watch --json", "metrics", "history okx"])
  func aDaemonThatHangsIsToldWithinSeconds(command: String) throws {
    daemon.process.signal(SIGSTOP)
    defer { daemon.process.signal(SIGCONT) }
    let asked = try run(
      product("exchange-clock"),
      command.split(separator: " ").map(String.init) + ["--socket", daemon.socketPath])
    #expect(asked.code == 69)
    #expect(
      asked.output == "exchange-clock: the daemon has not answered for 10.0 s; is it stopped?\n")
  }

  @Test func waitTellsThatTheDaemonHangsAndGoesOnWaiting() throws {
    let terminal = try PseudoTerminal()
    daemon.process.signal(SIGSTOP)
    let wait = try start(["wait"], output: terminal.path, environment: ["TERM=xterm"])
    try daemon.eventually("that it hangs is told") { terminal.shows("has not answered for 3.00 s") }
    daemon.process.signal(SIGCONT)
    #expect(wait.exitCode() == 0)
    #expect(terminal.shows("synchronized"))
  }

  @Test func whenPipedEachChangeIsALine() throws {
    let directory = TemporaryDirectory()
    let text = try start(["watch"], output: directory.path("text"))
    let json = try start(["watch", "--json"], output: directory.path("json"))
    let isThere = { (file: String, words: [String]) in
      directory.read(file).split(separator: "\n").contains { line in
        words.allSatisfy { line.contains($0) }
      }
    }
    try daemon.eventually("all are told at the start") {
      isThere("text", ["okx", "synchronized"]) && isThere("json", [#""exchange":"okx""#])
    }
    simulator.update("okx") { $0.fault = .forbidden }
    _ = try? daemon.call(.resync, ["exchange": "okx"])
    try daemon.eventually("the change is told") {
      isThere("text", ["okx", "holdover", "HTTP 403"]) && isThere("json", ["okx", "HTTP 403"])
    }
    for line in directory.read("json").split(separator: "\n") {
      #expect(OffsetResult(json: try JSONValue(parsing: String(line))) != nil)
    }
    #expect(!directory.read("text").contains("\u{1B}"))
    text.signal(SIGTERM)
    json.signal(SIGTERM)
  }

  /// Each of a command that takes long; what it shows meanwhile.
  @Test(arguments: [
    ("wait --timeout 60s --socket none", " s left"),
    ("resync okx", "resyncing; "),
    ("probe okx --base-url URL", "0 of 8 samples; asking ..."),
  ])
  func progressIsShownOnATerminalAndErasedByCtrlC(command: String, progress: String) throws {
    simulator.update("okx") { $0.fault = .timeout }
    let terminal = try PseudoTerminal()
    let arguments = command.replacing("URL", with: simulator.url(of: "okx"))
    let child = try start(
      arguments.split(separator: " ").map(String.init), output: terminal.path,
      environment: ["TERM=xterm"])
    try daemon.eventually("progress is shown") { terminal.shows(progress) }
    child.signal(SIGINT)
    let code = child.exitCode()
    #expect(child.hasEnded && code == nil, "it died of the signal, as a shell wants to know")
    #expect(terminal.shows(progress) && terminal.drawn.hasSuffix("\r\u{1B}[K"))
    #expect(terminal.isAsItWas)
    // Nobody else has noticed.
    let stamp = try daemon.call(.stamp, ["exchange": "binance"])
    #expect(stamp["guaranteed"] == true, "\(stamp)")
  }

  @Test func probeNeedsNoDaemon() throws {
    let url = simulator.url(of: "binance")
    let probe = try run(
      product("exchange-clock"), ["probe", "binance", "--base-url", url, "--samples", "5"])
    #expect(probe.code == 0, "\(probe.output)")
    let lines = probe.output.split(separator: "\n")
    #expect(lines.count == 8 && lines[0] == "\(url)/api/v3/time tells its time in steps of 1 ms")
    #expect(lines[2...6].allSatisfy { $0.contains("±") && $0.contains("+") })
    #expect(lines[7].contains("ahead of this host's clock") && lines[7].hasSuffix("(5 samples)"))
    let source = try run(
      product("exchange-clock"),
      ["probe", "\(url)/api/v3/time", "--time", "/serverTime", "--unit", "ms", "--json"])
    let json = try JSONValue(parsing: source.output)
    let offset = try #require(OffsetResult(json: json)?.measurement)
    #expect((offset.lowerNanoseconds...offset.upperNanoseconds).contains(3_000_000_000))
    let widths = json["probes"]?.array?.compactMap { $0["error_ns"]?.integer } ?? []
    #expect(widths.count == 8 && widths[7] <= widths[0], "\(widths)")
  }

  @Test func aProbeThatFailsSaysWhy() throws {
    let tool = product("exchange-clock")
    let silent = try run(tool, ["probe", "okx", "--base-url", "http://127.0.0.1:1"])
    #expect(
      silent.code == 1 && silent.output.contains("Couldn't connect")
        && silent.output.contains("okx: no"))
    for (arguments, code, message) in [
      (["probe", "nope"], CInt(64), "unknown exchange \"nope\""),
      (["probe", "okx", "--samples", "0"], 64, "--samples: samples must be from 1 to 64"),
      (["probe", "okx", "--samples", "many"], 64, "--samples: "),
      (["probe", "okx", "--config", "/none"], 64, "--config: read /none"),
      (["probe", "okx", "--config", "/none", "--proxy", "x"], 64, "stands in the file"),
      (["status", "--samples", "3"], 64, "status takes no option \"--samples\""),
    ] {
      let refused = try run(tool, arguments)
      #expect(refused.code == code && refused.output.contains(message), "\(refused.output)")
      #expect(refused.output.count { $0 == "\n" } == 1)
    }
  }
}
