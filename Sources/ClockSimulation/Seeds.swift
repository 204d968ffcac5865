package import ClockCore

/// Independent generators from one seed: one per purpose and number, so that one more draw in one
/// place shifts nothing in another.
package struct Seeds: Sendable, Hashable {
  package enum Purpose: UInt64, Sendable {
    case exchangeClock = 1
    case localClock
    case path
    case server
    case fleet
    case faults
    case tracker
    case host
    case schedule
    case scenario
  }

  package let root: UInt64

  package init(_ root: UInt64) {
    self.root = root
  }

  /// The generator of one purpose; `number` tells apart several of a kind (the probe, the member).
  package func generator(_ purpose: Purpose, _ number: Int = 0) -> SplitMix64 {
    var outer = SplitMix64(seed: root)
    var middle = SplitMix64(seed: outer.next() ^ purpose.rawValue)
    var inner = SplitMix64(seed: middle.next() ^ UInt64(truncatingIfNeeded: number))
    return SplitMix64(seed: inner.next())
  }
}
