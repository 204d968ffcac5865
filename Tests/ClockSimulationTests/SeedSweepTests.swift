import ClockCore
import ClockSimulation
import Testing

/// Random worlds; every promise is checked at every event.
///
/// EXCHANGE_CLOCK_SEEDS tries more of them; EXCHANGE_CLOCK_SEED replays one, with its trace.
@Suite struct SeedSweepTests {
  private static let slices: UInt64 = 8

  @Test(arguments: 0..<slices)
  func everyPromiseIsKept(slice: UInt64) {
    if let seed = Environment.seed {
      guard slice == 0 else { return }
      let outcome = Simulation.random(seed: seed).run(seed: seed, keepsTrace: true)
      for line in outcome.trace.lines { print(line) }
      return check(outcome)
    }
    let count = Environment.seedCount ?? 200
    for seed in stride(from: slice + 1, through: count, by: Int(Self.slices)) {
      check(Simulation.random(seed: seed).run(seed: seed))
    }
  }

  private func check(_ outcome: Outcome) {
    let first = outcome.violations.first
    #expect(first == nil, "replay alone with EXCHANGE_CLOCK_SEED=\(outcome.seed)")
  }
}
