import ClockCore
import ClockSimulation

extension Simulation {
  /// Six hours of a world drawn from a seed: a link, two clocks, settings, and up to four faults.
  ///
  /// Together the clocks stay within the drift bound, and steps are within max_step, so that every
  /// promise must be kept.
  static func random(seed: UInt64) -> Simulation {
    var random = Seeds(seed).generator(.scenario)
    var simulation = Simulation()
    simulation.link = LinkClass.all.randomElement(using: &random) ?? .busy
    simulation.link.loss = [0, 0, 0, 0.02, 0.2].randomElement(using: &random) ?? 0
    simulation.queryInterval = .minutes(5)
    simulation.settings.samples = [1, 4, 8, 8, 16].randomElement(using: &random) ?? 8
    simulation.settings.interval =
      [.minutes(5), .minutes(30), .hours(1), .hours(1)].randomElement(using: &random) ?? .hours(1)
    simulation.settings.maxError =
      [.milliseconds(50), .milliseconds(100), .seconds(1)].randomElement(using: &random)
      ?? .seconds(1)
    let resolution: Duration =
      [.milliseconds(1), .milliseconds(1), .microseconds(1), .seconds(1)]
      .randomElement(using: &random) ?? .milliseconds(1)
    simulation.settings.resolution = resolution
    simulation.server.resolution = resolution
    simulation.server.clock = ClockModel(
      offset: random.duration(in: .hours(-1) ... .hours(1)),
      driftPPM: .random(in: -48...48, using: &random))
    simulation.host.oscillator = ClockModel(
      driftPPM: .random(in: -48...48, using: &random),
      wander: .init(changePPM: .random(in: 0...0.3, using: &random), limitPPM: 2, wavePPM: 1))
    for _ in 0..<Int.random(in: 0...4, using: &random) { simulation.addFault(&random) }
    if random.isTrue(probability: 0.2) {
      simulation.demands = [.init(every: random.duration(in: .seconds(1) ... .minutes(20)))]
    }
    return simulation
  }

  private mutating func addFault(_ random: inout SplitMix64) {
    let from = random.duration(in: .zero ... .hours(4))
    let to = from + random.duration(in: .seconds(1) ... .minutes(50))
    func fault(_ kind: Fault.Kind) -> Fault {
      Fault(kind, from: from, to: to, probability: random.isTrue(probability: 0.5) ? 1 : 0.3)
    }
    switch Int.random(in: 0..<9, using: &random) {
    case 0: faults.append(fault(.silence))
    case 1: faults.append(fault(.refusal))
    case 2: faults.append(fault(.status(429, retryAfter: .seconds(20))))
    case 3: faults.append(fault(.status(418, retryAfter: nil)))
    case 4: faults.append(fault(.status(503, retryAfter: nil)))
    case 5: faults.append(fault(.cached(age: .seconds(5), isFlagged: true)))
    case 6: faults.append(Fault(.frozen, from: from, to: to))
    case 7:
      // One only: two between good resyncs may add up to more than max_step.
      guard server.clock.steps.isEmpty else { return }
      // A smaller one may stay within what a burst alone can tell, and go unnoticed.
      let size = random.duration(in: .milliseconds(2500) ... .minutes(9))
      let step = random.isTrue(probability: 0.5) ? size : .zero - size
      server.clock.steps.append(.init(at: from, by: step))
    default:
      guard host.oscillator.pauses.isEmpty else { return }
      host.oscillator.pauses.append(.init(from: from, lasting: to - from))
    }
  }
}
