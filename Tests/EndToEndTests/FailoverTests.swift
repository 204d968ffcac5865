import ClockProtocol
import ExchangeSimulator
import JSONDocument
import Testing

/// An exchange that has another base URL.
@Suite struct FailoverTests {
  private func daemon(
    _ first: ExchangeSimulator, _ second: ExchangeSimulator
  ) throws -> DaemonProcess {
    try DaemonProcess(
      """
      [backoff]
      initial = "100ms"
      max = "200ms"
      [exchanges.binance]
      base_url = "\(first.url(of: "binance"))"
      alternatives = ["\(second.url(of: "binance"))"]
      """)
  }

  @Test func theOtherOneIsAskedWhenTheFirstFails() throws {
    let first = try ExchangeSimulator([.init("binance")])
    let second = try ExchangeSimulator([.init("binance")])
    let unused = second.counters(of: "binance")
    let daemon = try daemon(first, second)
    try daemon.waitUntilReady()
    #expect(second.counters(of: "binance") == unused)
    first.update("binance") { $0.fault = .unavailable }
    #expect(try daemon.call(.resync, ["exchange": "binance"])["state"] == "holdover")
    try daemon.wait("binance", until: "synchronized")
    #expect(second.counters(of: "binance") != unused)
    let line = "binance: asking \(second.url(of: "binance")) from now on: HTTP 503"
    #expect(daemon.log.contains(line), "\(daemon.log)")
    let shown = try daemon.call(.exchanges).array?.first { $0["id"] == "binance" }
    #expect(shown?["endpoint"]?.string == second.url(of: "binance") + "/api/v3/time")
  }

  /// A ban is obeyed, not dodged.
  @Test(arguments: [Fault.rateLimited, .banned, .forbidden])
  func aRefusalIsNotDodged(_ fault: Fault) throws {
    let first = try ExchangeSimulator([.init("binance")])
    let second = try ExchangeSimulator([.init("binance")])
    let unused = second.counters(of: "binance")
    let daemon = try daemon(first, second)
    try daemon.waitUntilReady()
    first.update("binance") {
      $0.fault = fault
      $0.retryAfterSeconds = 1
    }
    #expect(try daemon.call(.resync, ["exchange": "binance"])["state"] == "holdover")
    let asked = first.counters(of: "binance")
    if fault == .rateLimited {
      try daemon.eventually("the first is asked again after its Retry-After") {
        first.counters(of: "binance") != asked
      }
    }
    #expect(second.counters(of: "binance") == unused)
    #expect(!daemon.log.contains("from now on"))
  }
}
