/// What most of several exchanges agree on against this host's clock.
///
/// The clocks of healthy exchanges differ by more than the errors of a short path, so their
/// intervals need not share a part: they agree when they come within a leeway of each other.
package struct ClockConsensus: Sendable, Hashable {
  /// One exchange and its clock minus this host's.
  package struct Witness: Sendable, Hashable {
    package var id: String
    package var interval: OffsetInterval<Local, Exchange>

    package init(id: String, interval: OffsetInterval<Local, Exchange>) {
      self.id = id
      self.interval = interval
    }
  }

  /// What the members' intervals share, or, where they share nothing, what lies between them.
  /// Positive: the exchanges are ahead of this host.
  package var interval: OffsetInterval<Local, Exchange>

  /// Who agrees, in the order given; more than half of all who were asked.
  package var members: [Witness]

  /// How many were asked.
  package var asked: Int

  /// Nil where there is no majority.
  package init?(of witnesses: [Witness], leeway: Duration) {
    let wider = witnesses.map { $0.interval.widened(by: leeway / 2) }
    guard let agreement = Agreement(of: wider), agreement.count * 2 > witnesses.count else {
      return nil
    }
    members = zip(witnesses, wider)
      .filter { $0.1.intersection(agreement.interval) == agreement.interval }.map(\.0)
    asked = witnesses.count
    // The ends without the leeway, which may have changed places.
    let ends = [
      agreement.interval.lower + leeway / 2, agreement.interval.upper - leeway / 2,
    ].sorted()
    guard let interval = OffsetInterval(lower: ends[0], upper: ends[1]) else {
      preconditionFailure("the ends are sorted")
    }
    self.interval = interval
  }
}

extension OffsetInterval {
  /// How far apart two intervals are; zero where they share a part.
  func gap(to other: Self) -> Duration {
    max(max(lower, other.lower) - min(upper, other.upper), .zero)
  }

  /// How far a point lies outside.
  func gap(to point: Offset<Base, Target>) -> Duration {
    max(lower - point, point - upper, .zero)
  }
}
