internal import ClockCore
internal import ClockSimulation

/// Everything that bench/accuracy.py judges and plots, as lines of JSON.
package enum Traces {
  /// - Parameter trials: bursts of 64 probes for each class of link.
  package static func write(trials: Int, to output: (String) -> Void) {
    for link in LinkClass.all {
      var coverage = Coverage()
      for trial in 0..<trials {
        output(burst(link, seed: UInt64(trial), &coverage).text)
      }
      output(coverage.line(of: "one burst, \(link.name)").text)
    }
    asymmetry(trials: trials, to: output)
    coarse(trials: trials, to: output)
    holdover(trials: max(trials / 5, 1), to: output)
    sweep(trials: max(trials / 5, 1), to: output)
    output(cost().text)
  }

  /// A first burst of 64 probes, with what is published after each.
  private static func burst(
    _ link: LinkClass, kind: String = "burst", count: Int = 64, seed: UInt64,
    _ coverage: inout Coverage
  ) -> Line {
    var draw = Draw(seed: seed)
    let server = draw.server(driftPPM: 40)
    // So frequent that the budget of probes per minute allows for all of them.
    let settings = TrackerSettings(interval: .seconds(60), samples: count)
    var session = Session(
      LinkTrial(link, seed: seed, server: server), settings: settings, seed: seed)
    var published: [[Int64]] = []
    for _ in 0..<count {
      session.runUntilSample()
      let now = session.published
      coverage.note(now)
      published.append(now.map { [$0.truth, $0.estimate, $0.bound] } ?? [])
    }
    let base = session.samples.first.map { HostUnixTime.nanoseconds($0.sent) } ?? 0
    var line = Line(kind: kind)
    line.add("link", link.name)
    line.add("base", base)
    line.add("probes", session.samples, base: base)
    line.add("published", published)
    return line
  }

  /// 30 ms there, 60 ms back.
  private static func asymmetry(trials: Int, to output: (String) -> Void) {
    let link = LinkClass.metropolitan.withMinimum(up: .milliseconds(30), down: .milliseconds(60))
    var coverage = Coverage()
    for trial in 0..<trials {
      output(burst(link, kind: "asymmetry", count: 8, seed: UInt64(trial), &coverage).text)
    }
    output(coverage.line(of: "30 ms there, 60 ms back").text)
  }

  /// A clock that tells whole seconds, asked 16 times at 20 ms; and htpdate at the same link.
  private static func coarse(trials: Int, to output: (String) -> Void) {
    var coverage = Coverage()
    for trial in 0..<trials {
      let seed = UInt64(trial)
      var draw = Draw(seed: seed)
      let server = draw.server(driftPPM: 40, resolution: .seconds(1))
      let settings = TrackerSettings(samples: 16, resolution: .seconds(1))
      var session = Session(
        LinkTrial(.metropolitan, seed: seed, server: server), settings: settings, seed: seed)
      session.runUntilResyncEnds { coverage.note($0.published) }
      let base = session.samples.first.map { HostUnixTime.nanoseconds($0.sent) } ?? 0
      var line = Line(kind: "coarse")
      line.add("base", base)
      line.add("probes", session.samples, base: base)
      line.add("published", session.published.map { [$0.truth, $0.estimate, $0.bound] } ?? [])
      var peer = HtpdatePoll(LinkTrial(.metropolitan, seed: seed, server: server), precision: 9)
      line.add("htpdate", [peer.run(), HostUnixTime.offset(peer.trial.truth(at: peer.trial.now))])
      output(line.text)
    }
    output(coverage.line(of: "1 s resolution").text)
  }

  /// Nine resyncs, one each hour; what is published each minute and just before the next resync.
  private static func holdover(trials: Int, to output: (String) -> Void) {
    var coverage = Coverage()
    for trial in 0..<trials {
      let seed = UInt64(trial)
      var draw = Draw(seed: seed)
      let server = draw.server(driftPPM: 40)
      // No resync before its time, however large the error is by then.
      let settings = TrackerSettings(interval: .seconds(3600), maxError: .seconds(10))
      let path = LinkTrial(.metropolitan, seed: seed, server: server, span: .seconds(36_000))
      var session = Session(path, settings: settings, seed: seed)
      for resync in 0..<9 {
        session.runUntilResyncEnds { coverage.note($0.published) }
        let base = session.samples.first.map { HostUnixTime.nanoseconds($0.sent) } ?? 0
        let rows = session.instantsUntilResync(every: .seconds(60)).map { instant -> [Int64] in
          let then = session.published(at: instant)
          coverage.note(then)
          let at = HostUnixTime.nanoseconds(instant) - base
          return then.map { [at, $0.truth, $0.estimate, $0.bound] } ?? []
        }
        var line = Line(kind: "holdover")
        line.add("trial", trial)
        line.add("resync", resync)
        line.add("base", base)
        line.add("probes", session.samples, base: base)
        line.add("published", rows)
        output(line.text)
      }
    }
    output(coverage.line(of: "nine hours, up to 40 ppm").text)
  }

  /// Whatever the promise allows, for six hours each: any link, any division of its round trip,
  /// any resolution, any rate within the assumed 100 ppm that wanders by as much as is assumed.
  private static func sweep(trials: Int, to output: (String) -> Void) {
    var coverage = Coverage()
    for trial in 0..<trials {
      let seed = 1_000_000 + UInt64(trial)
      var draw = Draw(seed: seed)
      var link = LinkClass.all[trial % LinkClass.all.count]
      let roundTrip = link.up.minimum + link.down.minimum
      let up = draw.random.duration(in: .zero...roundTrip)
      link = link.withMinimum(up: up, down: roundTrip - up)
      let resolution: Duration = [.microseconds(1), .milliseconds(1), .seconds(1)][trial % 3]
      let server = draw.server(driftPPM: 98, wanderPPM: 2, resolution: resolution)
      let settings = TrackerSettings(
        interval: draw.random.duration(in: .seconds(600) ... .seconds(5400)),
        samples: Int.random(in: 2...16, using: &draw.random), resolution: resolution)
      let path = LinkTrial(link, seed: seed, server: server, span: .seconds(30_000))
      let end = path.now + .seconds(21_600)
      var session = Session(path, settings: settings, seed: seed)
      while session.trial.now < end {
        session.runUntilResyncEnds { coverage.note($0.published) }
        for instant in session.instantsUntilResync(every: .seconds(7)) {
          coverage.note(session.published(at: instant))
        }
      }
    }
    output(coverage.line(of: "sweep: links, asymmetry, resolutions, 98 + 2 ppm").text)
  }
}
