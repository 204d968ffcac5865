/// Tells apart whose clock is wrong, which path is bad, and when neither is so.
///
/// Each exchange's clock minus this host's is known as an interval that holds the truth; this
/// host's own clock is the interval [0, 0]. Two clocks *contradict* each other when their intervals
/// are further apart than `thresholds.contradiction`: then at least one of them is wrong by half
/// of it. What more than half of the exchanges agree on is the consensus. A clock is *accused*
/// when the exchanges of the consensus that contradict it are more than those that side with it:
/// itself, and every clock outside the consensus that does not contradict it, this host's included.
///
/// So it takes at least two to accuse a clock, and three where another sides with it. What breaks
/// it: exchanges that are wrong together (one operator, one cache in front of several).
package struct ClockHealth: Sendable {
  let exchanges: [ExchangeEvidence]
  let now: MonotonicInstant
  let thresholds: HealthThresholds
  private let witnesses: [ClockConsensus.Witness]

  /// What most exchanges agree on; nil where none is measured or there is no majority.
  package let consensus: ClockConsensus?

  package init(
    _ exchanges: [ExchangeEvidence], at now: MonotonicInstant,
    thresholds: HealthThresholds = .standard
  ) {
    self.exchanges = exchanges
    self.now = now
    self.thresholds = thresholds
    witnesses = exchanges.compactMap { exchange in
      exchange.interval.map { ClockConsensus.Witness(id: exchange.id, interval: $0) }
    }
    consensus = ClockConsensus(of: witnesses, leeway: thresholds.contradiction)
  }

  /// The gravest first; never none while an exchange is followed.
  package var verdicts: [Verdict] {
    let accused = witnesses.filter { isAccused($0.interval) }
    let isSystemAccused = isAccused(Self.system)
    var verdicts: [Verdict] = []
    if let consensus {
      if isSystemAccused { verdicts.append(.systemClockWrong(consensus)) }
      verdicts += accused.map { .exchangeClockWrong($0, consensus) }
    }
    let others = witnesses.filter { !accused.contains($0) }
    let intervals = others.map(\.interval) + (isSystemAccused ? [] : [Self.system])
    if intervals.contains(where: { one in intervals.contains { contradict(one, $0) } }) {
      verdicts.append(
        .unknown(witnesses.count == 1 ? .twoClocks(witnesses[0]) : .divided(witnesses)))
    }
    for exchange in exchanges {
      verdicts += verdict(onPathTo: exchange, among: others)
    }
    if verdicts.isEmpty, let consensus { verdicts = [.clocksFine(consensus)] }
    return verdicts
  }

  // MARK: Clocks

  private static let system: OffsetInterval<Local, Exchange> = {
    let zero = LocalOffset(nanoseconds: 0)
    guard let interval = OffsetInterval(lower: zero, upper: zero) else {
      preconditionFailure("a point is an interval")
    }
    return interval
  }()

  private func contradict(
    _ one: OffsetInterval<Local, Exchange>, _ other: OffsetInterval<Local, Exchange>
  ) -> Bool {
    one.gap(to: other) > thresholds.contradiction
  }

  private func isAccused(_ clock: OffsetInterval<Local, Exchange>) -> Bool {
    guard let consensus else { return false }
    let accusers = consensus.members.count { contradict($0.interval, clock) }
    // This host's clock and the outsiders, the accused one among them.
    let outsiders = witnesses.filter { !consensus.members.contains($0) }.map(\.interval)
    let isSystemOutside = consensus.members.contains { contradict($0.interval, Self.system) }
    let supporters = (outsiders + (isSystemOutside ? [Self.system] : []))
      .count { !contradict($0, clock) }
    // The clock itself is one of its supporters, so that it takes two to accuse it.
    return accusers > supporters
  }
}
