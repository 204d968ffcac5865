import ClockCore
import ClockProtocol
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

/// Bots that report what no exchange has said, to the real daemon.
@Suite struct LyingBotTests {
  private func line(_ method: String, _ params: String) -> String {
    #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"# + "\n"
  }

  /// A refusal that says that Bybit's clock is ahead by an hour, of a timestamp made this moment.
  private func lie(_ simulator: ExchangeSimulator, _ round: Int) -> String {
    let now = simulator.clock(of: "bybit").nanoseconds / 1_000_000
    let lead: Int64 = [3_600_000, 0, -3_600_000][round % 3]
    return line(
      "report",
      #"{"exchange":"bybit","code":10002,"message":"req_timestamp[\#(now)],"#
        + #"server_timestamp[\#(now + lead)],recv_window[5000]"}"#)
  }

  /// On one connection or on many, of one user: in half a minute the clock is read once for them.
  @Test func whatOneUserCausesByFalseReportsIsBounded() throws {
    let simulator = try ExchangeSimulator([.init("bybit")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    let before = simulator.counters(of: "bybit").timeRequests
    let offset = try #require(try daemon.offset("bybit").measurement)
    let began = HostClocks.monotonic()
    var clients: [SocketTests.RawClient] = []
    for _ in 0..<20 { clients.append(try SocketTests.RawClient(daemon.socketPath)) }
    var reports = 0
    var refused = 0
    // Longer than a reading answers others, so that each lie would have it read once more.
    while HostClocks.monotonic() - began < ExchangeTracker.freshness * 2 {
      for client in clients {
        client.send(lie(simulator, reports))
        let result = try #require(try client.answer()["result"].flatMap(ReportResult.init(json:)))
        #expect(["clock", "late"].contains(result.verdict) && result.stamp != nil)
        if result.explanation.contains("cannot be read anew now: a report of the same user") {
          refused += 1
        }
        reports += 1
      }
    }
    let elapsed = HostClocks.monotonic() - began
    let probes = simulator.counters(of: "bybit").timeRequests - before
    print("\(reports) false reports in \(elapsed.shortText): \(probes) probes, \(refused) told so")
    // The timestamps of some are stamps that the last answer had.
    let bursts = 2 + Int(elapsed / ExchangeTracker.distrustOfStamps)
    #expect(reports >= 100 && refused > 0)
    #expect((1...16 * bursts).contains(probes), "a burst is of eight to sixteen")
    // Nothing of it is believed, and whoever demands a resync gets one.
    let after = try #require(try daemon.offset("bybit").measurement)
    #expect(abs(after.offsetNanoseconds - offset.offsetNanoseconds) < 1_000_000_000)
    let counted = simulator.counters(of: "bybit").timeRequests
    #expect(try daemon.refusal(of: .resync, ["exchange": "bybit"]) == nil)
    // One that is under way may be joined.
    #expect(simulator.counters(of: "bybit").timeRequests > counted)
  }
}
