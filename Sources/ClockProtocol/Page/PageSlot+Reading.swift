extension PageSlot {
  /// The exchange's clock at one moment, by this slot.
  package struct Reading: Sendable, Equatable {
    package var state: State
    /// Unix time: the exchange's clock shows at least this, and at most that.
    package var earliestNanoseconds: Int64
    package var latestNanoseconds: Int64

    /// The middle, rounded down.
    package var estimateNanoseconds: Int64 {
      earliestNanoseconds &+ (latestNanoseconds &- earliestNanoseconds) / 2
    }
  }

  /// How far CLOCK_REALTIME may have moved against CLOCK_MONOTONIC_RAW by itself: a coarse reading
  /// is up to a tick old (10 ms), and a clock that is kept by NTP is slewed by up to 500 ppm,
  /// besides its own rate.
  package static let clockSlackNanoseconds: Int64 = 20_000_000
  package static let clockSlackPPM: Int64 = 600

  /// What the slot says at one moment. Wraps rather than traps: a damaged page must not end a bot.
  ///
  /// - Parameters:
  ///   - raw: CLOCK_MONOTONIC_RAW, read before the slot.
  ///   - coarse: CLOCK_REALTIME_COARSE, read just after it.
  package func reading(
    rawNanoseconds raw: Int64, coarseNanoseconds coarse: Int64
  ) throws(PageRefusal) -> Reading {
    guard state.isUsable else { throw .notSynchronized(state) }
    guard raw <= voidAfterNanoseconds else { throw .void }
    let age = raw &- checkedNanoseconds
    let moved = (coarse &- raw) &- realMinusRawNanoseconds
    let slack = Self.clockSlackNanoseconds &+ Self.clockSlackPPM &* (max(age, 0) / 1_000_000)
    guard moved.magnitude <= slack.magnitude else { throw .clockMoved }
    let elapsed = raw &- asOfNanoseconds
    let isBefore = elapsed < 0
    guard let least = Self.gain(elapsed, isBefore ? upperRate : lowerRate, .down),
      let most = Self.gain(elapsed, isBefore ? lowerRate : upperRate, .up)
    else { throw .void }
    let isLate = raw > holdoverAfterNanoseconds
    return Reading(
      state: isLate ? .holdover : state,
      earliestNanoseconds: lowerNanoseconds &+ elapsed &+ least,
      latestNanoseconds: upperNanoseconds &+ elapsed &+ most)
  }

  /// Nil where the product is no time at all.
  private static func gain(
    _ elapsed: Int64, _ rate: Double, _ rounding: FloatingPointRoundingRule
  ) -> Int64? {
    let product = (Double(elapsed) * rate).rounded(rounding)
    return product.magnitude < 9e18 ? Int64(product) : nil
  }
}
