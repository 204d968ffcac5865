/// The samples of the last hours that still bind, and the offset and rate that they leave
/// possible.
///
/// Problem: between resyncs the exchange's clock and ours drift apart. How fast can be learnt from
/// earlier resyncs, rigorously, without fitting a line through noise.
///
/// Symbols: r is an instant of CLOCK_MONOTONIC_RAW, ns; theta(r) the exchange's clock minus r, ns;
/// now the instant to solve for, A = now - r the age of a sample; a = theta(now); b the rate of
/// theta. Each sample says theta(r) >= L or theta(r) <= U.
///
/// Model: over the window the rate is within `wander` of some constant b, |b| <= the drift bound:
///
///     theta(now) - theta(r)  is within  (b - w) A ... (b + w) A
///
/// so that each sample is a half-plane in (a, b), the older the more relaxed:
///
///     a >= L + (b - w) A          a <= U + (b + w) A
///
/// All ages are positive, so both sides grow with b: the least a of the feasible polygon is at the
/// least feasible b, and the greatest a at the greatest. Both rates follow from the pairs of a
/// lower and an upper sample. Only the upper hull of the lower samples and the lower hull of the
/// upper ones can bind, at any later time as well, since ageing adds the same to all. The hull is
/// kept of each sixteenth of the window by itself: of the whole, a sample would drop others that
/// bind once it is too old itself.
///
/// Assumptions: as of `Sample`; the rate wanders by at most `wander` about a constant within the
/// window. Symmetry of the path is not assumed.
///
/// What breaks it: a step of either clock, or a rate that changes by more than `wander`. Both show
/// as an empty polygon, which is reported and never published.
///
/// Arithmetic: offsets near 1e18 ns are subtracted as integers from a reference first; what is left
/// stays below 2^53 ns (104 days), where a Double is exact, and the result is rounded outwards.
///
/// Sources: Duda et al. 1987; Moon, Skelly & Towsley 1999; Berthaud 2000; Sichitiu & Veerarittiphan
/// 2003 (mini-sync); Zhang, Liu & Xia 2002.
package struct OffsetWindow: Sendable, Hashable {
  /// One end of theta at one instant.
  package struct Bound: Sendable, Hashable {
    package var instant: MonotonicInstant
    package var offset: AnchoredOffset
    /// The end of the burst that it is of.
    package var burst: MonotonicInstant

    package init(instant: MonotonicInstant, offset: AnchoredOffset, burst: MonotonicInstant) {
      self.instant = instant
      self.offset = offset
      self.burst = burst
    }
  }

  /// Oldest first.
  package internal(set) var lower: [Bound] = []
  package internal(set) var upper: [Bound] = []

  private let drift: DriftBound
  /// How far the rate is taken to stray, either way.
  var wanderPPM: Double
  private let longestAge: Duration

  /// Binding samples kept of each kind, at most: the newest stay.
  package static let capacity = 64

  /// - Parameters:
  ///   - wanderPPM: how far the rate strays from a constant within the window.
  ///   - longestAge: older samples are dropped.
  package init(drift: DriftBound, wanderPPM: Double, longestAge: Duration) {
    self.drift = drift
    self.wanderPPM = wanderPPM
    self.longestAge = longestAge
  }

  /// How many samples bind, of both kinds.
  package var count: Int { lower.count + upper.count }

  /// Takes in what a burst agrees on.
  package mutating func insert(_ agreement: BurstAgreement) {
    lower += Self.lower(of: agreement)
    upper += Self.upper(of: agreement)
    let oldest = agreement.clock.asOf - longestAge
    let limit = Double(drift.partsPerMillion) + wanderPPM
    // Among the lower ones b - w matters, among the upper ones b + w.
    lower = bindingInParts(
      lower.filter { $0.instant >= oldest }, sign: 1, ratesPPM: -limit - wanderPPM...limit)
    upper = bindingInParts(
      upper.filter { $0.instant >= oldest }, sign: -1, ratesPPM: -limit...limit + wanderPPM)
  }

  private func bindingInParts(
    _ bounds: [Bound], sign: Double, ratesPPM: ClosedRange<Double>
  ) -> [Bound] {
    let part = max(longestAge.wholeNanoseconds / 16, 1)
    let hulls = Dictionary(grouping: bounds) { $0.instant.nanoseconds / part }
      .sorted { $0.key < $1.key }
      .flatMap { Self.binding($0.value, sign: sign, ratesPPM: ratesPPM) }
    return Array(hulls.suffix(Self.capacity))
  }

  private static func lower(of agreement: BurstAgreement) -> [Bound] {
    agreement.samples.map {
      Bound(instant: $0.received, offset: $0.lower, burst: agreement.clock.asOf)
    }
  }

  private static func upper(of agreement: BurstAgreement) -> [Bound] {
    agreement.fresh.map {
      Bound(instant: $0.sent, offset: $0.upper, burst: agreement.clock.asOf)
    }
  }

  /// The clock that the samples leave possible at `now`, which is not before any of them; nil when
  /// they contradict each other, and before there is one of each kind.
  ///
  /// - Parameter slack: the samples may be of several clocks that are no further apart than this.
  package func clock(at now: MonotonicInstant, slack: Duration = .zero) -> IntervalClock? {
    clock(at: now, endsFrom: lower, upper, endsOff: slack, slack: slack)
  }

  /// Whether a burst contradicts none of the samples.
  package func fits(_ burst: BurstAgreement, slack: Duration) -> Bool {
    var candidate = self
    candidate.insert(burst)
    return candidate.clock(at: burst.clock.asOf, slack: slack) != nil
  }

  /// Whether all samples are too old to have a say.
  package func isOutlived(at now: MonotonicInstant) -> Bool {
    [lower.last, upper.last].compactMap(\.self).allSatisfy { $0.instant < now - longestAge }
  }

  /// The same, with the rate learnt from all samples but the offset from the newest burst alone.
  ///
  /// An exchange's clock may be set by less than a round trip, which contradicts nothing. Ends that
  /// are proven anew by each burst are wrong until the next one at the longest.
  package func clock(
    provenBy newest: BurstAgreement, slack: Duration = .zero
  ) -> IntervalClock? {
    clock(
      at: newest.clock.asOf, endsFrom: Self.lower(of: newest), Self.upper(of: newest),
      endsOff: .zero, slack: slack)
  }

  private func clock(
    at now: MonotonicInstant, endsFrom lowerEnds: [Bound], _ upperEnds: [Bound],
    endsOff: Duration, slack: Duration
  ) -> IntervalClock? {
    guard let reference = lowerEnds.first?.offset, !upperEnds.isEmpty else { return nil }
    let wander = wanderPPM / 1e6
    let points = { (bounds: [Bound], sign: Double) in
      bounds.map { bound in
        let age = Double((now - bound.instant).wholeNanoseconds)
        let offset = Double((bound.offset - reference).wholeNanoseconds)
        return Point(age: age, offset: offset + sign * wander * age, burst: bound.burst)
      }
    }
    let slack = Double(slack.wholeNanoseconds)
    guard let rates = provenRates(points(lower, -1), points(upper, 1), slack: slack)
    else { return nil }
    let (below, above) = (points(lowerEnds, -1), points(upperEnds, 1))
    let least = below.map { $0.offset + rates.lowerBound * $0.age }.max() ?? 0
    let greatest = above.map { $0.offset + rates.upperBound * $0.age }.min() ?? 0
    let interval = OffsetInterval(
      lower: reference + .nanoseconds(Int64(least.rounded(.down)) - 1) - endsOff,
      upper: reference + .nanoseconds(Int64(greatest.rounded(.up)) + 1) + endsOff)
    return interval.map { IntervalClock(asOf: now, interval: $0, rates: published(rates)) }
  }

  /// The rates from now on: those that were possible, and the wander from there; but none that is
  /// beyond the drift bound only because the middle is not zero.
  private func published(_ rates: ClosedRange<Double>) -> RateInterval {
    let middle = (rates.lowerBound + rates.upperBound) / 2 * 1e6
    let error = min(
      (rates.upperBound - rates.lowerBound) / 2 * 1e6 + wanderPPM,
      Double(drift.partsPerMillion) + abs(middle))
    return RateInterval(lowerPPM: middle - error, upperPPM: middle + error)
  }

  /// The greatest rate looked at. It is beyond the drift bound by the wander, so that near the
  /// bound the middle of the possible rates is still the likely one.
  private var steepest: Double { (Double(drift.partsPerMillion) + wanderPPM) / 1e6 }

  /// A bound as seen from now, relaxed by the wander since; ns.
  private struct Point {
    var age: Double
    var offset: Double
    var burst: MonotonicInstant
  }

  /// The rates that all samples allow, made wider to either side until they hold as well if the
  /// clock was set once between two bursts, by too little to contradict any of them.
  private func provenRates(
    _ below: [Point], _ above: [Point], slack: Double
  ) -> ClosedRange<Double>? {
    guard let rates = feasibleRates(below, above, slack: slack) else { return nil }
    let middle = (rates.lowerBound + rates.upperBound) / 2
    let errors = Set(above.map(\.burst)).compactMap { burst in
      feasibleRates(below, above, slack: slack, unlessSetAfter: burst).map {
        max($0.upperBound - middle, middle - $0.lowerBound)
      }
    }
    let error = errors.max() ?? (rates.upperBound - rates.lowerBound) / 2
    return middle - error...middle + error
  }

  /// The rates b for which every lower sample is above no upper one by more than `slack`, ns.
  ///
  /// - Parameter burst: samples up to its end say nothing of those after.
  private func feasibleRates(
    _ below: [Point], _ above: [Point], slack: Double,
    unlessSetAfter burst: MonotonicInstant? = nil
  ) -> ClosedRange<Double>? {
    var (least, greatest) = (-steepest, steepest)
    for low in below {
      for high in above {
        if let burst, (low.burst <= burst) != (high.burst <= burst) { continue }
        // low.offset + b low.age <= high.offset + b high.age
        let (room, ages) = (high.offset - low.offset + slack, low.age - high.age)
        if ages > 0 {
          greatest = min(greatest, room / ages)
        } else if ages < 0 {
          least = max(least, room / ages)
        } else if room < 0 {
          return nil
        }
      }
    }
    return least <= greatest ? least...greatest : nil
  }

  /// The bounds that are the tightest for some rate: the hull, in order of time.
  ///
  /// - Parameter sign: 1 for lower bounds, of which the greatest binds, -1 for upper ones.
  private static func binding(
    _ bounds: [Bound], sign: Double, ratesPPM: ClosedRange<Double>
  ) -> [Bound] {
    let sorted = bounds.sorted {
      ($0.instant, $0.offset.nanoseconds * Int64(sign))
        < ($1.instant, $1.offset.nanoseconds * Int64(sign))
    }
    guard let reference = sorted.last else { return [] }
    let point = { (bound: Bound) in
      (
        time: Double((bound.instant - reference.instant).wholeNanoseconds),
        offset: sign * Double((bound.offset - reference.offset).wholeNanoseconds)
      )
    }
    var hull: [Bound] = []
    for bound in sorted {
      while let last = hull.last {
        let (a, b) = (point(last), point(bound))
        if a.time == b.time {
          // The later in the order is the tighter of two at one instant.
          hull.removeLast()
          continue
        }
        guard hull.count >= 2 else { break }
        let before = point(hull[hull.count - 2])
        let turn =
          (a.time - before.time) * (b.offset - before.offset)
          - (a.offset - before.offset) * (b.time - before.time)
        guard turn >= 0 else { break }
        hull.removeLast()
      }
      hull.append(bound)
    }
    // A stretch of the hull that is steeper than any rate binds for none.
    let slopes = sign > 0 ? ratesPPM : -ratesPPM.upperBound ... -ratesPPM.lowerBound
    while hull.count >= 2, slopePPM(point(hull[0]), point(hull[1])) > slopes.upperBound {
      hull.removeFirst()
    }
    while hull.count >= 2,
      slopePPM(point(hull[hull.count - 2]), point(hull[hull.count - 1])) < slopes.lowerBound
    {
      hull.removeLast()
    }
    return hull
  }

  private static func slopePPM(
    _ first: (time: Double, offset: Double), _ second: (time: Double, offset: Double)
  ) -> Double {
    (second.offset - first.offset) / (second.time - first.time) * 1e6
  }
}
