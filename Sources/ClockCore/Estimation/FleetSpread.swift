/// How far the answers of an exchange were seen to differ within single bursts, over the last day.
package struct FleetSpread: Sendable, Hashable {
  private struct Sighting: Sendable, Hashable {
    var asOf: MonotonicInstant
    var spread: Spread
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
    } else {
      seen.append(Sighting(asOf: agreement.clock.asOf, spread: agreement.spread))
    }
  }

  /// What the published bound is to be widened by.
  package func spread(with agreement: BurstAgreement) -> Spread {
    seen.reduce(agreement.spread) { $0.union($1.spread) }
  }
}
