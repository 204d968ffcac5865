/// The rates at which an offset may change. Positive: the exchange's clock is faster than ours.
package struct RateInterval: Sendable, Hashable {
  /// Parts per million.
  package var lowerPPM: Double
  package var upperPPM: Double

  /// - Precondition: `lowerPPM` is not above `upperPPM`.
  package init(lowerPPM: Double, upperPPM: Double) {
    precondition(lowerPPM <= upperPPM, "a rate interval is not empty")
    self.lowerPPM = lowerPPM
    self.upperPPM = upperPPM
  }

  /// The same for numbers that were read from outside: fails where they are no interval.
  package init?(from lowerPPM: Double, to upperPPM: Double) {
    guard lowerPPM.isFinite, upperPPM.isFinite, lowerPPM <= upperPPM else { return nil }
    self.init(lowerPPM: lowerPPM, upperPPM: upperPPM)
  }

  /// All rates that a drift bound allows.
  package init(within drift: DriftBound) {
    let limit = Double(drift.partsPerMillion)
    self.init(lowerPPM: -limit, upperPPM: limit)
  }

  package var midpointPPM: Double { (lowerPPM + upperPPM) / 2 }

  /// Half the width: the midpoint is off by at most this.
  package var errorPPM: Double { (upperPPM - lowerPPM) / 2 }

  /// The least that an offset changes in `elapsed`, which may be negative; rounded down to
  /// nanoseconds.
  func leastChange(overNanoseconds elapsed: Double) -> Int64 {
    Int64((elapsed * (elapsed < 0 ? upperPPM : lowerPPM) / 1e6).rounded(.down))
  }

  /// The most that an offset changes in `elapsed`, which may be negative; rounded up to
  /// nanoseconds.
  func mostChange(overNanoseconds elapsed: Double) -> Int64 {
    Int64((elapsed * (elapsed < 0 ? lowerPPM : upperPPM) / 1e6).rounded(.up))
  }
}
