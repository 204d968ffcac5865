import ClockCore
import ClockSimulation
import Testing

@Suite struct LinkTrialTests {
  @Test(arguments: LinkClass.all)
  func everySampleHoldsTheTruth(link: LinkClass) throws {
    for seed in 1...UInt64(50) {
      let (samples, truth) = link.burst(count: 8, seed: seed)
      #expect(samples.count == 8)
      let last = try #require(samples.last).received
      for sample in samples {
        let interval = try #require(
          sample.interval(at: last, drift: DriftBound(partsPerMillion: 0)))
        #expect(interval.lower <= truth && truth <= interval.upper, "seed \(seed)")
      }
    }
  }

  @Test(arguments: zip(LinkClass.all, [1, 20, 80, 236, 20]))
  func medianRoundTripIsAsNamed(link: LinkClass, milliseconds: Int) {
    let trips = (1...UInt64(200)).flatMap { seed in
      link.burst(count: 1, seed: seed).samples.map(\.roundTrip)
    }
    let median = trips.sorted()[trips.count / 2]
    let expected = Duration.milliseconds(milliseconds)
    #expect(abs(median - expected) < expected / 10 + .milliseconds(1))
  }

  @Test func sameSeedSameBurst() {
    let first = LinkClass.busy.burst(count: 8, seed: 3)
    let again = LinkClass.busy.burst(count: 8, seed: 3)
    let other = LinkClass.busy.burst(count: 8, seed: 4)
    #expect(first.samples == again.samples && first.truth == again.truth)
    #expect(first.samples != other.samples)
  }

  @Test func anInstantOfTheLocalClockIsFoundAgain() {
    let model = ClockModel(
      driftPPM: 73, wander: .init(changePPM: 0.1, limitPPM: 2),
      slews: [.init(from: .seconds(500), lasting: .seconds(60), by: .milliseconds(3))],
      pauses: [.init(from: .seconds(100), lasting: .seconds(50))])
    let clock = SimulatedClock<Monotonic>(
      model, origin: 7, span: .seconds(1000), random: SplitMix64(seed: 1))
    for seconds in stride(from: 0, to: 1200, by: 7) {
      let instant = WorldInstant.after(.seconds(seconds))
      let reading = clock.reading(at: instant)
      let found = clock.instant(of: reading)
      #expect(clock.reading(at: found) == reading, "after \(seconds) s")
      #expect(found <= instant + .nanoseconds(2), "after \(seconds) s")
    }
  }
}
