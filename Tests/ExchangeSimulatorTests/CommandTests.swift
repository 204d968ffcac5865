import JSONDocument
import Testing

@testable import ExchangeSimulator

@Suite struct CommandTests {
  @Test func runsAllByDefault() throws {
    let command = try RunCommand([])
    #expect(command.exchanges.map(\.id) == ExchangeBehaviors.ids)
    #expect(command.exchanges.allSatisfy { $0.conditions == Conditions() && $0.port == 0 })
    #expect(!command.isJSON)
  }

  /// The page of the repository has what the command prints.
  @Test func thePageHasTheRules() throws {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/")
    let page = try TextFile.read(root + "/docs/simulator.md")
    #expect(page.contains("$ exchange-clock-sim exchanges\n\(ExchangeTable.rules)```\n"))
  }

  @Test func readsOptions() throws {
    let command = try RunCommand([
      "--exchange", "okx:offset_ms=-250,port=8080,fault=redirect,redirect_url=http://a/?b=c",
      "--exchange", "kraken", "--json", "--port-file", "p", "--control-port", "9", "--seed", "4",
      "--tls-cert", "c", "--tls-key", "k",
    ])
    #expect(command.exchanges.map(\.id) == ["okx", "kraken"])
    #expect(command.exchanges[0].port == 8080)
    #expect(command.exchanges[0].conditions.offset == .milliseconds(-250))
    #expect(command.exchanges[0].conditions.redirectURL == "http://a/?b=c")
    #expect(command.isJSON)
    #expect(command.portFile == "p")
    #expect(command.controlPort == 9)
    #expect(command.seed == 4)
    #expect(command.certificatePath == "c")
    #expect(command.keyPath == "k")
  }

  @Test(arguments: [
    (
      ["--exchange", "ftx"],
      "unknown exchange 'ftx'; known: ascendex, backpack, binance, binance-testnet, "
    ),
    (["--exchange", "okx:offset"], "okx: 'offset' is not key=value; known keys: offset_ms,"),
    (["--exchange", "okx:offset=1"], "okx: unknown condition 'offset'; known: offset_ms,"),
    (["--exchange", "okx", "--exchange", "okx"], "exchange 'okx' is given twice"),
    (["--exchange", "okx:port=70000"], "port wants a port from 0 to 65535, not '70000'"),
    (["--exchange"], "--exchange wants a value"),
    (["--verbose"], "unknown option '--verbose'; known: --exchange, --json,"),
    (["--control-port", "x"], "--control-port wants a port from 0 to 65535, not 'x'"),
    (["--seed", "-1"], "--seed wants a whole number from 0 on, not '-1'"),
    (["--tls-key", "k"], "--tls-cert and --tls-key go together"),
  ])
  func refuses(_ arguments: [String], _ message: String) {
    do {
      _ = try RunCommand(arguments)
      Issue.record("accepted")
    } catch {
      #expect(error.description.hasPrefix(message), "\(error)")
    }
  }

  @Test(arguments: [
    [], ["start"], ["run", "--what"], ["set", "--control", "http://127.0.0.1:1"],
    ["set", "--control", "ftp://x", "okx", "offset_ms=1"], ["status", "--control"],
    ["status", "--control", "http://127.0.0.1:1", "okx"],
    ["set", "--control", "http://127.0.0.1:1", "okx", "offset_ms"],
  ])
  func badUsageIs64(_ arguments: [String]) {
    #expect(SimulatorCommand.run(["exchange-clock-sim"] + arguments) == 64)
  }

  @Test func setAndStatusReachARunningSimulator() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    let control = ["--control", simulator.controlURL + "/"]
    func run(_ arguments: [String]) -> Int32 {
      SimulatorCommand.run(["exchange-clock-sim"] + arguments)
    }
    #expect(run(["set"] + control + ["okx", "offset_ms=-5", "fault=banned"]) == 0)
    #expect(simulator.conditions(of: "okx").offset == .milliseconds(-5))
    #expect(simulator.conditions(of: "okx").fault == .banned)
    #expect(run(["set"] + control + ["okx", "fault=fire"]) == 64)
    #expect(run(["set"] + control + ["ftx", "fault=none"]) == 64)
    #expect(run(["status"] + control) == 0)
    #expect(run(["status", "--json"] + control) == 0)
    simulator.stop()
    #expect(run(["status"] + control) == 1)
  }

  @Test func tableShowsWhatIsSpecial() {
    var skewed = Conditions()
    skewed.offset = .milliseconds(-250)
    skewed.fault = .slowBody
    let listing: JSONValue = [
      ["id": "okx", "url": "http://127.0.0.1:1", "conditions": skewed.json],
      ["id": "kraken", "url": "http://127.0.0.1:20000", "conditions": Conditions().json],
    ]
    #expect(
      ExchangeTable.text(listing, withCounters: false) == """
        EXCHANGE  URL                     CONDITIONS
        okx       http://127.0.0.1:1      offset_ms=-250,fault=slow_body
        kraken    http://127.0.0.1:20000  perfect clock

        """)
  }
}
