import ClockCore
import ClockProtocol
import DaemonSettings
import ExchangeCatalog
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// What the catalogue says of an exchange reaches its stamps and its probes.
@Suite struct ExchangeRuleTests {
  private func stamp(_ id: String, at clocks: HostClocks = .read()) throws -> JSONValue {
    try TestBoard.entry(id, TestBoard.status(at: clocks))
      .stamp(at: clocks, host: HostWatch(at: clocks), window: nil).result.json
  }

  /// OKX's 30 s are documented for its WebSocket only.
  @Test func aWindowThatIsNotDocumentedGuaranteesNothing() throws {
    #expect(try stamp("bitget")["guaranteed"] == true)
    let okx = try stamp("okx")
    #expect(okx["guaranteed"] == false)
    #expect(okx["recv_window_ms"] == 30_000)
    #expect(try #require(okx["margin_ms"]?.integer) >= 0)
  }

  @Test func anExpiryIsAhead() throws {
    let clocks = HostClocks.read()
    let stamp = try stamp("bitmex", at: clocks)
    // Its clock is at most 260 ms ahead of this host's, and the stamp 5 s ahead of that, rounded up.
    let expected = (clocks.local.nanoseconds + 5_260_000_000 + 999_999_999) / 1_000_000_000
    #expect(stamp["timestamp"] == .integer(expected))
    #expect(stamp["guaranteed"] == true)
    #expect(stamp["carrier"] == "header api-expires")
  }

  @Test func theBudgetOfAHostReachesTheTracker() throws {
    let text = "[exchanges.bitmex]\n[exchanges.mexc]\n[exchanges.mexccontract]\n[exchanges.okx]"
    let settings = try DaemonSettings.read(text, file: "c").get()
    let trackers = settings.exchanges.map(settings.tracker)
    #expect(trackers.map(\.hostShare) == [10, 30, 30, 60])
    #expect(trackers.map(\.isHostShareStrict) == [true, false, false, false])
  }
}
