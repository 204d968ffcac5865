/// The samples of one resync, and what they say together.
package struct Burst: Sendable, Hashable {
  package private(set) var samples: [Sample] = []

  package init() {}

  package mutating func add(_ sample: Sample) {
    samples.append(sample)
  }

  /// The shortest round trip seen; nil before the first sample.
  package var shortestRoundTrip: Duration? {
    samples.map(\.roundTrip).min()
  }

  /// Whether the last sample is one of those that `clock` was made of; nil is made of none.
  package func endsWithin(_ clock: IntervalClock?) -> Bool {
    guard let last = samples.last, let clock else { return samples.isEmpty }
    let interval = last.interval(at: clock.asOf, drift: clock.drift)
    return interval.intersection(clock.interval) == clock.interval
  }

  /// The clock that more than half of the samples agree on, as of the last one, and how many
  /// agree; nil before the first sample and when they contradict each other.
  package func agreement(drift: DriftBound) -> (clock: IntervalClock, count: Int)? {
    guard let asOf = samples.map(\.received).max(),
      let agreement = Agreement(of: samples.map { $0.interval(at: asOf, drift: drift) }),
      agreement.count * 2 > samples.count
    else { return nil }
    return (
      IntervalClock(asOf: asOf, interval: agreement.interval, drift: drift), agreement.count
    )
  }
}
