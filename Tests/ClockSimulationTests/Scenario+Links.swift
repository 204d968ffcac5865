import ClockCore
import ClockSimulation

extension Scenario {
  /// Both clocks run evenly; only the path differs.
  static let links: [Scenario] = [
    Scenario(
      "colocated, 1 ms away",
      Bounds(
        median: .microseconds(200), worst: .milliseconds(1), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...220)
    ) { $0.link = .colocated },
    Scenario(
      "in the same region, 20 ms away",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240)
    ) { $0.link = .metropolitan },
    Scenario(
      "over a busy path of 80 ms",
      Bounds(
        median: .milliseconds(1), worst: .milliseconds(5), bound: .milliseconds(100),
        synchronized: 1...1, probes: 1...330)
    ) { $0.link = .busy },
    Scenario(
      "on another continent, 236 ms away",
      Bounds(
        median: .microseconds(500), worst: .milliseconds(2), bound: .milliseconds(490),
        synchronized: 0...0, probes: 1...64, states: [(.hours(1), .holdover)])
    ) { $0.link = .intercontinental },
    Scenario(
      "over Wi-Fi with spikes",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(7), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240)
    ) { $0.link = .wireless },
    Scenario(
      "the way there takes 30 ms and the way back 60 ms",
      Bounds(
        median: .milliseconds(16), worst: .milliseconds(17), bound: .milliseconds(100),
        synchronized: 1...1, probes: 1...380)
    ) {
      $0.link = .metropolitan.withMinimum(up: .milliseconds(30), down: .milliseconds(60))
    },
    Scenario(
      "the way there takes 60 ms and the way back 30 ms",
      Bounds(
        median: .milliseconds(16), worst: .milliseconds(17), bound: .milliseconds(100),
        synchronized: 1...1, probes: 1...380)
    ) {
      $0.link = .metropolitan.withMinimum(up: .milliseconds(60), down: .milliseconds(30))
    },
    Scenario(
      "a third of the packets has a heavy tail",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240)
    ) {
      $0.link.up.tailProbability = 0.33
      $0.link.up.tail = .milliseconds(80)
      $0.link.down = $0.link.up
    },
    Scenario(
      "the busy hour adds 50 ms to the way there",
      Bounds(
        median: .milliseconds(15), worst: .milliseconds(50), bound: .milliseconds(100),
        synchronized: 1...1, probes: 1...2200)
    ) {
      $0.link = .metropolitan.withDiurnal(up: .milliseconds(50), down: .zero)
      $0.duration = .days(2)
    },
    Scenario(
      "one request in ten stays without an answer",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(12), bound: .milliseconds(110),
        synchronized: 0.98...1, probes: 1...750, failedResyncs: 0...60)
    ) {
      $0.link = .metropolitan.withLoss(0.1)
      $0.duration = .days(1)
    },
    Scenario(
      "every other request stays without an answer",
      Bounds(
        median: .milliseconds(1), worst: .milliseconds(15), bound: .milliseconds(130),
        synchronized: 0.95...1, probes: 1...550, failedResyncs: 10...200)
    ) {
      $0.link = .metropolitan.withLoss(0.5)
      $0.duration = .days(1)
    },
  ]
}
