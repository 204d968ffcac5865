import ClockCore
import DaemonSettings
import ExchangeCatalog
import LinuxSystem
import Testing

@testable import ClockDaemon

/// A state as a daemon would have saved it, made by hand: `binance` and `okx` with estimates,
/// `bybit` banned, `kraken` with a nonce.
struct TestState {
  static let host = HostIdentity(
    machine: "3d1219c7c4c5404aaa1f6d2a48adfda4", boot: "b684891421954b208860aa15af7a245a",
    timeNamespace: "monotonic 0 0 boottime 0 0")

  let settings: DaemonSettings
  let saved: SavedState

  /// A minute later, on the same host.
  var here: SavedState.Origin

  var text: [UInt8] { StateDocument.text(of: saved) }

  /// The second line, without its newline.
  var body: String {
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    return String(lines.last ?? "")
  }

  /// - Parameter bounds: of okx, of each kind.
  init(bounds: Int = 4) throws {
    let written = MonotonicInstant(nanoseconds: 5_000_123_456_789)
    var settings = DaemonSettings()
    settings.exchanges = try ["binance", "bybit", "kraken", "okx"].map {
      ExchangeSettings(try #require(ExchangeCatalog.definition(of: $0)), like: settings)
    }
    let memories = [
      TrackerMemory(
        estimate: try Self.estimate(written - .seconds(1), count: 3),
        rejections: Self.rejections(1, 20, 300),
        probes: [written - .seconds(2), written - .seconds(1)]),
      TrackerMemory(
        block: .init(until: written + .seconds(600), reason: "HTTP 418 I'm a teapot", failures: 2)),
      nil,
      TrackerMemory(
        estimate: try Self.estimate(written - .seconds(7), count: bounds),
        block: .init(until: written + .seconds(120), reason: "HTTP 429", failures: 1)),
    ]
    let nonces = [nil, nil, ExchangeInstant(nanoseconds: 1_790_000_000_123_000_000), nil]
    self.settings = settings
    saved = SavedState(
      origin: SavedState.Origin(
        host: Self.host, written: written, suspended: .exactly(.seconds(100)), suspends: 5,
        disruptionMarker: .max,
        hardwareClockSeconds: 1_790_000_000),
      entries: zip(settings.exchanges, zip(memories, nonces)).map {
        SavedState.Entry($0, memory: $1.0, nonceCeiling: $1.1)
      })
    here = saved.origin
    here.written = written + .seconds(60)
    here.hardwareClockSeconds = 1_790_000_060
  }

  private static func rejections(_ first: Int, _ second: Int, _ third: Int) -> Rejections {
    var rejections = Rejections()
    rejections.contradicting = first
    rejections.stale = second
    rejections.unusable = third
    return rejections
  }

  /// - Parameter count: of bounds of each kind.
  static func estimate(_ instant: MonotonicInstant, count: Int) throws -> TrackerMemory.Estimate {
    let theta = AnchoredOffset(nanoseconds: 1_789_994_999_876_543_211)
    let bounds = { (sign: Int64) in
      (0..<count).map {
        OffsetWindow.Bound(
          instant: instant - .seconds(60 * (count - $0)),
          offset: theta + .nanoseconds(sign * Int64($0 * 1_000 + 7_654_321)),
          burst: instant - .seconds(60 * (count - $0) - 1))
      }
    }
    return TrackerMemory.Estimate(
      clock: IntervalClock(
        asOf: instant,
        interval: try #require(
          OffsetInterval(lower: theta - .nanoseconds(8_765_433), upper: theta + .milliseconds(7))),
        rates: RateInterval(lowerPPM: -17.123456789012345, upperPPM: 1.0 / 3)),
      widening: Spread(below: .nanoseconds(1_234_567), above: .zero), lowerBounds: bounds(-1),
      upperBounds: bounds(1), wanderPPM: 12,
      fleet: FleetSpread(
        seen: [.init(asOf: instant - .seconds(4_000), diameter: .milliseconds(9), answers: 2)]),
      lastSync: instant,
      shortestRoundTrip: .nanoseconds(15_123_456), lastRoundTrip: .nanoseconds(21_000_001),
      samples: 8, rejected: 1)
  }

  /// What a start makes of a file that holds this.
  func restored(from text: [UInt8]) -> RestoredState {
    RestoredState.read(text, of: "/state.json", for: settings, here: here)
  }

  /// What a start makes of a second line under a checksum that matches.
  func restored(fromBody body: String) -> RestoredState {
    restored(from: StateDocument.signed(Array((body + "\n").utf8)))
  }
}

extension ClockLead {
  static func exactly(_ lead: Duration) -> ClockLead { ClockLead(lower: lead, upper: lead) }
}

extension RestoredState {
  var warnings: [String] { lines.filter { $0.priority == .warning }.map(\.message) }

  var isEmpty: Bool { memories.isEmpty && nonces.isEmpty }
}
