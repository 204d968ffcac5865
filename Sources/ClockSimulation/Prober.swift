import ClockCore

/// One request after the other, over a link to a server and back.
struct Prober: Sendable {
  struct Run: Sendable {
    /// When the host has the answer, or gives up.
    var ended: WorldInstant
    var result: Result<Sample, ProbeFailure>
    /// Who answered; nil when the answer is no time.
    var member: Int?
  }

  let link: LinkClass
  let server: SimulatedServer
  let clocks: LocalClocks
  let timeout: Duration
  let seeds: Seeds

  /// The instant of CLOCK_MONOTONIC_RAW is taken this much before the request leaves, at most, and
  /// as much after the answer came.
  static let longestStamping = Duration.microseconds(15)

  func run(probe: Int, connection: Int, at instant: WorldInstant) -> Run {
    var random = seeds.generator(.path, probe)
    let sent = clocks.monotonic.reading(at: instant)
    let departed = instant + random.duration(in: .zero...Self.longestStamping)
    let arrived = departed + link.up.delay(at: departed, random: &random)
    let member = server.member(forConnection: connection, probe: probe, at: arrived)
    var outcome = server.answer(member: member, probe: probe, arrived: arrived)
    if random.isTrue(probability: link.loss) { outcome = .silence }

    /// When the host has an answer that left then; nil when it has given up before.
    func received(_ departed: WorldInstant) -> WorldInstant? {
      let back = departed + link.down.delay(at: departed, random: &random)
      let received = clocks.awake(from: back + random.duration(in: .zero...Self.longestStamping))
      return clocks.monotonic.reading(at: received) - sent < timeout ? received : nil
    }
    switch outcome {
    case .time(let arrival, let departure, let departed, let isStale):
      guard let received = received(departed) else { return silence(since: sent) }
      let sample = Sample(
        sent: sent, received: clocks.monotonic.reading(at: received), arrival: arrival,
        departure: departure, resolution: server.model.resolution, isCached: isStale)
      return Run(ended: received, result: .success(sample), member: member)
    case .failed(let failure, let departed):
      guard let received = received(departed) else { return silence(since: sent) }
      return Run(ended: received, result: .failure(failure))
    case .silence: return silence(since: sent)
    }
  }

  private func silence(since sent: MonotonicInstant) -> Run {
    let reason = "no answer within \(timeout.shortText)"
    return Run(
      ended: clocks.awake(from: clocks.monotonic.instant(of: sent + timeout)),
      result: .failure(ProbeFailure(reason: reason)))
  }
}
