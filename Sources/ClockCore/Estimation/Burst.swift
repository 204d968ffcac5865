/// The samples of one resync, and what they say together.
package struct Burst: Sendable, Hashable {
  package private(set) var samples: [Sample] = []

  /// The last sample before this burst.
  private var previous: Sample?

  /// - Parameter previous: the last sample of the burst before; nil when there was none, or when
  ///   the exchange's clock may have been set since.
  package init(after previous: Sample? = nil) {
    self.previous = previous
  }

  package mutating func add(_ sample: Sample) {
    samples.append(sample)
  }

  /// Whether each sample's upper bound is proven: its answer was made for its request. It was not
  /// where a cache says so, and where one stamp is given twice although it should have ticked in
  /// between: then the first of the two may be as old as the second.
  private var isFresh: [Bool] {
    let repeats = zip([previous] + samples, samples).map { earlier, sample in
      earlier.map {
        sample.sent - $0.received > sample.resolution && sample.arrival == $0.arrival
      } ?? false
    }
    return samples.indices.map { index in
      !samples[index].isCached && !repeats[index]
        && !(index + 1 < repeats.count && repeats[index + 1])
    }
  }

  /// The shortest round trip seen; nil before the first sample.
  package var shortestRoundTrip: Duration? {
    samples.map(\.roundTrip).min()
  }

  /// What more than half of the samples agree on; nil before the first sample and when they
  /// contradict each other.
  package func agreement(drift: DriftBound) -> BurstAgreement? {
    guard let asOf = samples.map(\.received).max() else { return nil }
    let isFresh = isFresh
    // An upper bound that is not proven is none: it ends where no clock of this century is.
    let intervals = zip(samples, isFresh).map { sample, isFresh in
      let interval = sample.interval(at: asOf, drift: drift)
      return isFresh ? interval : interval.map { Self.open(above: $0.lower) }
    }
    guard let agreed = Agreement(of: intervals.compactMap(\.self)),
      agreed.count * 2 > samples.count
    else { return nil }
    let isAgreeing = intervals.map { $0?.intersection(agreed.interval) == agreed.interval }
    return BurstAgreement(
      clock: IntervalClock(asOf: asOf, interval: agreed.interval, drift: drift),
      samples: zip(samples, isAgreeing).filter(\.1).map(\.0),
      fresh: zip(zip(samples, isFresh), isAgreeing).filter { $0.1 && $0.0.1 }.map(\.0.0),
      rejected: isAgreeing.count { !$0 },
      // Where only the first ones are off, the clock was set under way; it is no fleet.
      spread: isAgreeing.drop { !$0 }.allSatisfy(\.self)
        ? .none : spread(around: agreed.interval, at: asOf, drift: drift),
      includesLast: isAgreeing.last == true)
  }

  private static func open(
    above lower: AnchoredOffset
  ) -> OffsetInterval<Monotonic, Exchange> {
    guard let open = OffsetInterval(lower: lower, upper: AnchoredOffset(nanoseconds: .max / 2))
    else { preconditionFailure("stamps are of this century") }
    return open
  }

  /// How far the samples that do not agree lie outside, as members of a fleet would.
  private func spread(
    around agreed: OffsetInterval<Monotonic, Exchange>, at asOf: MonotonicInstant,
    drift: DriftBound
  ) -> Spread {
    samples.filter { !$0.isCached }
      .compactMap { $0.interval(at: asOf, drift: drift) }
      .reduce(.none) { spread, interval in
        let isAbove = interval.lower > agreed.upper
        let isBelow = interval.upper < agreed.lower
        let gap = isAbove ? interval.lower - agreed.upper : agreed.lower - interval.upper
        guard isAbove || isBelow, gap <= Spread.largest else { return spread }
        // The member's clock may be anywhere in its own interval.
        return spread.union(
          Spread(
            below: isBelow ? agreed.lower - interval.lower : .zero,
            above: isAbove ? interval.upper - agreed.upper : .zero))
      }
  }
}

/// What most samples of a burst agree on.
package struct BurstAgreement: Sendable, Hashable {
  /// By these samples alone, as of the last one.
  package var clock: IntervalClock

  /// Those that agree; each has a lower bound that is proven.
  package var samples: [Sample]

  /// Those of `samples` whose upper bound is proven too.
  package var fresh: [Sample]

  /// How many do not agree.
  package var rejected: Int

  /// How far those that do not agree lie outside.
  package var spread: Spread

  /// The newest sample is one of those that agree.
  package var includesLast: Bool
}
