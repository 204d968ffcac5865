/// How far one clock is ahead of another that runs alike, known within an interval.
///
/// Who reads the leading clock between two readings of the other knows both ends: the lead is at
/// least `reading - after` and at most `reading - before`. It stays the same until something
/// interrupts one of the clocks: two looks that contradict each other prove that.
package struct ClockLead: Sendable, Hashable {
  package private(set) var lower: Duration
  package private(set) var upper: Duration

  package init(lower: Duration, upper: Duration) {
    precondition(lower <= upper, "the ends are the wrong way round")
    self.lower = lower
    self.upper = upper
  }

  package var midpoint: Duration { lower + (upper - lower) / 2 }

  /// Whether a newer look says that something has interrupted one of the clocks.
  ///
  /// - Parameter tolerance: how far the lead may have moved by itself since this look.
  package func isContradicted(by newer: ClockLead, tolerance: Duration) -> Bool {
    newer.lower > upper + tolerance || newer.upper < lower - tolerance
  }

  package enum Change: Sendable, Hashable {
    /// Nothing is proven; the newer look may have narrowed the interval.
    case none
    /// The follower was interrupted, or the leader set ahead, by at least this.
    case grown(by: Duration)
    /// The other way round.
    case shrunk(by: Duration)
  }

  /// Takes in a newer look; one that contradicts what was known replaces it.
  ///
  /// - Parameter tolerance: how far the lead may have moved by itself since the last look.
  package mutating func look(_ newer: ClockLead, tolerance: Duration = .zero) -> Change {
    precondition(tolerance >= .zero, "an interval is never shrunk by widening it")
    let (least, most) = (lower - tolerance, upper + tolerance)
    if newer.lower > most {
      self = newer
      return .grown(by: newer.lower - most)
    }
    if newer.upper < least {
      self = newer
      return .shrunk(by: least - newer.upper)
    }
    lower = max(least, newer.lower)
    upper = min(most, newer.upper)
    return .none
  }
}
