/// How far the answers of an exchange were seen to differ within single bursts, over the last day.
package struct FleetSpread: Sendable, Hashable {
  private struct Sighting: Sendable, Hashable {
    var asOf: MonotonicInstant
    var spread: Spread
    /// How many answers lay outside.
    var answers: Int
  }

  private var seen: [Sighting] = []

  /// A member of a fleet that was not met for this long is taken to be gone.
  package static let memory = Duration.seconds(86_400)

  package init() {}

  package mutating func saw(_ agreement: BurstAgreement) {
    seen.removeAll { $0.asOf < agreement.clock.asOf - Self.memory }
    guard agreement.spread != .none else { return }
    // One entry for each hour is enough, and bounds how many there are.
    if let last = seen.last, agreement.clock.asOf - last.asOf < .seconds(3600) {
      seen[seen.count - 1].spread = last.spread.union(agreement.spread)
      seen[seen.count - 1].answers += agreement.rejected
    } else {
      seen.append(
        Sighting(
          asOf: agreement.clock.asOf, spread: agreement.spread, answers: agreement.rejected))
    }
  }

  /// What the published bound is to be widened by.
  ///
  /// One odd answer widens the bound of its own burst only. Once there were more, they are members:
  /// and as the next burst may have the majority of another member, the bound is widened to both
  /// sides, and by its own width, which may be anywhere in the other's.
  package func spread(with agreement: BurstAgreement) -> Spread {
    guard seen.reduce(0, { $0 + $1.answers }) > 1 else { return agreement.spread }
    let all = seen.reduce(agreement.spread) { $0.union($1.spread) }
    let widest = max(all.below, all.above) + agreement.clock.interval.width
    return Spread(below: widest, above: widest)
  }
}
