import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import JSONDocument
import Testing

/// What an exchange may do to a daemon that has a good estimate of it.
@Suite struct FaultTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var fault: Fault
    var reason: String
    var testDescription: String { fault.rawValue }
  }

  static let cases = [
    Case(fault: .timeout, reason: "no answer within 500 ms"),
    Case(fault: .reset, reason: "reset"),
    Case(fault: .unavailable, reason: "HTTP 503"),
    Case(fault: .redirect, reason: "HTTP 302 redirect, which is not followed"),
    Case(fault: .garbage, reason: "unusable answer"),
    Case(fault: .huge, reason: "larger than 64 KiB"),
    Case(fault: .truncated, reason: "transfer closed"),
    Case(fault: .seconds, reason: "looks like seconds"),
  ]

  @Test(arguments: cases)
  func aFailureKeepsTheEstimateAndPassesByItself(_ test: Case) throws {
    let simulator = try ExchangeSimulator([.init("binance"), .init("okx")])
    let daemon = try DaemonProcess(
      following: simulator,
      settings: "timeout = \"500ms\"\n[backoff]\ninitial = \"100ms\"\nmax = \"200ms\"\n")
    try daemon.waitUntilReady()
    let before = try #require(try daemon.offset("binance").measurement)
    simulator.update("binance") { $0.fault = test.fault }
    let during = try #require(
      OffsetResult(json: try daemon.call(.resync, ["exchange": "binance"])))
    #expect(during.state == "holdover")
    #expect(during.reason.contains(test.reason), "\(during.reason)")
    #expect(during.failures >= 1)
    let known = try #require(during.measurement)
    #expect(known.lowerNanoseconds < before.upperNanoseconds)
    #expect(known.upperNanoseconds > before.lowerNanoseconds)
    #expect(known.errorNanoseconds >= before.errorNanoseconds)
    // Its stamps go on, and its neighbour does not notice.
    #expect(try daemon.call(.stamp, ["exchange": "binance"])["guaranteed"] == true)
    #expect(try daemon.offset("okx").state == "synchronized")
    simulator.update("binance") { $0.fault = .none }
    try daemon.wait("binance", until: "synchronized")
    #expect(try daemon.offset("binance").failures == 0)
  }

  struct Stop: CustomTestStringConvertible, Sendable {
    var fault: Fault
    var leastWaitMilliseconds: Int64
    var testDescription: String { fault.rawValue }
  }

  @Test(arguments: [
    Stop(fault: .rateLimited, leastWaitMilliseconds: 110_000),
    Stop(fault: .banned, leastWaitMilliseconds: 590_000),
    Stop(fault: .forbidden, leastWaitMilliseconds: 590_000),
  ])
  func anExchangeThatWantsUsToStayAwayIsLeftAlone(_ stop: Stop) throws {
    let simulator = try ExchangeSimulator([.init("bybit")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    simulator.update("bybit") {
      $0.fault = stop.fault
      $0.retryAfterSeconds = 120
    }
    #expect(
      try daemon.call(.resync, ["exchange": "bybit"])["state"] == "holdover")
    let requests = simulator.counters(of: "bybit")
    for _ in 0..<10 {
      let refusal = try #require(try daemon.refusal(of: .resync, ["exchange": "bybit"]))
      #expect(refusal.code == .refused)
      #expect(refusal.exchange == "bybit")
      #expect(refusal.state == "holdover")
      #expect(try #require(refusal.retryAfterMilliseconds) >= stop.leastWaitMilliseconds)
    }
    #expect(simulator.counters(of: "bybit") == requests)
    #expect(try daemon.call(.stamp, ["exchange": "bybit"])["state"] == "holdover")
  }

  @Test func noTimeIsMadeUpBeforeTheFirstGoodSample() throws {
    var broken = Conditions()
    broken.fault = .garbage
    let simulator = try ExchangeSimulator([.init("kucoin", broken)])
    let daemon = try DaemonProcess(
      following: simulator, settings: "[backoff]\ninitial = \"100ms\"\nmax = \"200ms\"\n")
    try daemon.eventually("the first resync failed") {
      try daemon.offset("kucoin").failures > 0
    }
    for method in [ClockProtocol.Method.stamp, .now] {
      let refusal = try #require(try daemon.refusal(of: method, ["exchange": "kucoin"]))
      #expect(refusal.code == .notSynchronized)
      #expect(refusal.state == "unknown")
      #expect(refusal.reason?.contains("unusable answer") == true)
      #expect(refusal.retryAfterMilliseconds != nil)
    }
    #expect(try daemon.call(.health)["status"] == "failing")
    simulator.update("kucoin") { $0.fault = .none }
    try daemon.wait("kucoin", until: "synchronized")
    #expect(try daemon.call(.health)["status"] == "ok")
  }

  @Test func oneBurstUsesOneConnection() throws {
    let simulator = try ExchangeSimulator([.init("bitget")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    let counters = simulator.counters(of: "bitget")
    #expect(counters.timeRequests == 8)
    #expect(counters.connections == 1)
  }
}
