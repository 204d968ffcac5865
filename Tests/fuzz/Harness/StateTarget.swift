import ClockCore
import DaemonSettings
import ExchangeCatalog
import LinuxSystem

@testable import ClockDaemon

/// Whatever a state file holds, it is refused, or what it tells can be calculated with.
struct StateTarget: Sendable {
  let settings: DaemonSettings
  let here = SavedState.Origin(
    host: HostIdentity(
      machine: "3d1219c7c4c5404aaa1f6d2a48adfda4", boot: "b684891421954b208860aa15af7a245a",
      timeNamespace: "monotonic 0 0 boottime 0 0"),
    written: MonotonicInstant(nanoseconds: 5_060_123_456_789),
    suspended: ClockLead(lower: .seconds(100), upper: .seconds(100)), suspends: 5,
    disruptionMarker: .max,
    hardwareClockSeconds: 1_790_000_060)

  init() {
    var settings = DaemonSettings()
    settings.exchanges = ["binance", "bybit", "kraken", "okx"].compactMap { id in
      ExchangeCatalog.definition(of: id).map { ExchangeSettings($0, like: settings) }
    }
    self.settings = settings
  }

  func run(_ bytes: [UInt8]) {
    for text in [bytes, StateDocument.signed(bytes), ours(bytes)] {
      let restored = RestoredState.read(text, of: "state.json", for: settings, here: here)
      for (id, memory) in restored.memories {
        guard let index = settings.exchanges.firstIndex(where: { $0.id == id }),
          var tracker = ExchangeTracker(
            settings: settings.trackers[index], seed: 1, now: here.written, restoring: memory)
        else { violated("what is restored can be gone on with", id) }
        _ = tracker.started(at: here.written)
        for seconds in [0, 1, 3_600, 864_000] {
          let now = here.written + .seconds(seconds)
          if let interval = tracker.status.interval(at: now), interval.error < .zero {
            violated("an error bound is not negative", id)
          }
        }
        _ = tracker.memory
      }
    }
  }

  /// The same, written for these settings, as nothing else of it would be looked at.
  private func ours(_ bytes: [UInt8]) -> [UInt8] {
    guard var state = try? StateDocument.parse(StateDocument.signed(bytes)) else { return [] }
    for index in state.entries.indices {
      guard let exchange = settings.exchanges.first(where: { $0.id == state.entries[index].id })
      else { continue }
      let entry = SavedState.Entry(exchange, memory: nil, nonceCeiling: nil)
      state.entries[index].fingerprint = entry.fingerprint
      state.entries[index].endpoint = entry.endpoint
    }
    return StateDocument.text(of: state)
  }
}
