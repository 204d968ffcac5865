import ClockCore
import ClockSimulation
import Testing

/// The requirements, as courses of events. Each run checks every promise at every event, and then
/// the bounds of its scenario.
///
/// EXCHANGE_CLOCK_VERBOSE=1 prints what each scenario came to.
@Suite struct ScenarioTests {
  static let all: [Scenario] =
    Scenario.links + Scenario.clocks + Scenario.steps + Scenario.fleets + Scenario.faults
    + Scenario.host

  @Test(arguments: all)
  func scenario(_ scenario: Scenario) {
    let outcomes = scenario.seeds.map { scenario.simulation.run(seed: $0) }
    if Environment.isVerbose { print(Outcome.line(scenario.name, outcomes)) }
    for outcome in outcomes {
      let first = outcome.violations.first
      #expect(first == nil, "\(scenario.name): \(outcome.violations.count) violations")
      scenario.bounds.check(outcome, of: scenario.name)
      scenario.settled?.check(outcome, of: scenario.name)
    }
  }

  @Test func scenariosAreManyAndHaveNamesOfTheirOwn() {
    #expect(Self.all.count >= 40)
    #expect(Set(Self.all.map(\.name)).count == Self.all.count)
  }
}

extension Outcome {
  /// What some runs of one scenario came to: of each figure the worst.
  static func line(_ name: String, _ outcomes: [Outcome]) -> String {
    let errors = [0.5, 0.99, 1].map { quantile in
      outcomes.compactMap { $0.error(quantile: quantile) }.max()?.shortText ?? "-"
    }
    func range(_ figure: (Outcome) -> Int) -> String {
      let figures = outcomes.map(figure)
      let (low, high) = (figures.min() ?? 0, figures.max() ?? 0)
      return low == high ? "\(low)" : "\(low)...\(high)"
    }
    let bound = outcomes.map(\.largestBound).max() ?? .zero
    return "\(name): error \(errors.joined(separator: "/")), bound \(bound.shortText), probes "
      + range { $0.probes.count } + ", resyncs " + range { $0.resyncs.count { $0.failure == nil } }
      + " + failed " + range { $0.resyncs.count { $0.failure != nil } } + ", synchronized "
      + range { Int($0.fraction(in: .synchronized) * 1000) } + "/1000"
      + " holdover " + range { Int($0.fraction(in: .holdover) * 1000) }
      + " disrupted " + range { Int($0.fraction(in: .disrupted) * 1000) }
      + ", accepted " + range { $0.count(of: .accepted) } + ", refused "
      + range { $0.count(of: .refused) } + ", rejected " + range { $0.count(of: .rejected) }
      + ", rate " + range { $0.count(of: .rate) } + ", stopped " + range { $0.count(of: .stopped) }
      + ", demands refused "
      + range { $0.refusedDemands }
  }

  enum LogKind { case state, accepted, refused, rate, rejected, fleet, stopped }

  func count(of kind: LogKind) -> Int {
    events.count { $0.event.kind == kind }
  }
}

extension TrackerEvent {
  fileprivate var kind: Outcome.LogKind {
    switch self {
    case .stateChanged: .state
    case .stepAccepted: .accepted
    case .stepRefused: .refused
    case .rateChanged: .rate
    case .burstRejected: .rejected
    case .fleetMet: .fleet
    case .stopSignal: .stopped
    }
  }
}
