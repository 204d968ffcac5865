import ClockCore
import ClockSimulation
import Testing

/// A simulated course of events, and what is demanded of whoever goes through it.
struct Scenario: Sendable, CustomTestStringConvertible {
  var name: String
  var simulation = Simulation()
  var bounds: Bounds
  /// Each is one run with other delays, wander and chance.
  var seeds: ClosedRange<UInt64> = 1...3
  /// What more is demanded, of the time after it has settled.
  var settled: Bounds?

  init(
    _ name: String, seeds: ClosedRange<UInt64> = 1...3, _ bounds: Bounds,
    settled: Bounds? = nil, _ change: (inout Simulation) -> Void = { _ in }
  ) {
    self.name = name
    self.bounds = bounds
    self.seeds = seeds
    self.settled = settled
    change(&simulation)
  }

  var testDescription: String { name }
}

/// What a run must come to, besides keeping every promise; nil where nothing is demanded.
struct Bounds: Sendable {
  /// Errors count from here on.
  var from = Duration.zero
  /// Errors of the point estimate, without sign, over the queries that were answered.
  var median: Duration?
  var p99: Duration?
  var worst: Duration?
  /// The largest half-width ever published.
  var bound: Duration?
  /// The fraction of the queries that met `synchronized`.
  var synchronized: ClosedRange<Double>?
  var probes: ClosedRange<Int>?
  var failedResyncs: ClosedRange<Int>?
  var goodResyncs: ClosedRange<Int>?
  var refusedDemands: ClosedRange<Int>?
  /// Log entries of each kind.
  var accepted: ClosedRange<Int>? = 0...0
  var refused: ClosedRange<Int>? = 0...0
  var rejected: ClosedRange<Int>?
  var fleets: ClosedRange<Int>?
  var stopSignals: ClosedRange<Int>? = 0...0
  /// The state so long after the beginning.
  var states: [(after: Duration, state: SyncState)] = []
}

extension Bounds {
  /// Checks one run. The comment of each issue carries the seed.
  func check(_ outcome: Outcome, of name: String) {
    let comment = Comment(rawValue: "\(name), seed \(outcome.seed)")
    func check(_ quantile: Double, _ limit: Duration?) {
      guard let limit else { return }
      let error = outcome.error(quantile: quantile, after: from)
      let found = "\(name): error \(error?.shortText ?? "none") at \(quantile), at most "
      #expect(error.map { $0 <= limit } ?? false, "\(found + limit.shortText)")
    }
    func check(_ number: Int, _ range: ClosedRange<Int>?, _ what: Comment) {
      guard let range else { return }
      #expect(range.contains(number), "\(what) of \(comment)")
    }
    check(0.5, median)
    check(0.99, p99)
    check(1, worst)
    if let bound { #expect(outcome.largestBound <= bound, comment) }
    if let synchronized {
      #expect(synchronized.contains(outcome.fraction(in: .synchronized)), comment)
    }
    check(outcome.probes.count, probes, "probes")
    check(outcome.resyncs.count { $0.failure != nil }, failedResyncs, "failed resyncs")
    check(outcome.resyncs.count { $0.failure == nil }, goodResyncs, "good resyncs")
    check(outcome.refusedDemands, refusedDemands, "refused demands")
    check(outcome.count(of: .accepted), accepted, "steps accepted")
    check(outcome.count(of: .refused), refused, "steps refused")
    check(outcome.count(of: .rejected), rejected, "rejections")
    check(outcome.count(of: .fleet), fleets, "fleets met")
    check(outcome.count(of: .stopped), stopSignals, "stop signals")
    for (after, state) in states {
      #expect(outcome.state(after: after) == state, "\(comment) after \(after.shortText)")
    }
  }
}

extension Duration {
  static func minutes(_ count: Int) -> Duration { .seconds(60 * count) }
  static func hours(_ count: Int) -> Duration { .seconds(3600 * count) }
  static func days(_ count: Int) -> Duration { .seconds(86_400 * count) }
}
