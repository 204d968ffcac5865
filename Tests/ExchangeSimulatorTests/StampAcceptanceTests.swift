import ClockCore
import ClockProtocol
import DaemonSettings
import ExchangeCatalog
import ExchangeSimulator
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// The daemon's stamps before the rules of the simulated exchanges: what is called guaranteed is
/// accepted, whatever the clocks are within their bounds and the uplink up to the stated one.
@Suite struct StampAcceptanceTests {
  static let trialsPerExchange = 2_500

  /// 26 exchanges make 104,000 of them.
  static let guaranteesPerExchange = 4_000

  /// Many more than it takes: a third of the worlds or more allow of one.
  static let mostTrials = 40_000

  /// Why the others have none: no clock is compared, or nobody has documented how.
  static let withoutGuarantee: [String: [String]] = [
    "timestamps are nonces": ["bitfinex", "hyperliquid", "kraken", "krakenfutures"],
    "requests carry no timestamp": ["dydx", "upbit"],
    "the rule is not known": ["bingx", "bithumb", "deribit", "hashkey", "lbank", "woo"],
    "the window is not documented": ["backpack", "htxlinear", "okx", "poloniex", "xt"],
  ]

  @Test func thereAreEnoughOfThem() {
    #expect(ExchangeBehaviors.ids.sorted() == ExchangeCatalog.builtIn.map(\.id))
    #expect(ExchangeCatalog.builtIn.count * Self.trialsPerExchange >= 100_000)
    let judged = ExchangeCatalog.builtIn.filter(Self.isJudged)
    #expect(judged.count * Self.guaranteesPerExchange >= 100_000)
    let others = Set(Self.withoutGuarantee.values.joined())
    #expect(others.count == 17 && judged.count == 26)
    #expect(others.union(judged.map(\.id)) == Set(ExchangeCatalog.builtIn.map(\.id)))
  }

  private static func isJudged(_ definition: ExchangeDefinition) -> Bool {
    switch definition.rule {
    case .window, .expiry: definition.isWindowDocumented
    case .nonce, .untimed, .unknown: false
    }
  }

  @Test(arguments: ExchangeCatalog.builtIn.map(\.id))
  func aGuaranteeHolds(_ id: String) throws {
    let definition = try #require(ExchangeCatalog.definition(of: id))
    let behavior = try #require(ExchangeBehaviors[id])
    let isJudged = Self.isJudged(definition)
    var (guaranteed, rescued, trial) = (0, 0, 0)
    while trial < Self.trialsPerExchange
      || isJudged && guaranteed < Self.guaranteesPerExchange && trial < Self.mostTrials
    {
      trial += 1
      let seed = id.utf8.reduce(UInt64(trial)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
      var random = SplitMix64(seed: seed)
      var world = World(definition, width: Self.width(&random), random: &random)
      let window = Self.window(definition.rule, world.width, &random)
      var stamp = try world.stamp(window)
      if !stamp.isGuaranteed, let smallest = stamp.smallestWindowMilliseconds,
        world.takesWindows
      {
        rescued += 1
        stamp = try world.stamp(.milliseconds(smallest))
        if !stamp.isGuaranteed {
          Issue.record("\(id), seed \(seed): the window named is not enough: \(stamp)")
          return
        }
      }
      guaranteed += stamp.isGuaranteed ? 1 : 0
      let late = [world.latest + .seconds(1), world.somewhere(&random)]
      for clock in stamp.isGuaranteed ? [world.earliest] + late : [world.earliest] {
        let refusal = Self.refusal(of: stamp, by: behavior, at: clock, definition.rule)
        // What arrives at once, at the earliest clock, is not old, so it would be ahead.
        guard let refusal, stamp.isGuaranteed || Self.tellsOfTheFuture(definition.rule) else {
          continue
        }
        Issue.record("\(id), seed \(seed): \(refusal) at \(clock): \(stamp)")
        return
      }
    }
    print("\(id): \(trial) trials, \(guaranteed) guaranteed, \(rescued) by the window named")
    #expect(isJudged ? guaranteed >= Self.guaranteesPerExchange : guaranteed == 0)
    guard isJudged else { return }
    // The simulated exchange does look at the timestamp.
    var random = SplitMix64(seed: 1)
    var world = World(definition, width: .milliseconds(50), random: &random)
    let stamp = try world.stamp(nil)
    let late = world.latest + .seconds(3_600)
    #expect(Self.refusal(of: stamp, by: behavior, at: late, definition.rule) != nil)
  }

  /// Thousands of nonces in a row, under a clock that is corrected forwards and backwards.
  @Test(arguments: ["bitfinex", "gemini", "hyperliquid", "kraken", "krakenfutures"])
  func everyNonceIsAccepted(_ id: String) throws {
    var definition = try #require(ExchangeCatalog.definition(of: id))
    // As a configuration says it for keys without a time-based nonce.
    if id == "gemini" {
      (definition.rule, definition.timestampFormat) = (.nonce, .unixMilliseconds)
    }
    let behavior = try #require(ExchangeBehaviors[id])
    var random = SplitMix64(seed: 7)
    var ledger = Ledger()
    var world = World(definition, width: .milliseconds(50), random: &random)
    for round in 0..<Self.trialsPerExchange {
      world.move(by: random.duration(in: .zero...(.milliseconds(40))))
      if round.isMultiple(of: 100) {
        world.correct(by: random.duration(in: .seconds(-30)...(.seconds(30))))
      }
      let stamp = try world.stamp(nil)
      let request = SignedRequest.of(id, stamp: stamp.timestamp.text, key: "increasing")
      let refusal = behavior.rejection(
        of: try #require(request), at: world.somewhere(&random), ledger: &ledger)
      if let refusal {
        Issue.record("round \(round): \(String(decoding: refusal.body, as: UTF8.self))")
        return
      }
    }
  }

  // MARK: Worlds

  private static func width(_ random: inout SplitMix64) -> Duration {
    // From 1 us to 30 s, each size as likely as the next.
    let largest = Int64(1) << Int64.random(in: 10...34, using: &random)
    let width = Int64.random(in: largest / 2...largest, using: &random)
    return .nanoseconds(min(max(width, 1_000), 30_000_000_000))
  }

  private static func window(
    _ rule: AcceptanceRule, _ width: Duration, _ random: inout SplitMix64
  ) -> Duration? {
    var longest: Duration
    switch rule {
    case .window(let rule) where rule.isAdjustable: longest = rule.longestWindow ?? rule.window
    case .expiry(_, let limit): longest = limit ?? .seconds(60)
    default: return nil
    }
    let near = width / Int.random(in: 1...2, using: &random) + .seconds(1)
    switch Int.random(in: 0..<3, using: &random) {
    case 0: return nil
    case 1: longest = min(longest, near + .milliseconds(5))
    default: break
    }
    // Bitvavo wants 100 ms at least.
    let least = min(Duration.milliseconds(100), longest)
    return .milliseconds(milliseconds(random.duration(in: least...longest)))
  }

  private static func tellsOfTheFuture(_ rule: AcceptanceRule) -> Bool {
    switch rule {
    case .window, .untimed, .unknown: true
    // An expiry that is short may be past.
    case .expiry, .nonce: false
    }
  }

  private static func refusal(
    of stamp: StampResult, by behavior: any ExchangeBehavior, at clock: ExchangeInstant,
    _ rule: AcceptanceRule
  ) -> String? {
    var window: String?
    if case .window(let rule) = rule, rule.isAdjustable {
      window = stamp.windowMilliseconds.map(String.init)
    }
    let text = stamp.timestamp.string ?? stamp.timestamp.text
    guard let request = SignedRequest.of(behavior.id, stamp: text, window: window) else {
      return nil
    }
    var ledger = Ledger()
    return behavior.rejection(of: request, at: clock, ledger: &ledger).map {
      String(decoding: $0.body, as: UTF8.self)
    }
  }

  /// An exchange, and what the daemon knows of its clock.
  private struct World {
    private var entry: StatusBoard.Entry
    private var clocks: HostClocks
    private let host: HostWatch
    let width: Duration

    init(_ definition: ExchangeDefinition, width: Duration, random: inout SplitMix64) {
      self.width = width
      let raw = MonotonicInstant(
        nanoseconds: .random(in: 1...1_000_000_000_000_000, using: &random))
      let local = LocalInstant(
        nanoseconds: 1_790_000_000_000_000_000
          + .random(in: 0...100_000_000_000_000_000, using: &random))
      clocks = HostClocks(
        raw: raw, local: local, bracket: .zero, cycles: 0,
        suspended: ClockLead(lower: .zero, upper: .zero))
      host = HostWatch(at: clocks, countsCycles: false)
      entry = StatusBoard.Entry(
        settings: ExchangeSettings(definition, like: DaemonSettings()),
        status: ExchangeStatus(settings: TrackerSettings(), nextSync: raw))
      let ahead = random.duration(in: .seconds(-60)...(.seconds(60)))
      know(AnchoredOffset(nanoseconds: local.nanoseconds - raw.nanoseconds) + ahead)
    }

    private mutating func know(_ lower: AnchoredOffset) {
      guard let interval = OffsetInterval(lower: lower, upper: lower + width) else {
        preconditionFailure("an interval of \(width)")
      }
      entry.status.clock = IntervalClock(
        asOf: clocks.raw, interval: interval, drift: DriftBound(partsPerMillion: 0))
      entry.status.lastSync = clocks.raw
    }

    private var interval: OffsetInterval<Monotonic, Exchange> {
      guard let interval = entry.status.interval(at: clocks.raw) else {
        preconditionFailure("there is always one")
      }
      return interval
    }

    var earliest: ExchangeInstant { clocks.raw + interval.lower }
    var latest: ExchangeInstant { clocks.raw + interval.upper }

    /// The exchange's clock when a request arrives.
    func somewhere(_ random: inout SplitMix64) -> ExchangeInstant {
      earliest + random.duration(in: .zero...(latest - earliest))
        + random.duration(in: .zero...(.seconds(1)))
    }

    mutating func move(by duration: Duration) {
      clocks.raw = clocks.raw + duration
      clocks.local = clocks.local + duration
    }

    mutating func correct(by duration: Duration) {
      know(interval.lower + duration)
    }

    var takesWindows: Bool {
      switch entry.settings.definition.rule {
      case .window(let rule): rule.isAdjustable
      case .expiry: true
      case .nonce, .untimed, .unknown: false
      }
    }

    mutating func stamp(_ window: Duration?) throws -> StampResult {
      var demand = StampDemand(exchange: entry.id)
      if case .expiry = entry.settings.definition.rule {
        demand.lifetime = window
      } else {
        demand.window = window
      }
      return try #require(try entry.stamp(demand, at: clocks, host: host))
    }
  }
}
