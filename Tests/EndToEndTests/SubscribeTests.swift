import ClockCore
import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

/// What clients are told unasked, by the real daemon.
@Suite struct SubscribeTests {
  typealias RawClient = SocketTests.RawClient

  private func subscribe(_ daemon: DaemonProcess, _ params: String = "{}") throws -> RawClient {
    let client = try RawClient(daemon.socketPath)
    client.send(Self.request(params))
    #expect(try client.answer()["result"]?["subscription"] == 1)
    return client
  }

  private static func request(_ params: String) -> String {
    #"{"jsonrpc":"2.0","id":1,"method":"subscribe","params":\#(params)}"# + "\n"
  }

  /// Notifications up to the first that is as expected.
  private func notification(
    _ client: RawClient, where isExpected: (OffsetResult) -> Bool
  ) throws -> OffsetNotification {
    while true {
      let line = try client.answer()
      let told = try #require(OffsetNotification(json: line), "\(line.text)")
      if isExpected(told.offset) { return told }
    }
  }

  @Test func aStepAndAFailureOfTheExchangeAreTold() throws {
    let simulator = try ExchangeSimulator([.init("binance"), .init("okx")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    let client = try subscribe(daemon, #"{"exchanges":["binance"]}"#)
    simulator.update("binance") { $0.offset = .seconds(3) }
    _ = try daemon.call(.resync, ["exchange": "binance"])
    let stepped = try notification(client) {
      abs(($0.measurement?.offsetNanoseconds ?? 0) - 3_000_000_000) < 500_000_000
    }
    #expect(stepped.offset.exchange == "binance" && stepped.subscription == 1)
    simulator.update("binance") { $0.fault = .unavailable }
    _ = try? daemon.call(.resync, ["exchange": "binance"])
    let failed = try notification(client) { $0.state == "holdover" }
    #expect(!failed.offset.reason.isEmpty)
  }

  @Test func everySubscriberIsTold() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    let clients = try (0..<300).map { _ in try subscribe(daemon) }
    simulator.update("binance") { $0.offset = .seconds(-3) }
    _ = try daemon.call(.resync, ["exchange": "binance"])
    for client in clients {
      let told = try notification(client) {
        abs(($0.measurement?.offsetNanoseconds ?? 0) + 3_000_000_000) < 500_000_000
      }
      #expect(told.offset.exchange == "binance")
    }
  }

  @Test func aStepOfTheLocalClockIsToldAndCostsNoProbe() throws {
    let time = try MovedClock()
    let simulator = try ExchangeSimulator([.init("binance"), .init("okx")])
    let daemon = try DaemonProcess(following: simulator, environment: time.environment)
    try daemon.waitUntilReady()
    let client = try subscribe(daemon, #"{"exchanges":["okx"],"min_change_us":100000}"#)
    let before = simulator.counters(of: "okx").timeRequests
    for seconds in [5, -3600, 0] as [Int64] {
      time.set(seconds)
      _ = try notification(client) {
        let expected = -seconds * 1_000_000_000
        return abs(($0.measurement?.offsetNanoseconds ?? .max / 2) - expected) < 500_000_000
      }
    }
    #expect(simulator.counters(of: "okx").timeRequests == before)
  }

  /// Past readings of a clock that was set several times since are still converted rightly, or
  /// refused.
  @Test func aPastTimeIsConvertedOverStepsOfTheLocalClock() throws {
    let time = try MovedClock()
    let ahead: Int64 = 2_500_000
    var conditions = Conditions()
    conditions.offset = .microseconds(ahead)
    let simulator = try ExchangeSimulator([.init("binance", conditions)])
    let daemon = try DaemonProcess(following: simulator, environment: time.environment)
    try daemon.waitUntilReady()
    struct Noted {
      var local: Int64
      var exchange: ClosedRange<Int64>
    }
    var noted: [Noted] = []
    func note() throws {
      let real = { HostClocks.read().local.nanoseconds / 1_000 }
      let before = real()
      let now = try #require(NowResult(json: try daemon.call(.now, ["exchange": "binance"])))
      noted.append(
        Noted(local: now.localMicroseconds, exchange: before + ahead...real() + ahead + 1))
    }
    var answers = 0
    var refusals: Set<String> = []
    for offset in [7, -3600, 90, -5] as [Int64] {
      // Some seconds, so that not all of them are near a step.
      let begun = HostClocks.monotonic()
      while HostClocks.monotonic() - begun < .seconds(4) {
        try note()
        Thread.pause(for: .milliseconds(50))
      }
      time.set(offset)
    }
    for each in noted {
      let params: JSONValue = ["exchange": "binance", "local_us": .integer(each.local)]
      if let refusal = try daemon.refusal(of: .convert, params) {
        refusals.insert(refusal.message)
        continue
      }
      let result = try #require(ConvertResult(json: try daemon.call(.convert, params)))
      answers += 1
      #expect(result.localMicroseconds == each.local)
      #expect(result.earliestMicroseconds <= each.exchange.upperBound)
      #expect(result.latestMicroseconds >= each.exchange.lowerBound)
      #expect(result.latestMicroseconds - result.earliestMicroseconds < 100_000)
    }
    print("converted \(answers) of \(noted.count) past times over 4 steps; refused: \(refusals)")
    #expect(answers > noted.count / 3)
    // Between -3600 s and +90 s nothing was shown for an hour.
    let skipped = try #require(noted.last).local - 600_000_000
    let never = try #require(
      try daemon.refusal(of: .convert, ["exchange": "binance", "local_us": .integer(skipped)]))
    #expect(never.code == .notSynchronized)
  }

  /// Six times forty exchanges each second, none of it read. Their first answers fit.
  @Test func aSubscriberThatNeverReadsIsCutOff() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let tables = (0..<40).map { number in
      """
      [exchanges.source\(number)]
      base_url = "\(simulator.url(of: "binance"))"
      path = "/api/v3/time"
      time = "/serverTime"
      """
    }
    let daemon = try DaemonProcess(
      "interval = \"24h\"\nsamples = 1\n" + tables.joined(separator: "\n"))
    _ = try daemon.connect()
    let client = try RawClient(daemon.socketPath)
    client.send(#"{"jsonrpc":"2.0","id":7,"method":"health"}"# + "\n")
    #expect(try client.answer()["id"] == 7)
    let deaf = try RawClient(daemon.socketPath)
    deaf.send(String(repeating: Self.request(#"{"min_change_us":0}"#), count: 6))
    try daemon.eventually("the deaf client is cut off, and who it was is told") {
      daemon.log.contains("client \(getpid()) of user \(getuid()) was cut off: ")
    }
    #expect(daemon.log.contains(" bytes of notifications wait for it"), "\(daemon.log)")
    try daemon.eventually("the deaf client is gone") {
      client.send(#"{"jsonrpc":"2.0","id":8,"method":"health"}"# + "\n")
      return try client.answer()["result"]?["counts"]?["clients"] == 1
    }
  }

  @Test func aSubscriberThatEndsItsSideIsLetGo() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    let client = try RawClient(daemon.socketPath)
    client.send(Self.request("{}"))
    shutdown(client.descriptor.number, CInt(SHUT_WR))
    #expect(try client.answer()["result"]?["subscription"] == 1)
    #expect(client.line() == nil)
  }
}
