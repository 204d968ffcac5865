import ClockCore
import ClockProtocol
import ExchangeSimulator
import JSONDocument
import LinuxSystem
import Testing

/// Refused expiries reported to the real daemon: those of BitMEX and Phemex, in their words.
@Suite struct ExpiryReportTests {
  private static let ids = ["bitmex", "phemex"]

  private func report(
    _ daemon: DaemonProcess, _ id: String, _ refusal: HTTPAnswer, _ timestamp: String,
    lifetime: Int? = nil
  ) throws -> ReportResult {
    var params: [JSONValue.Member] = [
      .init("exchange", .string(id)), .init("http_status", .integer(Int64(refusal.status))),
      .init("message", .string(refusal.text)), .init("timestamp", .string(timestamp)),
    ]
    if let lifetime { params.append(.init("recv_window_ms", .integer(Int64(lifetime)))) }
    let json = try daemon.call(.report, .object(params))
    return try #require(ReportResult(json: json), "\(json.text)")
  }

  private func stamp(
    _ daemon: DaemonProcess, _ id: String, lifetime: Int64
  ) throws -> String {
    let stamp = try daemon.call(
      .stamp, ["exchange": .string(id), "lifetime_ms": .integer(lifetime)])
    return stamp["timestamp"]?.text ?? ""
  }

  /// What a bot reckons whose clock is off by that: five seconds from now.
  private func expiry(_ simulator: ExchangeSimulator, _ id: String, off: Duration) -> String {
    String((simulator.clock(of: id) + off + .seconds(5)).nanoseconds / 1_000_000_000)
  }

  @Test func anExpiryThatPassedIsToldFromAWrongClock() throws {
    let simulator = try ExchangeSimulator(Self.ids.map { .init($0) })
    let daemon = try DaemonProcess(
      following: simulator, perExchange: "probes_per_minute = 60")
    try daemon.waitUntilReady()
    for id in Self.ids {
      let order = RefusedOrder(at: id, of: simulator)
      // A clock that is behind by more than the lifetime.
      let behind = expiry(simulator, id, off: .seconds(-60))
      let wrong = try report(daemon, id, try #require(order.send(behind)), behind)
      #expect(wrong.verdict == "clock" && wrong.action == "resign", "\(id): \(wrong)")
      #expect(wrong.explanation.contains("no recent stamp of this daemon"), "\(wrong.explanation)")
      #expect(order.send(wrong.stamp?["timestamp"]?.text ?? "") == nil, "\(id): \(wrong)")
      // A stamp of the daemon that was held back until it had expired.
      // The report was answered by the first probe of a burst: that ends first.
      _ = try daemon.call(.resync, ["exchange": .string(id)])
      let before = simulator.counters(of: id).timeRequests
      let late = try stamp(daemon, id, lifetime: 1)
      let end = try #require(Int64(late)) + 1
      try daemon.eventually("the expiry has passed") {
        simulator.clock(of: id).nanoseconds / 1_000_000_000 > end
      }
      let result = try report(daemon, id, try #require(order.send(late)), late, lifetime: 1)
      #expect(result.verdict == "late" && result.action == "resign", "\(id): \(result)")
      #expect(result.explanation.contains("the expiry was one of this daemon's"))
      let probes = simulator.counters(of: id).timeRequests - before
      #expect(!result.isResynced && probes == 0, "\(id): \(probes) probes, \(result)")
      let longer = try stamp(daemon, id, lifetime: 10_000)
      #expect(order.send(longer) == nil)
    }
  }

  @Test func aClockThatSteppedIsToldFromBoth() throws {
    let simulator = try ExchangeSimulator(Self.ids.map { .init($0) })
    let daemon = try DaemonProcess(
      following: simulator, perExchange: "probes_per_minute = 60")
    try daemon.waitUntilReady()
    for id in Self.ids {
      simulator.update(id) { $0.offset += .seconds(90) }
      let order = RefusedOrder(at: id, of: simulator)
      let stamp = try stamp(daemon, id, lifetime: 5_000)
      let refusal = try #require(order.send(stamp))
      let result = try report(daemon, id, refusal, stamp)
      // BitMEX has told its clock; of Phemex, what is refused as past is still ahead.
      #expect(result.verdict == "clock" && result.isResynced, "\(id): \(result)")
      #expect(result.explanation.contains("is not where it was before"), "\(result.explanation)")
      #expect(order.send(result.stamp?["timestamp"]?.text ?? "") == nil, "\(id): \(result)")
    }
  }
}
