import ClockCore
import ClockSimulation

extension Scenario {
  /// The exchange or the way to it is out of order.
  static let faults: [Scenario] = [
    Scenario(
      "an outage of more than an hour",
      Bounds(

        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(480),
        synchronized: 0.8...1, probes: 1...260, failedResyncs: 5...30,
        states: [(.minutes(222), .holdover), (.minutes(240), .synchronized)])
    ) {
      $0.faults = [Fault(.silence, from: .minutes(150), to: .minutes(225))]
    },
    Scenario(
      "an outage of a day and a half",
      Bounds(

        bound: .milliseconds(8700), synchronized: 0.2...0.3, probes: 1...1300,
        states: [
          (.hours(5), .synchronized), (.hours(29), .holdover), (.hours(31), .unknown),
          (.hours(43), .synchronized),
        ])
    ) {
      $0.faults = [Fault(.refusal, from: .hours(6), to: .hours(42))]
      $0.duration = .hours(48)
    },
    Scenario(
      "the exchange is gone every other minute",
      Bounds(

        median: .microseconds(300), bound: .milliseconds(110), synchronized: 0.85...1,
        probes: 1...400, failedResyncs: 5...200)
    ) {
      $0.faults = (0..<180).map {
        Fault(.refusal, from: .minutes(2 * $0), to: .minutes(2 * $0 + 1))
      }
    },
    Scenario(
      "no answer at all for the first half hour",
      Bounds(

        median: .microseconds(300), bound: .milliseconds(95), synchronized: 0.88...0.93,
        probes: 1...240,
        states: [(.minutes(10), .unknown), (.minutes(29), .unknown), (.minutes(40), .synchronized)])
    ) {
      $0.faults = [Fault(.silence, to: .minutes(30))]
    },
    Scenario(
      "a storm of 429 with Retry-After", seeds: 1...1,
      Bounds(

        bound: .milliseconds(900), synchronized: 0.6...0.7, failedResyncs: 20...300,
        refusedDemands: 100...2000, stopSignals: 20...300,
        states: [
          (.minutes(59), .synchronized), (.minutes(120), .holdover), (.minutes(190), .synchronized),
        ])
    ) {
      $0.faults = [
        Fault(.status(429, retryAfter: .seconds(30)), from: .hours(1), to: .hours(3))
      ]
      $0.demands = [.init(every: .seconds(7), from: .minutes(50), to: .minutes(190))]
    },
    Scenario(
      "a storm of 429 without Retry-After, and bots that insist", seeds: 1...1,
      Bounds(

        bound: .milliseconds(900), synchronized: 0.6...0.7, failedResyncs: 20...60,
        refusedDemands: 1000...9000, stopSignals: 20...60,
        states: [(.minutes(120), .holdover), (.minutes(190), .synchronized)])
    ) {
      $0.faults = [Fault(.status(429, retryAfter: nil), from: .hours(1), to: .hours(3))]
      $0.demands = [.init(every: .seconds(1), from: .minutes(50), to: .minutes(190))]
    },
    Scenario(
      "every third request is answered with 429",
      Bounds(

        median: .microseconds(800), bound: .milliseconds(110), synchronized: 0.9...1,
        probes: 1...180, stopSignals: 5...60)
    ) {
      $0.faults = [Fault(.status(429, retryAfter: .seconds(5)), probability: 0.33)]
    },
    Scenario(
      "a ban with 418 while bots insist", seeds: 1...1,
      Bounds(

        bound: .milliseconds(600), failedResyncs: 2...3, refusedDemands: 100...2000,
        stopSignals: 2...3,
        states: [
          (.minutes(59), .synchronized), (.minutes(90), .holdover), (.minutes(135), .synchronized),
        ])
    ) {
      $0.faults = [Fault(.status(418, retryAfter: .minutes(30)), from: .hours(1), to: .hours(2))]
      $0.demands = [.init(every: .seconds(5), from: .minutes(50), to: .minutes(130))]
    },
    Scenario(
      "a ban with 403 from the first request on", seeds: 1...1,
      Bounds(

        failedResyncs: 10...13, refusedDemands: 1000...2000, stopSignals: 10...13,
        states: [
          (.minutes(60), .unknown), (.minutes(119), .unknown), (.minutes(140), .synchronized),
        ])
    ) {
      $0.faults = [Fault(.status(403, retryAfter: nil), to: .hours(2))]
      $0.demands = [.init(every: .seconds(5), to: .minutes(130))]
    },
    Scenario(
      "an absurd Retry-After of a year",
      Bounds(

        bound: .milliseconds(8700), synchronized: 0.3...0.4, failedResyncs: 1...1,
        stopSignals: 1...1,
        states: [(.hours(3), .holdover), (.hours(23), .holdover), (.hours(27), .synchronized)])
    ) {
      $0.faults = [
        Fault(.status(503, retryAfter: .days(365)), from: .hours(1), to: .minutes(130))
      ]
      $0.duration = .hours(36)
    },
    Scenario(
      "one answer in five is a 503",
      Bounds(

        median: .microseconds(500), bound: .milliseconds(95), synchronized: 0.98...1,
        probes: 1...220)
    ) {
      $0.faults = [Fault(.status(503, retryAfter: nil), probability: 0.2)]
    },
    Scenario(
      "the answers are frozen for an hour",
      Bounds(

        bound: .milliseconds(200), synchronized: 0.8...1, probes: 1...600, accepted: 0...0,
        rejected: 0...3, states: [(.minutes(205), .holdover), (.minutes(225), .synchronized)])
    ) {
      $0.faults = [Fault(.frozen, from: .minutes(150), to: .minutes(210))]
    },
    Scenario(
      "the answers are frozen for an hour, asked every five minutes from afar",
      Bounds(
        accepted: 0...0, states: [(.minutes(225), .synchronized)])
    ) {
      $0.link = .intercontinental
      $0.settings.interval = .minutes(5)
      $0.settings.maxError = .seconds(1)
      $0.faults = [Fault(.frozen, from: .minutes(150), to: .minutes(210))]
    },
    Scenario(
      "answers 30 s old from a cache that does not say so",
      Bounds(

        bound: .milliseconds(95), probes: 1...260, accepted: 0...2,
        states: [(.minutes(240), .synchronized)])
    ) {
      $0.faults = [
        Fault(
          .cached(age: .seconds(30), isFlagged: false), from: .minutes(150), to: .minutes(210))
      ]
    },
    Scenario(
      "answers 30 s old from a cache that says so",
      Bounds(
        median: .microseconds(700), worst: .milliseconds(3), bound: .milliseconds(480),
        probes: 1...260,
        states: [(.minutes(205), .holdover), (.minutes(225), .synchronized)])
    ) {
      $0.faults = [
        Fault(.cached(age: .seconds(30), isFlagged: true), from: .minutes(150), to: .minutes(210))
      ]
    },
    Scenario(
      "every third answer is old and says so",
      Bounds(

        median: .microseconds(500), worst: .milliseconds(3), bound: .milliseconds(100),
        synchronized: 0.98...1, probes: 1...260)
    ) {
      $0.faults = [Fault(.cached(age: .seconds(10), isFlagged: true), probability: 0.33)]
    },
    Scenario(
      "the answers run 10 s backwards for an hour",
      Bounds(

        bound: .milliseconds(95), probes: 1...260, accepted: 0...2,
        states: [(.minutes(240), .synchronized)])
    ) {
      $0.faults = [Fault(.wrong(by: .seconds(-10)), from: .minutes(150), to: .minutes(210))]
    },
    Scenario(
      "one answer in twenty is 5 s off",
      Bounds(
        median: .microseconds(400), synchronized: 0.95...1, probes: 1...300)
    ) {
      $0.faults = [Fault(.wrong(by: .seconds(5)), probability: 0.05)]
      $0.longestRecovery = nil
    },
  ]
}
