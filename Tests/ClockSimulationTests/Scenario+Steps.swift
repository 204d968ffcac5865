import ClockCore
import ClockSimulation

extension Scenario {
  /// The exchange's clock is set.
  static let steps: [Scenario] = [
    Scenario(
      "a step of 2 s forward",
      Bounds(

        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 0.99...1, probes: 1...260, accepted: 1...1)
    ) {
      $0.server.clock.steps = [.init(at: .minutes(150), by: .seconds(2))]
    },
    Scenario(
      "a step of 2 s backward",
      Bounds(

        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 0.99...1, probes: 1...260, accepted: 1...1)
    ) {
      $0.server.clock.steps = [.init(at: .minutes(150), by: .seconds(-2))]
    },
    Scenario(
      "a step of 5 ms forward",
      Bounds(

        median: .milliseconds(2), worst: .milliseconds(7), bound: .milliseconds(95),
        synchronized: 0.99...1, probes: 1...260, accepted: 0...1)
    ) {
      $0.server.clock.steps = [.init(at: .minutes(150), by: .milliseconds(5))]
    },
    Scenario(
      "a step of 5 ms backward",
      Bounds(

        median: .milliseconds(2), worst: .milliseconds(7), bound: .milliseconds(95),
        synchronized: 0.99...1, probes: 1...260, accepted: 0...1)
    ) {
      $0.server.clock.steps = [.init(at: .minutes(150), by: .milliseconds(-5))]
    },
    Scenario(
      "a step of three quarters of the round trip",
      Bounds(
        median: .milliseconds(2), worst: .milliseconds(8), bound: .milliseconds(95),
        synchronized: 0.99...1, probes: 1...300, accepted: 0...1)
    ) {
      $0.server.clock.steps = [.init(at: .minutes(150), by: .milliseconds(15))]
    },
    Scenario(
      "a step of half a round trip, five minutes after the last resync",
      Bounds(bound: .milliseconds(95), accepted: 0...1)
    ) {
      $0.link = .busy
      $0.settings.interval = .minutes(5)
      $0.server.clock.steps = [.init(at: .minutes(150), by: .milliseconds(42))]
    },
    Scenario(
      "a step of 94 ms of an exchange that tells whole seconds",
      Bounds(accepted: 0...1)
    ) {
      $0.link = .colocated
      $0.settings = TrackerSettings(
        interval: .minutes(5), maxError: .seconds(1), samples: 4, resolution: .seconds(1))
      $0.server.resolution = .seconds(1)
      $0.server.clock.steps = [.init(at: .minutes(150), by: .milliseconds(94))]
    },
    Scenario(
      "a step of 9 minutes forward",
      Bounds(

        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 0.99...1, probes: 1...260, accepted: 1...1)
    ) {
      $0.server.clock.steps = [.init(at: .minutes(150), by: .minutes(9))]
    },
    Scenario(
      "a step beyond max_step is not believed",
      Bounds(

        bound: .seconds(2), synchronized: 0.3...0.6, probes: 1...700, failedResyncs: 1...90,
        accepted: 0...0, refused: 1...90,
        states: [
          (.minutes(140), .synchronized), (.minutes(240), .holdover), (.minutes(350), .holdover),
        ])
    ) {
      $0.server.clock.steps = [.init(at: .minutes(150), by: .minutes(11))]
      $0.longestRecovery = nil
    },
    Scenario(
      "a step beyond max_step that is undone",
      Bounds(

        bound: .seconds(2), synchronized: 0.5...0.8, probes: 1...600, refused: 1...90,
        states: [(.minutes(240), .holdover), (.minutes(350), .synchronized)])
    ) {
      $0.server.clock.steps = [
        .init(at: .minutes(150), by: .hours(1)), .init(at: .minutes(290), by: .hours(-1)),
      ]
      $0.longestRecovery = .hours(3)
    },
    Scenario(
      "a step in the middle of the first burst", seeds: 1...20,
      Bounds(

        median: .microseconds(700), bound: .milliseconds(95), synchronized: 0.99...1,
        probes: 1...140, accepted: 0...1)
    ) {
      $0.server.clock.steps = [.init(at: .milliseconds(800), by: .seconds(1))]
      $0.duration = .hours(3)
    },
    Scenario(
      "a second step while the first is being confirmed", seeds: 1...20,
      Bounds(

        median: .microseconds(300), bound: .milliseconds(20), synchronized: 0.98...1,
        probes: 1...520, accepted: 1...2)
    ) {
      $0.settings.interval = .seconds(10)
      $0.server.clock.steps = [
        .init(at: .seconds(100), by: .seconds(1)),
        .init(at: .milliseconds(110_400), by: .seconds(1)),
      ]
      $0.duration = .minutes(10)
      $0.queryInterval = .seconds(1)
    },
    Scenario(
      "a step forward every other hour",
      Bounds(

        median: .microseconds(250), bound: .milliseconds(95), synchronized: 0.98...1,
        probes: 1...620, accepted: 5...5)
    ) {
      $0.server.clock.steps = (1...5).map { .init(at: .minutes($0 * 120 + 7), by: .seconds(1)) }
      $0.duration = .hours(14)
    },
    Scenario(
      "a step forward and back between two resyncs",
      Bounds(

        median: .microseconds(250), bound: .milliseconds(95), synchronized: 1...1, probes: 1...240)
    ) {
      $0.server.clock.steps = [
        .init(at: .minutes(150), by: .seconds(1)), .init(at: .minutes(151), by: .seconds(-1)),
      ]
    },
  ]
}
