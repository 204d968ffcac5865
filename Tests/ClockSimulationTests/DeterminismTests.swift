import ClockCore
import ClockSimulation
import Testing

@Suite struct DeterminismTests {
  @Test func sameSeedSameTrace() {
    for seed in 1...UInt64(10) {
      let simulation = Simulation.random(seed: seed)
      let first = simulation.run(seed: seed)
      let again = simulation.run(seed: seed, keepsTrace: true)
      #expect(first.trace.hash == again.trace.hash, "seed \(seed)")
      #expect(first.trace.lines.isEmpty && again.trace.lines.count > 10)
    }
  }

  @Test func otherSeedOtherTrace() {
    let hashes = (1...UInt64(10)).map { Simulation().run(seed: $0).trace.hash }
    #expect(Set(hashes).count == hashes.count)
  }

  /// The tracker never sees CLOCK_REALTIME: whatever happens to it changes nothing.
  @Test func steppingTheLocalClockChangesNoTrace() {
    var stepped = Simulation()
    stepped.host.realtime = ClockModel(
      steps: [.init(at: .minutes(61), by: .hours(1))],
      slews: [.init(from: .minutes(90), lasting: .minutes(12), by: .minutes(-1))])
    #expect(Simulation().run(seed: 1).trace == stepped.run(seed: 1).trace)
  }

  /// A fault that never strikes draws nothing that anything else depends on.
  @Test func aFaultWithoutEffectChangesNoTrace() {
    var other = Simulation()
    other.faults = [Fault(.silence, probability: 0)]
    #expect(Simulation().run(seed: 1).trace == other.run(seed: 1).trace)
  }
}
