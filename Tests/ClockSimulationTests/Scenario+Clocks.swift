import ClockCore
import ClockSimulation

extension Scenario {
  /// How the exchange's clock and ours run, and how the exchange's is read.
  static let clocks: [Scenario] = [
    Scenario(
      "the exchange is 9 minutes ahead",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240)
    ) {
      $0.server.clock.offset = .minutes(9)
    },
    Scenario(
      "the exchange is 3 hours behind",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240)
    ) {
      $0.server.clock.offset = .hours(-3)
    },
    Scenario(
      "the exchange's clock gains 99 ppm",
      Bounds(
        median: .milliseconds(45), worst: .milliseconds(85), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240),
      settled: Bounds(from: .hours(3), median: .milliseconds(5), p99: .milliseconds(12))
    ) { $0.server.clock.driftPPM = 99 },
    Scenario(
      "the exchange's clock loses 99 ppm",
      Bounds(
        median: .milliseconds(45), worst: .milliseconds(85), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240)
    ) { $0.server.clock.driftPPM = -99 },
    Scenario(
      "our oscillator gains 99 ppm",
      Bounds(
        median: .milliseconds(45), worst: .milliseconds(85), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240)
    ) { $0.host.oscillator.driftPPM = 99 },
    Scenario(
      "our oscillator loses 99 ppm",
      Bounds(
        median: .milliseconds(45), worst: .milliseconds(85), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240),
      settled: Bounds(from: .hours(3), median: .milliseconds(5), p99: .milliseconds(12))
    ) { $0.host.oscillator.driftPPM = -99 },
    Scenario(
      "the clocks run apart by 40 and 50 ppm",
      Bounds(
        median: .milliseconds(45), worst: .milliseconds(85), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240)
    ) {
      $0.server.clock.driftPPM = 40
      $0.host.oscillator.driftPPM = -50
    },
    Scenario(
      "holdover: 40 ppm with 0.3 ppm of wander, over an hour",
      Bounds(
        median: .milliseconds(75), worst: .milliseconds(150), bound: .milliseconds(500),
        synchronized: 1...1, probes: 1...220),
      settled: Bounds(from: .hours(3), median: .milliseconds(1), p99: .milliseconds(4))
    ) {
      $0.server.clock.driftPPM = 25
      $0.host.oscillator = ClockModel(
        driftPPM: -15, wander: .init(changePPM: 0.02, limitPPM: 0.3))
      $0.settings.maxError = .seconds(1)
      $0.duration = .hours(24)
    },
    Scenario(
      "our oscillator follows the warmth of the day",
      Bounds(
        median: .milliseconds(10), worst: .milliseconds(20), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...1800),
      settled: Bounds(from: .hours(3), median: .milliseconds(4), p99: .milliseconds(12))
    ) {
      $0.host.oscillator = ClockModel(driftPPM: 20, wander: .init(wavePPM: 3))
      $0.duration = .days(2)
    },
    Scenario(
      "our oscillator wanders over the whole of its range",
      Bounds(
        median: .milliseconds(30), worst: .milliseconds(85), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...1400)
    ) {
      $0.host.oscillator.wander = .init(changePPM: 5, limitPPM: 95)
      $0.settings.wanderPPM = 95
      $0.duration = .days(1)
    },
    Scenario(
      "a leap second is smeared over a day",
      Bounds(
        // In the hour in which the rate changes, 11.6 ppm are 42 ms that nobody can know of.
        median: .milliseconds(5), worst: .milliseconds(50), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...1400)
    ) {
      $0.server.clock.slews = [.init(from: .hours(6), lasting: .days(1), by: .seconds(-1))]
      $0.duration = .hours(36)
    },
    Scenario(
      "the exchange tells whole seconds",
      Bounds(
        median: .milliseconds(1), worst: .milliseconds(40), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...480)
    ) {
      $0.server.resolution = .seconds(1)
      $0.settings.resolution = .seconds(1)
      $0.settings.samples = 16
    },
    Scenario(
      "the exchange tells microseconds, colocated",
      Bounds(
        median: .microseconds(40), worst: .microseconds(150), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...220)
    ) {
      $0.link = .colocated
      $0.server.resolution = .microseconds(1)
      $0.settings.resolution = .microseconds(1)
    },
    Scenario(
      "the exchange thinks before it reads its clock",
      Bounds(
        median: .milliseconds(4), worst: .milliseconds(18), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...260)
    ) {
      $0.server.handlingBefore = .milliseconds(20)
    },
    Scenario(
      "the exchange thinks after it has read its clock",
      Bounds(
        median: .milliseconds(5), worst: .milliseconds(22), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...260)
    ) {
      $0.server.handlingAfter = .milliseconds(20)
    },
    Scenario(
      "the exchange thinks, and tells when the request came and when the answer left",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240)
    ) {
      $0.server.handlingBefore = .milliseconds(20)
      $0.server.handlingAfter = .milliseconds(20)
      $0.server.stampsTwice = true
    },
  ]
}
