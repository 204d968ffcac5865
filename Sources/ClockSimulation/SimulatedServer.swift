package import ClockCore

/// An exchange at work: its clock, and what it answers to a request that arrives.
package struct SimulatedServer: Sendable {
  /// What came of a request.
  package enum Outcome: Sendable, Hashable {
    /// Two stamps, equal where there is one; it left at `departed`; stale when its headers say so.
    case time(
      arrival: ExchangeInstant, departure: ExchangeInstant, departed: WorldInstant, isStale: Bool)
    case failed(ProbeFailure, departed: WorldInstant)
    case silence
  }

  package let model: ServerModel
  package let faults: [Fault]
  private let clock: SimulatedClock<Exchange>
  private let seeds: Seeds

  /// Unix time at the beginning, ns: 21 September 2026.
  package static let epoch: Int64 = 1_790_000_000_000_000_000

  package init(_ model: ServerModel, faults: [Fault], span: Duration, seeds: Seeds) {
    self.model = model
    self.faults = faults
    self.seeds = seeds
    clock = SimulatedClock(
      model.clock, origin: Self.epoch, span: span, random: seeds.generator(.exchangeClock))
  }

  /// What the clock of a member truly shows.
  package func reading(at instant: WorldInstant, member: Int = 0) -> ExchangeInstant {
    clock.reading(at: instant) + model.members[member]
  }

  /// The member that answers a request on that connection.
  package func member(forConnection connection: Int, probe: Int, at instant: WorldInstant) -> Int {
    let count = model.members.count
    switch model.balancing {
    case .takingTurns(let period):
      return Int(instant.nanoseconds / period.wholeNanoseconds) % count
    case .perConnection:
      var random = seeds.generator(.fleet, connection)
      return Int.random(in: 0..<count, using: &random)
    case .perRequest:
      var random = seeds.generator(.fleet, probe)
      return Int.random(in: 0..<count, using: &random)
    }
  }

  package func answer(member: Int, probe: Int, arrived: WorldInstant) -> Outcome {
    var random = seeds.generator(.server, probe)
    let read = arrived + random.exponential(mean: model.handlingBefore)
    let departed = read + random.exponential(mean: model.handlingAfter)
    func time(
      _ instant: ExchangeInstant, _ second: ExchangeInstant? = nil, isStale: Bool = false
    ) -> Outcome {
      .time(
        arrival: truncated(instant, to: model.resolution),
        departure: truncated(second ?? instant, to: model.resolution), departed: departed,
        isStale: isStale)
    }
    switch fault(probe: probe, at: arrived) {
    case nil where model.stampsTwice:
      return time(reading(at: arrived, member: member), reading(at: departed, member: member))
    case nil: return time(reading(at: read, member: member))
    case .wrong(let error): return time(reading(at: read, member: member) + error)
    case .cached(let age, let isFlagged):
      return time(reading(at: read - age, member: member), isStale: isFlagged)
    case .frozen:
      let since = faults.filter { $0.kind == .frozen && .after($0.from) <= arrived }
        .map(\.from).max()
      return time(reading(at: .after(since ?? .zero), member: member))
    case .silence: return .silence
    case .refusal:
      return .failed(ProbeFailure(reason: "connection refused"), departed: arrived)
    case .status(let status, let retryAfter):
      let failure = ProbeFailure(
        reason: "HTTP \(status)", status: status, retryAfter: retryAfter)
      return .failed(failure, departed: departed)
    }
  }

  /// The first of the faults that strikes this request.
  private func fault(probe: Int, at arrived: WorldInstant) -> Fault.Kind? {
    var random = seeds.generator(.faults, probe)
    return faults.first {
      .after($0.from) <= arrived && arrived < .after($0.to)
        && random.isTrue(probability: $0.probability)
    }?.kind
  }
}

/// The last whole quantum that has passed.
func truncated(_ instant: ExchangeInstant, to quantum: Duration) -> ExchangeInstant {
  let (nanoseconds, quantum) = (instant.nanoseconds, max(quantum.wholeNanoseconds, 1))
  let rest = nanoseconds % quantum
  return ExchangeInstant(nanoseconds: nanoseconds - (rest < 0 ? rest + quantum : rest))
}
