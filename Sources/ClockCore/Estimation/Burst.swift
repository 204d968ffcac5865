/// The samples of one resync, and what they say together.
package struct Burst: Sendable, Hashable {
  package private(set) var samples: [Sample] = []

  /// The first sample of earlier bursts that had the stamp of their last one.
  private let previous: Sample?

  /// - Parameter previous: `standing` of the burst before; nil when there was none, or when the
  ///   exchange's clock may have been set since.
  package init(after previous: Sample? = nil) {
    self.previous = previous
  }

  package mutating func add(_ sample: Sample) {
    samples.append(sample)
  }

  /// The first sample that had the stamp of the last one; nil before the first.
  package var standing: Sample? {
    let all = ([previous].compactMap(\.self)) + samples
    return all.last.flatMap { last in all.reversed().prefix { $0.arrival == last.arrival }.last }
  }

  /// Whether each sample's upper bound is proven: its answer was made for its request. It was not
  /// where a cache says so, and where one stamp is given for longer than it takes to tick: then
  /// any of the answers that have it may be as old as the last. (Where stamps run backwards, one of
  /// two answers is wrong, and most samples tell which.)
  private func areFresh(_ drift: DriftBound) -> [Bool] {
    let all = ([previous].compactMap(\.self)) + samples
    var fresh: [Bool] = []
    var rest = all[...]
    while let first = rest.first {
      let run = rest.prefix { $0.arrival == first.arrival }
      rest = rest.dropFirst(run.count)
      let quantum = first.resolution + drift.margin(over: first.resolution)
      let stands = run.last.map { $0.sent - first.received > quantum } ?? false
      fresh += run.map { !stands && !$0.isCached }
    }
    return fresh.suffix(samples.count)
  }

  /// The shortest round trip seen; nil before the first sample.
  package var shortestRoundTrip: Duration? {
    samples.map(\.roundTrip).min()
  }

  /// What most samples agree on; nil before the first sample, and when half of them or more are
  /// elsewhere and too far away to be other servers of the exchange.
  package func agreement(drift: DriftBound) -> BurstAgreement? {
    guard let asOf = samples.map(\.received).max() else { return nil }
    let areFresh = areFresh(drift)
    // An upper bound that is not proven is none: it ends where no clock of this century is.
    let intervals = zip(samples, areFresh).map { sample, isFresh in
      let interval = sample.interval(at: asOf, drift: drift)
      return isFresh ? interval : interval.map { Self.open(above: $0.lower) }
    }
    guard let agreed = Agreement(of: intervals.compactMap(\.self)) else { return nil }
    let isAgreeing = intervals.map { $0?.intersection(agreed.interval) == agreed.interval }
    let distances = samples.map { sample in
      sample.isCached
        ? nil : sample.interval(at: asOf, drift: drift).flatMap(agreed.interval.distance(to:))
    }
    let isElsewhere = zip(isAgreeing, distances).map { isAgreeing, distance in
      !isAgreeing && (distance.map { $0 > Spread.largest } ?? true)
    }
    guard agreed.count * 2 > samples.count || !isElsewhere.contains(true) else { return nil }
    // Where only the first ones are off, the clock was set under way and it is no fleet, unless
    // more answers tell otherwise. Where only the last ones are, it may have been set.
    let (setBefore, setAfter) = (
      isAgreeing.drop { !$0 }.allSatisfy(\.self), isAgreeing.drop { $0 }.allSatisfy { !$0 }
    )
    let mayBeSet = setBefore && isAgreeing.first == false && isElsewhere.first == false
    return BurstAgreement(
      clock: IntervalClock(asOf: asOf, interval: agreed.interval, drift: drift),
      samples: zip(samples, isAgreeing).filter(\.1).map(\.0),
      fresh: zip(zip(samples, areFresh), isAgreeing).filter { $0.1 && $0.0.1 }.map(\.0.0),
      rejected: isAgreeing.count { !$0 },
      spread: setBefore ? .none : spread(around: agreed.interval, at: asOf, drift: drift),
      isSettled: !mayBeSet
        && (isAgreeing.last == true || (!setAfter && isElsewhere.last == false)))
  }

  private static func open(
    above lower: AnchoredOffset
  ) -> OffsetInterval<Monotonic, Exchange> {
    guard let open = OffsetInterval(lower: lower, upper: AnchoredOffset(nanoseconds: .max / 2))
    else { preconditionFailure("stamps are of this century") }
    return open
  }

  /// How far the samples that do not agree lie outside, as servers of a fleet would.
  private func spread(
    around agreed: OffsetInterval<Monotonic, Exchange>, at asOf: MonotonicInstant,
    drift: DriftBound
  ) -> Spread {
    samples.filter { !$0.isCached }
      .compactMap { $0.interval(at: asOf, drift: drift) }
      .reduce(.none) { spread, interval in
        guard let distance = agreed.distance(to: interval), distance <= Spread.largest
        else { return spread }
        // The server's clock may be anywhere in its own interval.
        return spread.union(
          Spread(
            below: max(agreed.lower - interval.lower, .zero),
            above: max(interval.upper - agreed.upper, .zero)))
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

  /// The newest sample is one of those that agree, or of a server that was met before in between:
  /// the clock was not set under way.
  package var isSettled: Bool
}
