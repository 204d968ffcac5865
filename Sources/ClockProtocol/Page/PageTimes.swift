/// The part of a slot that tells the time: its first sixteen words.
///
/// A reader has some tens of nanoseconds for all of it, so that this can be inlined everywhere, and
/// the rest of a slot is not even copied for it.
@usableFromInline
package struct PageTimes: Sendable, Equatable {
  @usableFromInline package typealias Words = InlineArray<16, UInt64>

  /// As the page has it.
  @usableFromInline var state: UInt32
  @usableFromInline var asOf: Int64
  @usableFromInline var lower: Int64
  @usableFromInline var upper: Int64
  @usableFromInline var lowerRate: Double
  @usableFromInline var upperRate: Double
  @usableFromInline var voidAfter: Int64
  @usableFromInline var holdoverAfter: Int64
  @usableFromInline var checked: Int64
  @usableFromInline var realMinusRaw: Int64

  /// The exchange's clock at one moment.
  @usableFromInline
  package struct Reading: Sendable, Equatable {
    @usableFromInline package var state: PageSlot.State
    /// Unix time: the exchange's clock shows at least this, and at most that.
    @usableFromInline package var earliestNanoseconds: Int64
    @usableFromInline package var latestNanoseconds: Int64
    /// For how long nobody had looked after the slot.
    @usableFromInline package var ageNanoseconds: Int64

    @inlinable @inline(__always)
    package init(
      state: PageSlot.State, earliestNanoseconds: Int64, latestNanoseconds: Int64,
      ageNanoseconds: Int64
    ) {
      self.state = state
      self.earliestNanoseconds = earliestNanoseconds
      self.latestNanoseconds = latestNanoseconds
      self.ageNanoseconds = ageNanoseconds
    }

    /// The middle, rounded down.
    package var estimateNanoseconds: Int64 {
      earliestNanoseconds &+ (latestNanoseconds &- earliestNanoseconds) / 2
    }
  }

  /// Each word is in the place that `PageLayout.SlotField` has for it.
  @inlinable @inline(__always)
  package init(_ words: borrowing InlineArray<16, UInt64>) {
    #if _endian(little)
      state = UInt32(truncatingIfNeeded: words[5])
    #else
      state = UInt32(truncatingIfNeeded: words[5] >> 32)
    #endif
    asOf = Int64(bitPattern: words[7])
    lower = Int64(bitPattern: words[8])
    upper = Int64(bitPattern: words[9])
    lowerRate = Double(bitPattern: words[10])
    upperRate = Double(bitPattern: words[11])
    voidAfter = Int64(bitPattern: words[12])
    holdoverAfter = Int64(bitPattern: words[13])
    checked = Int64(bitPattern: words[14])
    realMinusRaw = Int64(bitPattern: words[15])
  }

  init(_ slot: PageSlot) {
    state = slot.state.rawValue
    (asOf, lower, upper) = (slot.asOfNanoseconds, slot.lowerNanoseconds, slot.upperNanoseconds)
    (lowerRate, upperRate) = (slot.lowerRate, slot.upperRate)
    (voidAfter, holdoverAfter) = (slot.voidAfterNanoseconds, slot.holdoverAfterNanoseconds)
    (checked, realMinusRaw) = (slot.checkedNanoseconds, slot.realMinusRawNanoseconds)
  }

  /// How far CLOCK_REALTIME may have moved against CLOCK_MONOTONIC_RAW by itself: a coarse reading
  /// is up to a tick old (10 ms), and a clock that is kept by NTP is slewed by up to 500 ppm,
  /// besides its own rate.
  @inlinable package static var slackNanoseconds: Int64 { 20_000_000 }
  @inlinable package static var slackPPM: Int64 { 600 }

  /// Beyond 2116, or bounds that are 73 years apart: the page is damaged.
  @inlinable package static var farthest: Int64 { 1 << 62 }
  @inlinable package static var widest: Int64 { 1 << 61 }

  /// What the slot says at one moment. Wraps rather than traps: a damaged page must not end a bot.
  ///
  /// - Parameters:
  ///   - raw: CLOCK_MONOTONIC_RAW, read before the slot.
  ///   - coarse: CLOCK_REALTIME_COARSE, read just after it.
  @inlinable @inline(__always)
  package func reading(
    rawNanoseconds raw: Int64, coarseNanoseconds coarse: Int64
  ) throws(PageRefusal) -> Reading {
    guard state == 1 || state == 2 else {
      throw .notSynchronized(PageSlot.State(rawValue: state) ?? .unknown)
    }
    guard raw <= voidAfter else { throw .void }
    let age = raw &- checked
    let moved = (coarse &- raw) &- realMinusRaw
    let slack = Self.slackNanoseconds &+ Self.slackPPM &* (max(age, 0) / 1_000_000)
    guard moved.magnitude <= slack.magnitude else { throw .clockMoved }
    let elapsed = raw &- asOf
    let least = Double(elapsed) * (elapsed < 0 ? upperRate : lowerRate)
    let most = Double(elapsed) * (elapsed < 0 ? lowerRate : upperRate)
    // What is no number is neither below nor above.
    guard least > -9e18, least < 9e18, most > -9e18, most < 9e18 else { throw .void }
    // Cut towards zero, then moved outwards where that was the wrong way: no call of a library.
    var (floor, ceiling) = (Int64(least), Int64(most))
    if Double(floor) > least { floor &-= 1 }
    if Double(ceiling) < most { ceiling &+= 1 }
    let (lowest, isBelow) = (lower &+ elapsed).addingReportingOverflow(floor)
    let (highest, isAbove) = (upper &+ elapsed).addingReportingOverflow(ceiling)
    let (width, isTooWide) = highest.subtractingReportingOverflow(lowest)
    guard !isBelow, !isAbove, lowest > -Self.farthest, lowest < Self.farthest,
      width >= 0, width <= Self.widest, !isTooWide
    else { throw .void }
    return Reading(
      state: state == 2 || raw > holdoverAfter ? .holdover : .synchronized,
      earliestNanoseconds: lowest, latestNanoseconds: highest, ageNanoseconds: age)
  }
}
