import ClockCore
import ClockProtocol
import DaemonSettings
import ExchangeCatalog
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// Every exchange of the catalogue, any offset, any interval, any uplink up to the stated one: what
/// is called guaranteed is accepted by a model of the exchange that was written without the
/// catalogue, from the text that the stamp is written as; and nothing is ever too far ahead.
@Suite struct StampPropertyTests {
  static let trialsPerExchange = 2_500

  @Test func everyExchangeHasAModel() {
    #expect(ExchangeModel.all.map(\.id).sorted() == ExchangeCatalog.builtIn.map(\.id))
    #expect(ExchangeModel.all.count * Self.trialsPerExchange >= 100_000)
  }

  @Test(arguments: ExchangeModel.all.map(\.id))
  func aGuaranteeHolds(_ id: String) throws {
    let model = try #require(ExchangeModel.all.first { $0.id == id })
    var counts = Counts()
    for trial in 0..<Self.trialsPerExchange {
      var random = SplitMix64(seed: Self.seed(id, trial))
      var world = try Trial(of: model, random: &random)
      guard let complaint = try world.run(&random, &counts) else { continue }
      Issue.record("\(id), trial \(trial), seed \(Self.seed(id, trial)): \(complaint)")
      return
    }
    print("\(id): \(Self.trialsPerExchange) trials, \(counts)")
    switch model.rule {
    case .window where !model.isHearsay, .expiry: #expect(counts.guaranteed > 300)
    default: #expect(counts.guaranteed == 0)
    }
    if model.isAdjustable, !model.isHearsay { #expect(counts.rescued > 100) }
  }

  private static func seed(_ id: String, _ trial: Int) -> UInt64 {
    id.utf8.reduce(UInt64(trial)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  private struct Counts: CustomStringConvertible {
    var (guaranteed, rescued, hopeless) = (0, 0, 0)

    var description: String {
      "\(guaranteed) guaranteed, \(rescued) by the window named, \(hopeless) by none"
    }
  }

  /// One state of the world, and the stamps asked for in it.
  private struct Trial {
    let model: ExchangeModel
    var entry: StatusBoard.Entry
    let clocks: HostClocks
    let host: HostWatch
    let interval: OffsetInterval<Monotonic, Exchange>

    init(of model: ExchangeModel, random: inout SplitMix64) throws {
      self.model = model
      // Within years, and at any phase of the exchange's second.
      let raw = MonotonicInstant(
        nanoseconds: .random(in: 1...1_000_000_000_000_000, using: &random))
      let local = LocalInstant(
        nanoseconds: 1_790_000_000_000_000_000
          + .random(in: 0...100_000_000_000_000_000, using: &random))
      clocks = HostClocks(
        raw: raw, local: local, bracket: .zero, cycles: 0, suspended: .exactly(.zero))
      host = HostWatch(at: clocks, countsCycles: false)
      // From 1 us to 30 s, each size as likely as the next.
      let largest = Int64(1) << Int64.random(in: 10...34, using: &random)
      let width = Int64.random(in: largest / 2...largest, using: &random)
      let ahead = Int64.random(in: -60_000_000_000...60_000_000_000, using: &random)
      let lower = AnchoredOffset(nanoseconds: local.nanoseconds - raw.nanoseconds + ahead)
      let known = try #require(
        OffsetInterval(
          lower: lower, upper: lower + .nanoseconds(min(max(width, 1_000), 30_000_000_000))))
      var status = TestBoard.empty(at: clocks)
      status.clock = IntervalClock(
        asOf: raw, interval: known, drift: DriftBound(partsPerMillion: 100))
      status.lastSync = raw
      entry = try TestBoard.entry(model.id, status)
      interval = try #require(status.interval(at: raw))
    }

    /// What is wrong; nil when nothing is.
    mutating func run(_ random: inout SplitMix64, _ counts: inout Counts) throws -> String? {
      let window = window(&random)
      let stamp = try stamp(window)
      if let complaint = judge(stamp, window, &random) { return complaint }
      if let complaint = contradiction(stamp, window) { return complaint }
      guard !stamp.isGuaranteed else {
        counts.guaranteed += 1
        return nil
      }
      if stamp.reason?.isEmpty ?? true { return "it does not say why: \(stamp)" }
      let named = stamp.smallestWindowMilliseconds
      guard let named else {
        counts.hopeless += 1
        // Not even the longest.
        guard let longest = model.longest, !model.isHearsay else { return nil }
        return try self.stamp(Double(longest)).isGuaranteed ? "the longest would do: \(stamp)" : nil
      }
      counts.rescued += 1
      let again = try self.stamp(Double(named))
      if !again.isGuaranteed { return "the window named is not enough: \(stamp), then \(again)" }
      // Who asked for more than is known to be granted is told what does for that very timestamp.
      let isLeast = (window ?? 0) <= Double(model.verified)
      if isLeast, named > 1, try self.stamp(Double(named - 1)).isGuaranteed {
        return "less than the window named is enough: \(stamp)"
      }
      return judge(again, Double(named), &random)
    }

    /// Acceptance is guaranteed if and only if the window asked for is at least the smallest one
    /// that is named; what is wrong, or nil. The one named is in whole milliseconds, rounded up.
    private func contradiction(_ stamp: StampResult, _ window: Double?) -> String? {
      guard let asked = window ?? stamp.windowMilliseconds.map(Double.init) else {
        return stamp.isGuaranteed ? "guaranteed without a window: \(stamp)" : nil
      }
      guard let named = stamp.smallestWindowMilliseconds.map(Double.init) else {
        return stamp.isGuaranteed ? "guaranteed, but no window would do: \(stamp)" : nil
      }
      if stamp.isGuaranteed, asked <= named - 1 {
        return "\(asked) ms are guaranteed, but \(named) ms are the least: \(stamp)"
      }
      if stamp.isGuaranteed, asked > Double(model.verified) {
        return "\(asked) ms are guaranteed, but only \(model.verified) are known of: \(stamp)"
      }
      return !stamp.isGuaranteed && asked >= named && asked <= Double(model.verified)
        ? "\(asked) ms are not guaranteed, but \(named) ms are enough: \(stamp)" : nil
    }

    /// In milliseconds, as a request may ask for it; nil for the default.
    private func window(_ random: inout SplitMix64) -> Double? {
      let longest: Int64
      switch model.rule {
      case .expiry(let most):
        longest =
          Bool.random(using: &random)
          ? most ?? 600_000 : Bool.random(using: &random) ? 2_000 : 1_002
      case .window where model.isAdjustable: longest = model.longest ?? 600_000
      default: return nil
      }
      switch Int.random(in: 0..<4, using: &random) {
      case 0: return nil
      case 1: return Double(Int64.random(in: 1...longest, using: &random))
      // Near what is needed.
      case 2: return min(Double.random(in: 900...4_000, using: &random), Double(longest))
      default:
        let needed = interval.error.wholeNanoseconds * Int64.random(in: 1...2, using: &random)
        let extra = Int64.random(in: 998...1_003, using: &random)
        return Double(min(needed / 1_000_000 + extra, longest))
      }
    }

    private mutating func stamp(_ window: Double?) throws -> StampResult {
      var demand = StampDemand(exchange: model.id)
      let asked = window.map { Duration.microseconds(Int64($0 * 1_000)) }
      if case .expiry = model.rule { demand.lifetime = asked } else { demand.window = asked }
      return try #require(try entry.stamp(demand, at: clocks, host: host))
    }

    private func judge(
      _ stamp: StampResult, _ window: Double?, _ random: inout SplitMix64
    ) -> String? {
      guard let written = Self.instant(stamp.timestamp) else { return "no timestamp: \(stamp)" }
      let (lower, width) = (clocks.raw + interval.lower, interval.upper - interval.lower)
      for truth in [.zero, width, random.duration(in: .zero...width)] {
        for uplink in [.zero, .seconds(1), random.duration(in: .zero...(.seconds(1)))] {
          let clock = lower + truth + uplink
          if model.isAhead(written, of: clock) { return "ahead of \(clock): \(stamp)" }
          var asked = window.map { Double(Int64($0 * 1_000)) / 1_000 }
          if case .expiry = model.rule { asked = nil }
          if stamp.isGuaranteed, !model.accepts(written, at: clock, window: asked) {
            return "guaranteed, but refused at \(clock): \(stamp)"
          }
        }
      }
      return nil
    }

    /// Reads a timestamp as the exchange does.
    private static func instant(_ json: JSONValue) -> ExchangeInstant? {
      if case .integer(let number) = json {
        // By its length: seconds, milliseconds or microseconds of this century.
        let unit: Int64 =
          number < 10_000_000_000 ? 1_000_000_000 : number < 10_000_000_000_000 ? 1_000_000 : 1_000
        return ExchangeInstant(nanoseconds: number * unit)
      }
      guard let text = json.string else { return nil }
      // OKX: 2020-12-08T09:08:57.715Z; HTX: 2017-05-11T16:22:06.
      let isBare = text.utf8.count == 19
      guard isBare || (text.utf8.count == 24 && text.hasSuffix("Z")) else { return nil }
      return CivilTime(iso8601: isBare ? text + "Z" : text)?.unixNanoseconds
        .map { ExchangeInstant(nanoseconds: $0) }
    }
  }
}
