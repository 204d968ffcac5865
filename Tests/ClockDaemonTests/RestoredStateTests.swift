import ClockCore
import DaemonSettings
import ExchangeCatalog
import Glibc
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// Which state files are believed, and how much of them.
@Suite struct RestoredStateTests {
  private var state: TestState

  init() throws {
    state = try TestState()
  }

  struct Elsewhere: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var reason: String
    var leaves: StateRefusal.Remainder?
    var change: @Sendable (inout SavedState.Origin) -> Void
  }

  static let elsewhere = [
    Elsewhere(testDescription: "the same host", reason: "", leaves: nil) { _ in },
    Elsewhere(
      testDescription: "another machine", reason: "it was written on another machine",
      leaves: .nothing
    ) { $0.host.machine = "00000000000000000000000000000000" },
    Elsewhere(
      testDescription: "another boot",
      reason: "it was written before the last boot, which set the clock that it counts by anew",
      leaves: .nonces
    ) { $0.host.boot = "11111111111111111111111111111111" },
    Elsewhere(
      testDescription: "no boot id",
      reason: "it cannot be told whether it is of this boot: /proc/sys/kernel/random/boot_id"
        + " could not be read", leaves: .nonces
    ) { $0.host.boot = nil },
    Elsewhere(
      testDescription: "another time namespace",
      reason: "it was written in another time namespace", leaves: .nonces
    ) { $0.host.timeNamespace = "monotonic 1000 0 boottime 1000 0" },
    Elsewhere(
      testDescription: "future-dated", reason: "it claims to be written 1.00 s from now",
      leaves: .nothing
    ) { $0.written = $0.written - .seconds(61) },
    Elsewhere(
      testDescription: "suspended",
      reason: "the host was suspended since it was written", leaves: .noncesAndBlocks
    ) { $0.suspended = .exactly(.seconds(100) + .microseconds(11)) },
    Elsewhere(
      testDescription: "suspended for a time that the kernel does not know",
      reason: "the host was suspended since it was written", leaves: .noncesAndBlocks
    ) { $0.suspends = 6 },
    Elsewhere(
      testDescription: "moved",
      reason: "the virtual machine was moved to another host or restored since it was written",
      leaves: .noncesAndBlocks
    ) { $0.disruptionMarker = 8 },
    Elsewhere(testDescription: "clocks read apart", reason: "", leaves: nil) {
      $0.suspended = .exactly(.seconds(100) + .microseconds(9))
    },
    Elsewhere(
      testDescription: "paused", reason: "the machine was paused for 2.00 s since it was written",
      leaves: .noncesAndBlocks
    ) { $0.hardwareClockSeconds = 1_790_000_062 },
    Elsewhere(testDescription: "a coarse hardware clock", reason: "", leaves: nil) {
      $0.hardwareClockSeconds = 1_790_000_061
    },
    Elsewhere(testDescription: "no hardware clock", reason: "", leaves: nil) {
      $0.hardwareClockSeconds = nil
    },
  ]

  @Test(arguments: elsewhere)
  func whereAndWhenItWasWrittenDecides(_ elsewhere: Elsewhere) throws {
    var state = state
    elsewhere.change(&state.here)
    let restored = state.restored(from: state.text)
    let ids = restored.memories.keys.sorted()
    let estimates = restored.memories.filter { $0.value.estimate != nil }.keys.sorted()
    switch elsewhere.leaves {
    case nil:
      #expect(restored.lines.isEmpty)
      #expect(ids == ["binance", "bybit", "okx"] && estimates == ["binance", "okx"])
    case .noncesAndBlocks?:
      #expect(estimates.isEmpty)
      #expect(restored.memories.filter { $0.value.block != nil }.keys.sorted() == ["bybit", "okx"])
    case .nonces?, .nothing?: #expect(ids.isEmpty)
    }
    #expect(restored.nonces.isEmpty == (elsewhere.leaves == .nothing))
    guard elsewhere.leaves != nil else { return }
    #expect(
      restored.lines == [
        .init(
          priority: .warning,
          message: "the state file /state.json is ignored: \(elsewhere.reason); all exchanges'"
            + " time is measured anew")
      ])
  }

  struct Change: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var keepsEstimate = false
    var keepsBlock = true
    var change: @Sendable (inout ExchangeSettings) -> Void
  }

  static let changes = [
    Change(testDescription: "interval", keepsEstimate: true) { $0.interval = .seconds(60) },
    Change(testDescription: "proxy", keepsEstimate: true) { $0.proxy = "http://127.0.0.1:1" },
    Change(testDescription: "url", keepsBlock: false) {
      $0.definition.url = "http://127.0.0.1:1/time"
    },
    Change(testDescription: "resolution") { $0.definition.resolution = .microseconds(1) },
    Change(testDescription: "finer unit") { $0.definition.finerUnit = .nanoseconds },
    Change(testDescription: "coarse resolution") { $0.definition.coarseResolution = .seconds(1) },
    Change(testDescription: "body") { $0.definition.requestBody = "{}" },
    Change(testDescription: "drift") { $0.maxDriftPPM = 99 },
    Change(testDescription: "unit") { $0.definition.unit = .microseconds },
    Change(testDescription: "place in the answer") { $0.definition.timeSource = .header("Date") },
    Change(testDescription: "header") {
      $0.definition.requestHeaders = [Header(name: "X-Region", value: "eu")]
    },
    Change(testDescription: "stamps") {
      $0.definition.serverStamps = ServerStamps(
        receive: .header("X-In"), transmit: .header("X-Out"), unit: .microseconds)
    },
  ]

  @Test(arguments: changes)
  func anEstimateIsOfTheSettingsThatItWasMadeWith(_ change: Change) throws {
    var settings = state.settings
    change.change(&settings.exchanges[3])
    let restored = RestoredState.read(
      state.text, of: "/state.json", for: settings, here: state.here)
    #expect((restored.memories["okx"]?.estimate != nil) == change.keepsEstimate)
    #expect((restored.memories["okx"]?.block != nil) == change.keepsBlock)
    #expect(restored.memories["binance"]?.estimate != nil, "the others stay")
    let line = RestoredState.Line(
      priority: .info,
      message: "okx: its settings are not those that the state file was written with: its time is"
        + " measured anew")
    #expect(restored.lines == (change.keepsEstimate ? [] : [line]))
  }

  @Test func anExchangeThatIsNoLongerFollowedIsPassedOver() throws {
    var settings = state.settings
    settings.exchanges.removeAll { $0.id == "binance" }
    let restored = RestoredState.read(
      state.text, of: "/state.json", for: settings, here: state.here)
    #expect(restored.memories.keys.sorted() == ["bybit", "okx"])
    #expect(restored.lines.isEmpty)
  }

  @Test func theNonceOfAnExchangeThatIsNoLongerFollowedIsKept() throws {
    var settings = state.settings
    settings.exchanges.removeAll { $0.id == "kraken" }
    let restored = RestoredState.read(
      state.text, of: "/state.json", for: settings, here: state.here)
    #expect(restored.nonces.isEmpty)
    #expect(restored.strangers == [state.saved.entries[2]])
  }

  @Test func oneLineSaysWhatIsRestored() throws {
    let restored = state.restored(from: state.text)
    let exchanges = zip(state.settings.exchanges, state.settings.trackers)
    let trackers = try exchanges.map { exchange, settings in
      let tracker =
        try restored.memories[exchange.id].map {
          try #require(
            ExchangeTracker(settings: settings, seed: 1, now: state.here.written, restoring: $0))
        } ?? ExchangeTracker(settings: settings, seed: 1, now: state.here.written)
      return (exchange.id, tracker.status)
    }
    #expect(
      RestoredState.announcement(trackers, from: "/state.json", at: state.here.written)
        == "restored from /state.json: binance ±9.03 ms, okx ±9.08 ms, bybit wants no probes for"
        + " 9 min (HTTP 418 I'm a teapot), okx wants no probes for 60.0 s (HTTP 429)")
    let nothing = RestoredState.announcement(
      [("okx", ExchangeStatus(settings: .init(), nextSync: state.here.written))],
      from: "/state.json", at: state.here.written)
    #expect(nothing == nil)
  }

  @Test func aStartTakesOverWhatTheFileHolds() throws {
    let scratch = Scratch()
    let clocks = HostClocks.read()
    let ahead = ExchangeInstant(nanoseconds: clocks.local.nanoseconds + 3_600_000_000_000)
    var saved = state.saved
    saved.origin = .here(
      host: .current(bootFromManager: nil), at: clocks.raw, watch: HostWatch(at: clocks))
    saved.entries[0].memory?.estimate = try TestState.estimate(clocks.raw - .seconds(1), count: 1)
    // Of more than an hour ago: this host may not have been running then.
    saved.entries[0].memory?.estimate?.fleet = FleetSpread(seen: [])
    // Kept where a host stands few, which this one is not.
    saved.entries[0].memory?.probes = []
    saved.entries[1].memory?.block?.until = clocks.raw + .seconds(600)
    saved.entries[2].nonceCeiling = ahead
    saved.entries[3].memory = nil
    try GuardedFile.replace(scratch.path, with: StateDocument.text(of: saved))

    let beginning = DaemonBeginning(
      settings: state.settings, statePath: scratch.path, bootFromManager: nil)
    let entries = beginning.board.read().entries
    #expect(
      entries.map { $0.status.state(at: clocks.raw) }
        == [.holdover, .unknown, .unknown, .unknown])
    #expect(entries.map(\.status) == beginning.trackers.map(\.status))
    #expect(entries[1].status.blockedUntil == clocks.raw + .seconds(600))
    #expect(entries.map(\.nonces.last) == [nil, nil, ahead, nil])
    // It is written again before any resync has ended.
    beginning.keeper?.saveLast()
    let again = try StateDocument.parse(FileContents.read(scratch.path))
    #expect(again.entries == saved.entries)
  }
}
