package import ClockCore

/// Probes over a link with nothing in between: what an estimator has to work with, and the truth.
///
/// The exchange's clock, the host's and the path are drawn from the seed; the trial begins at a
/// random phase of the exchange's quantum. A probe that would time out is repeated.
package struct LinkTrial: Sendable {
  /// How long it takes to make the connection, before the first probe: DNS is known, TCP and TLS
  /// 1.3 take two round trips. Who includes it in his first probe has this much more delay there.
  package let connecting: Duration

  private let prober: Prober
  private var world: WorldInstant
  private var probes = 0
  private var random: SplitMix64

  /// - Parameter span: how long the clocks wander; their rates are constant after that.
  package init(
    _ link: LinkClass, seed: UInt64, server: ServerModel = ServerModel(),
    host: HostModel = HostModel(), span: Duration = .seconds(3600)
  ) {
    let seeds = Seeds(seed)
    prober = Prober(
      link: link, server: SimulatedServer(server, faults: [], span: span, seeds: seeds),
      clocks: LocalClocks(host, span: span, seeds: seeds), timeout: .seconds(5), seeds: seeds)
    random = seeds.generator(.schedule)
    world = .after(random.duration(in: .zero ... .seconds(60)))
    var (start, setup) = (world, seeds.generator(.path, -1))
    for _ in 0..<2 {
      start = start + link.up.delay(at: start, random: &setup)
      start = start + link.down.delay(at: start, random: &setup)
    }
    connecting = start - world
    world = start
  }

  /// The present, which is when the last probe's answer came.
  package var now: MonotonicInstant { prober.clocks.monotonic.reading(at: world) }

  /// Sends a probe so long after the last one's answer.
  package mutating func probe(after pause: Duration) -> Sample {
    world = prober.clocks.monotonic.instant(of: now + pause)
    while true {
      let run = prober.run(probe: probes, connection: 0, at: world)
      probes += 1
      world = run.ended
      if case .success(let sample) = run.result { return sample }
    }
  }

  /// The anchored offset as it truly is at an instant of the host's clock.
  package func truth(at instant: MonotonicInstant) -> AnchoredOffset {
    let world = prober.clocks.monotonic.instant(of: instant)
    return AnchoredOffset(
      from: prober.clocks.monotonic.reading(at: world), to: prober.server.reading(at: world))
  }

  /// A random pause as a daemon makes within a burst: 20 to 100 ms.
  package mutating func pause() -> Duration {
    random.duration(in: .milliseconds(20) ... .milliseconds(100))
  }
}

extension LinkClass {
  /// One burst of so many probes, 20 to 100 ms apart, and the anchored offset as it truly was when
  /// the last answer came.
  package func burst(
    count: Int, seed: UInt64, server: ServerModel = ServerModel(), host: HostModel = HostModel()
  ) -> (samples: [Sample], truth: AnchoredOffset) {
    var trial = LinkTrial(self, seed: seed, server: server, host: host)
    let samples = (0..<count).map { number in
      let pause = number == 0 ? Duration.zero : trial.pause()
      return trial.probe(after: pause)
    }
    return (samples, trial.truth(at: trial.now))
  }
}
