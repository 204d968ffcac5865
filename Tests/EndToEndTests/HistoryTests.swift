import ClockProtocol
import ExchangeSimulator
import Glibc
import JSONDocument
import Testing

/// `history` with the real daemon: what is written down, and what is left after a kill.
@Suite struct HistoryTests {
  private let directory = TemporaryDirectory()

  private func start(_ simulator: ExchangeSimulator) throws -> DaemonProcess {
    try DaemonProcess(
      following: simulator, in: directory, perExchange: "interval = \"1s\"",
      arguments: ["--state", directory.path("state.json")])
  }

  private func history(_ daemon: DaemonProcess) throws -> HistoryResult {
    try #require(HistoryResult(json: try daemon.call(.history, ["exchange": "okx"])))
  }

  @Test func itSurvivesAKillAndDamage() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    var daemon = try start(simulator)
    try daemon.eventually("three resyncs are written down") {
      try history(daemon).measurements.count >= 3
    }
    let before = try history(daemon)
    #expect(before.events.first?.kind == .started)
    #expect(before.events.contains { $0.text == "unknown -> synchronized" })
    for entry in before.measurements {
      #expect((entry.lowerNanoseconds...entry.upperNanoseconds).contains(0), "it has no offset")
      #expect(entry.rejected + entry.samples > 0 && entry.shortestRoundTripNanoseconds > 0)
    }
    daemon.process.signal(SIGKILL)
    _ = daemon.process.exitCode()
    daemon = try start(simulator)
    let after = try history(daemon)
    #expect(after.measurements.starts(with: before.measurements))
    try daemon.eventually("the second start is written down") {
      try history(daemon).events.count { $0.kind == .started } == 2
    }

    daemon.process.signal(SIGKILL)
    _ = daemon.process.exitCode()
    directory.write("history/okx.ring", "no history at all")
    chmod(directory.path("history/okx.ring"), 0o600)
    daemon = try start(simulator)
    try daemon.eventually("it is begun anew") { try history(daemon).measurements.count >= 1 }
    #expect(daemon.log.contains("okx.ring is damaged, and begun anew"))
  }

  @Test func aStateThatChangesIsWrittenDownWithItsReason() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    let daemon = try start(simulator)
    try daemon.waitUntilReady()
    simulator.update("okx") { $0.fault = .forbidden }
    _ = try? daemon.call(.resync, ["exchange": "okx"])
    try daemon.eventually("the refusal is written down") {
      let kinds = try history(daemon).events.map(\.kind)
      return kinds.contains(.stopSignal) && kinds.last == .state
    }
    #expect(try history(daemon).events.last?.text.contains("-> holdover: HTTP 403") == true)
  }

  @Test func theCommandShowsAndDrawsIt() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    let daemon = try start(simulator)
    try daemon.eventually("two resyncs are written down") {
      try history(daemon).measurements.count >= 2
    }
    let tool = { (arguments: [String]) in
      try run(
        product("exchange-clock"),
        ["history", "okx", "--socket", daemon.socketPath] + arguments)
    }
    let table = try tool([])
    #expect(table.code == 0 && table.output.hasPrefix("TIME (UTC)"))
    #expect(table.output.contains("started: exchange-clockd"))
    #expect(try tool(["--csv"]).output.hasPrefix("time,time_us,offset_ns,"))
    #expect(HistoryResult(json: try JSONValue(parsing: try tool(["--json"]).output)) != nil)
    let picture = directory.path("okx.svg")
    #expect(try tool(["--plot", picture]).code == 0)
    #expect(directory.read("okx.svg").contains("class=\"resync\""))
    #expect(try tool(["--since", "0"]).output.split(separator: "\n").count == 1)
    let refused = try tool(["--since", "soon"])
    #expect(refused.code == 64 && refused.output.contains("is not a duration"))
  }
}
