/// How far the clocks of an exchange's servers were seen to differ, over the last day.
///
/// A load-balanced exchange answers from several servers. Which one gets a bot's order nobody
/// knows, so the published bound is widened until it holds for each that was met.
///
/// Symbols: m_i the offset of server i; D no less than the distance of any two that were met at
/// the same time. If the newest burst proves L <= m_k <= U of one of them, then for each
///
///     L - D  <=  m_j  <=  U + D
///
/// What breaks it: servers that were never met, or never at a time when the bound of one excluded
/// the other. They differ by less than the offset may drift between two resyncs, and only the one
/// met last is sure to be covered.
package struct FleetSpread: Sendable, Hashable {
  package struct Sighting: Sendable, Hashable {
    package var asOf: MonotonicInstant
    /// No less than the distance of the servers that were met.
    package var diameter: Duration
    /// How many answers came from another server than most.
    package var answers: Int

    package init(asOf: MonotonicInstant, diameter: Duration, answers: Int) {
      self.asOf = asOf
      self.diameter = diameter
      self.answers = answers
    }
  }

  /// Oldest first, an hour apart or more.
  package private(set) var seen: [Sighting]

  /// A server that was not met for this long is taken to be gone.
  package static let memory = Duration.seconds(86_400)

  package init(seen: [Sighting] = []) {
    self.seen = seen
  }

  /// One odd answer widens the bound of its own burst only; more of them are servers.
  package var isFleet: Bool { seen.reduce(0) { $0 + $1.answers } > 1 }

  /// How far the servers differ, at most; zero where all answers come from one clock.
  package var slack: Duration { isFleet ? seen.map(\.diameter).max() ?? .zero : .zero }

  /// Takes in what the answers of one burst show.
  package mutating func saw(_ agreement: BurstAgreement) {
    let (spread, asOf) = (agreement.spread, agreement.clock.asOf)
    seen.removeAll { $0.asOf < asOf - Self.memory }
    guard spread != .none else { return }
    add(
      Sighting(
        asOf: asOf, diameter: spread.below + agreement.clock.interval.width + spread.above,
        answers: agreement.rejected))
  }

  /// Takes in that a burst came from another server than the one that is known.
  package mutating func saw(_ known: IntervalClock, _ other: BurstAgreement) {
    let (mine, theirs) = (known.interval(at: other.clock.asOf), other.clock.interval)
    add(
      Sighting(
        asOf: other.clock.asOf,
        diameter: max(mine.upper, theirs.upper) - min(mine.lower, theirs.lower),
        answers: other.samples.count))
  }

  /// Takes in that answers still come from servers that differ by as much as is known.
  mutating func metAgain(at asOf: MonotonicInstant) {
    add(Sighting(asOf: asOf, diameter: slack, answers: 1))
  }

  /// One entry for each hour is enough, and bounds how many there are.
  private mutating func add(_ sighting: Sighting) {
    if let last = seen.last, sighting.asOf - last.asOf < .seconds(3600) {
      seen[seen.count - 1].diameter = max(last.diameter, sighting.diameter)
      seen[seen.count - 1].answers += sighting.answers
    } else {
      seen.append(sighting)
    }
  }

  /// What the bound of a burst is to be widened by before it is published.
  package func spread(with agreement: BurstAgreement) -> Spread {
    isFleet ? Spread(below: slack, above: slack) : agreement.spread
  }
}
