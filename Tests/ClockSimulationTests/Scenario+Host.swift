import ClockCore
import ClockSimulation

extension Scenario {
  /// What happens to this host: suspends, settings, and bots.
  static let host: [Scenario] = [
    Scenario(
      "a suspend of 1 s",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 0.99...1, probes: 1...250)
    ) {
      $0.host.oscillator.pauses = [.init(from: .minutes(150), lasting: .seconds(1))]
    },
    Scenario(
      "a suspend of 1 h",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 0.99...1, probes: 1...220)
    ) {
      $0.host.oscillator.pauses = [.init(from: .minutes(150), lasting: .hours(1))]
    },
    Scenario(
      "a suspend of 8 h",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 0.99...1, probes: 1...250)
    ) {
      $0.host.oscillator.pauses = [.init(from: .minutes(150), lasting: .hours(8))]
      $0.duration = .hours(14)
    },
    Scenario(
      "a suspend every ten minutes",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 0.9...1, probes: 1...320)
    ) {
      $0.host.oscillator.pauses = (1..<30).map {
        .init(from: .minutes(10 * $0), lasting: .seconds($0 * 7 % 90 + 1))
      }
    },
    Scenario(
      "a suspend within a burst", seeds: 1...20,
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 0.95...1, probes: 1...100)
    ) {
      $0.host.oscillator.pauses = [.init(from: .milliseconds(700), lasting: .minutes(5))]
      $0.duration = .hours(2)
    },
    Scenario(
      "a suspend while the only answer is on its way back", seeds: 1...10,
      Bounds(worst: .milliseconds(500), bound: .seconds(1))
    ) {
      $0.link = .metropolitan.withMinimum(up: .milliseconds(20), down: .milliseconds(900))
      $0.settings = TrackerSettings(interval: .minutes(5), maxError: .seconds(1), samples: 1)
      $0.host.oscillator.pauses = [.init(from: .seconds(1), lasting: .minutes(5))]
      $0.duration = .minutes(30)
    },
    Scenario(
      "a suspend while the exchange cannot be reached",
      Bounds(
        bound: .milliseconds(110), probes: 1...260,
        states: [
          (.minutes(139), .synchronized), (.minutes(180), .disrupted),
          (.minutes(210), .synchronized),
        ])
    ) {
      $0.host.oscillator.pauses = [.init(from: .minutes(150), lasting: .minutes(10))]
      $0.faults = [Fault(.silence, from: .minutes(140), to: .minutes(200))]
    },
    Scenario(
      "pauses of a virtual machine that show a second later", seeds: 1...10,
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 0.95...1, probes: 1...350)
    ) {
      $0.host.oscillator.pauses = (1..<20).map {
        .init(from: .minutes(15 * $0), lasting: .seconds($0 * 7 % 90 + 3))
      }
      $0.host.longestNotice = .milliseconds(1200)
      $0.host.pausesAreSilent = true
    },
    Scenario(
      "a silent pause within a burst", seeds: 1...20,
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 0.95...1, probes: 1...100, accepted: 0...1)
    ) {
      $0.host.oscillator.pauses = [.init(from: .milliseconds(700), lasting: .minutes(5))]
      $0.host.longestNotice = .milliseconds(1200)
      $0.host.pausesAreSilent = true
      $0.duration = .hours(2)
    },
    Scenario(
      "CLOCK_REALTIME is stepped and slewed by 83,333 ppm",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...240)
    ) {
      $0.host.realtime = ClockModel(
        offset: .seconds(-40),
        steps: [
          .init(at: .minutes(61), by: .seconds(3600)), .init(at: .minutes(62), by: .hours(-2)),
        ],
        slews: [.init(from: .minutes(90), lasting: .minutes(12), by: .minutes(1))])
    },
    Scenario(
      "an interval of 1 s",
      Bounds(
        median: .microseconds(200), worst: .milliseconds(1), bound: .milliseconds(15),
        synchronized: 1...1, probes: 2000...3500, goodResyncs: 250...650)
    ) {
      $0.settings.interval = .seconds(1)
      $0.duration = .minutes(10)
      $0.queryInterval = .seconds(1)
    },
    Scenario(
      "an interval of 24 h",
      Bounds(
        median: .microseconds(400), bound: .milliseconds(8700), synchronized: 1...1, probes: 1...60,
        goodResyncs: 5...8),
      settled: Bounds(from: .days(2), median: .milliseconds(30), p99: .milliseconds(200))
    ) {
      $0.settings.interval = .days(1)
      $0.settings.maxError = .seconds(20)
      $0.duration = .days(5)
    },
    Scenario(
      "one sample a resync",
      Bounds(
        median: .milliseconds(1), worst: .milliseconds(6), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...40)
    ) { $0.settings.samples = 1 },
    Scenario(
      "64 samples a resync",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(95),
        synchronized: 1...1, probes: 1...1800)
    ) { $0.settings.samples = 64 },
    Scenario(
      "a timeout shorter than some round trips",
      Bounds(
        median: .milliseconds(2), bound: .milliseconds(110), synchronized: 0.95...1, probes: 1...320
      )
    ) {
      $0.link = .busy
      $0.settings.timeout = .milliseconds(100)
    },
    Scenario(
      "a path of 1.5 s each way",
      Bounds(median: .milliseconds(1), bound: .seconds(2), synchronized: 1...1, probes: 1...64)
    ) {
      $0.link = .metropolitan.withMinimum(up: .milliseconds(1500), down: .milliseconds(1500))
      $0.settings.maxError = .seconds(3)
    },
    Scenario(
      "a path slower than the timeout",
      Bounds(
        synchronized: 0...0, probes: 60...130, goodResyncs: 0...0, states: [(.hours(5), .unknown)])
    ) {
      $0.link = .metropolitan.withMinimum(up: .seconds(3), down: .seconds(3))
    },
    Scenario(
      "bots demand a resync ten times a second", seeds: 1...1,
      Bounds(
        median: .microseconds(250), bound: .milliseconds(20), synchronized: 1...1, probes: 1...1260,
        refusedDemands: 3000...12_000)
    ) {
      $0.demands = [.init(every: .milliseconds(100))]
      $0.duration = .minutes(20)
    },
    Scenario(
      "a week of hourly resyncs", seeds: 1...1,
      Bounds(
        median: .milliseconds(40), worst: .milliseconds(80), bound: .milliseconds(430),
        synchronized: 1...1, probes: 1...1450),
      settled: Bounds(from: .hours(3), median: .milliseconds(1), p99: .milliseconds(4))
    ) {
      $0.server.clock.driftPPM = 12
      $0.host.oscillator = ClockModel(
        driftPPM: -8, wander: .init(changePPM: 0.02, limitPPM: 0.3))
      $0.settings.maxError = .seconds(1)
      $0.duration = .days(7)
    },
  ]
}
