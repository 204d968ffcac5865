import ClockCore
import ClockSimulation
import Testing

/// Exchanges that are followed for thirty days with the daemon's defaults: a resync each hour.
/// Every promise is checked at every event, and at random instants in between.
///
/// EXCHANGE_CLOCK_MONTHS=50 follows as many of them; EXCHANGE_CLOCK_VERBOSE=1 prints what each came
/// to.
@Suite struct MonthTests {
  private static let slices: UInt64 = 6

  @Test(arguments: 0..<slices)
  func everyPromiseIsKeptAndNothingPilesUp(slice: UInt64) {
    for number in stride(from: slice, to: Environment.monthCount ?? 6, by: Int(Self.slices)) {
      check(number, Simulation.month(number).run(seed: number + 1))
    }
  }

  private func check(_ number: UInt64, _ outcome: Outcome) {
    let comment: Comment = "exchange \(number)"
    #expect(outcome.violations.first == nil, comment)
    // That it was a month, of resyncs each hour or more often.
    #expect(outcome.resyncs.count { $0.failure == nil } > 600, comment)
    #expect(outcome.queries.count > 3_000, comment)
    #expect(outcome.fraction(in: .synchronized) > 0.8, comment)
    // Eight probes an hour, and some that confirm, come early, or find that a clock is coarse.
    #expect(outcome.probes.count < 30 * 24 * 8 * 3, comment)
    let weeks = (0..<4).map { outcome.mostKept(week: $0) }
    if Environment.isVerbose {
      print(Outcome.line("month of exchange \(number)", [outcome]) + ", most kept \(weeks)")
    }
    // As many as are kept of the hull and of the last hour, and a sighting for each hour of a day.
    #expect(weeks.allSatisfy { $0 <= 100 }, comment)
    #expect(weeks[3] <= weeks[0] + 20, comment)
  }
}

extension Outcome {
  /// The most that the daemon had in memory in one week.
  fileprivate func mostKept(week: Int) -> Int {
    queries.filter { $0.at >= .after(.days(7 * week)) && $0.at < .after(.days(7 * week + 7)) }
      .map(\.kept).max() ?? 0
  }
}

extension Simulation {
  /// Thirty days of one exchange of many, no two of which are alike: links, resolutions, clocks
  /// that drift and wander, and what happens in a month.
  fileprivate static func month(_ number: UInt64) -> Simulation {
    var random = Seeds(number + 1).generator(.scenario)
    var simulation = Simulation()
    simulation.duration = .days(30)
    simulation.queryInterval = .minutes(10)
    simulation.queriesAtRandom = true
    simulation.link = LinkClass.all[Int(number) % LinkClass.all.count]
    simulation.link.loss = 0.005
    let resolution: Duration = [.milliseconds(1), .microseconds(1), .milliseconds(1), .seconds(1)][
      Int(number) % 4]
    simulation.settings.resolution = resolution
    simulation.server.resolution = resolution
    // Less can be had from none of these but by luck.
    if resolution == .seconds(1) || simulation.link.name == "intercontinental" {
      simulation.settings.maxError = .milliseconds(500)
    }
    simulation.server.clock = ClockModel(
      offset: random.duration(in: .seconds(-30) ... .seconds(30)),
      driftPPM: .random(in: -20...20, using: &random))
    simulation.host.oscillator = ClockModel(
      driftPPM: .random(in: -60...60, using: &random),
      wander: .init(changePPM: 0.1, limitPPM: 2, wavePPM: 1))
    let day = Duration.days(Int.random(in: 2...20, using: &random))
    switch number % 6 {
    case 0: simulation.faults = [Fault(.silence, from: day, to: day + .hours(30))]
    case 1:
      simulation.faults = [Fault(.status(418, retryAfter: nil), from: day, to: day + .hours(8))]
    case 2: simulation.server.clock.steps = [.init(at: day, by: .seconds(-5))]
    case 3: simulation.host.oscillator.pauses = [.init(from: day, lasting: .hours(9))]
    case 4:
      simulation.faults = [
        Fault(.status(503, retryAfter: nil), from: day, to: day + .days(2), probability: 0.3)
      ]
    default: break
    }
    return simulation
  }
}
