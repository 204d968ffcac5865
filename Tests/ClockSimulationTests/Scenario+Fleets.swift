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
    },
    Scenario(
      "two servers 3 ms apart, colocated, one per connection",
      Bounds(
        // Met an hour apart they cannot be told from one clock that drifts by a little more.
        median: .milliseconds(4), worst: .milliseconds(15), bound: .milliseconds(98),
        synchronized: 0.95...1, probes: 1...300),
      settled: Bounds(from: .hours(3), p99: .milliseconds(10))
    ) {
      $0.link = .colocated
      $0.server.members = [.zero, .milliseconds(3)]
      $0.coversFleetFrom = nil
    },
    Scenario(
      "two servers 3 ms apart, colocated, one per request",
      Bounds(
        median: .milliseconds(4), worst: .milliseconds(15), bound: .milliseconds(98),
        synchronized: 0.95...1, probes: 1...120),
      settled: Bounds(from: .hours(3), p99: .milliseconds(8))
    ) {
      $0.link = .colocated
      $0.server.members = [.zero, .milliseconds(3)]
      $0.server.balancing = .perRequest
    },
    Scenario(
      "one server of five is 200 ms ahead, one per request", seeds: 1...20,
      Bounds(bound: .milliseconds(600), synchronized: 0.9...1, probes: 1...400)
    ) {
      $0.server.members = [.zero, .zero, .zero, .zero, .milliseconds(200)]
      $0.server.balancing = .perRequest
      $0.settings.maxError = .milliseconds(500)
    },
    Scenario(
      "one server of five is 200 ms ahead, one per connection, asked every five minutes",
      seeds: 1...20,
      Bounds(bound: .milliseconds(700), synchronized: 0.9...1, probes: 1...1200, accepted: 0...1)
    ) {
      $0.server.members = [.zero, .zero, .zero, .zero, .milliseconds(200)]
      $0.settings.interval = .minutes(5)
      $0.settings.maxError = .milliseconds(500)
      $0.coversFleetFrom = .minutes(90)
    },
    Scenario(
      "two servers 50 ms apart, one per connection, asked every minute", seeds: 1...10,
      Bounds(
        bound: .milliseconds(200), synchronized: 0.95...1, probes: 1...3300, accepted: 0...1,
        fleets: 1...1)
    ) {
      $0.server.members = [.zero, .milliseconds(50)]
      $0.settings.interval = .minutes(1)
      $0.settings.maxError = .milliseconds(500)
      $0.coversFleetFrom = .minutes(10)
    },
    Scenario(
      "two servers 50 ms apart take turns of ten minutes",
      Bounds(
        bound: .milliseconds(200), synchronized: 0.95...1, probes: 1...3300, accepted: 1...1,
        fleets: 1...1)
    ) {
      $0.server.members = [.zero, .milliseconds(50)]
      $0.server.balancing = .takingTurns(.minutes(10))
      $0.settings.interval = .minutes(1)
      $0.settings.maxError = .milliseconds(500)
      $0.coversFleetFrom = .minutes(25)
    },
  ]
}
