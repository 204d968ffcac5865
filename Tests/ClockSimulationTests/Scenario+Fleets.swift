import ClockCore
import ClockSimulation

extension Scenario {
  /// Several servers answer, and their clocks differ.
  static let fleets: [Scenario] = [
    Scenario(
      "two servers 3 ms apart, one per connection",
      Bounds(
        median: .milliseconds(4), worst: .milliseconds(18), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240)
    ) {
      $0.server.members = [.zero, .milliseconds(3)]
      $0.coversFleet = Milestone.fleetAcrossBursts.isReached
    },
    Scenario(
      "two servers 3 ms apart, colocated, one per connection", waits: .fleetAcrossBursts,
      Bounds(
        median: .milliseconds(4), worst: .milliseconds(5), bound: .milliseconds(98),
        synchronized: 0.95...1, probes: 1...300)
    ) {
      $0.link = .colocated
      $0.server.members = [.zero, .milliseconds(3)]
    },
    Scenario(
      "two servers 3 ms apart, colocated, one per request", waits: .fleetInBurst,
      Bounds(
        median: .milliseconds(4), worst: .milliseconds(5), bound: .milliseconds(98),
        synchronized: 0.95...1, probes: 1...300)
    ) {
      $0.link = .colocated
      $0.server.members = [.zero, .milliseconds(3)]
      $0.server.balancing = .perRequest
    },
    Scenario(
      "one server of five is 200 ms ahead, one per request", waits: .fleetInBurst,
      Bounds(bound: .milliseconds(600), synchronized: 0.9...1, probes: 1...400)
    ) {
      $0.server.members = [.zero, .zero, .zero, .zero, .milliseconds(200)]
      $0.server.balancing = .perRequest
      $0.settings.maxError = .milliseconds(500)
    },
    Scenario(
      "one server of five is 200 ms ahead, one per connection", waits: .fleetAcrossBursts,
      Bounds(bound: .milliseconds(600), synchronized: 0.9...1, probes: 1...400)
    ) {
      $0.server.members = [.zero, .zero, .zero, .zero, .milliseconds(200)]
      $0.settings.maxError = .milliseconds(500)
    },
    Scenario(
      "two servers 50 ms apart take turns of ten minutes", waits: .fleetAcrossBursts,
      Bounds(bound: .milliseconds(600), synchronized: 0.9...1, probes: 1...400)
    ) {
      $0.server.members = [.zero, .milliseconds(50)]
      $0.server.balancing = .takingTurns(.minutes(10))
      $0.settings.maxError = .milliseconds(500)
    },
  ]
}
