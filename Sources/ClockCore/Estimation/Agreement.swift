/// The interval that most of several intervals share (Marzullo & Owicki, 1985).
///
/// Members of a load-balanced fleet, or one answer out of a cache, may contradict the others;
/// the part that most samples agree on is taken and the rest are counted as rejected.
package struct Agreement<Base: Timescale, Target: Timescale>: Sendable, Hashable {
  package var interval: OffsetInterval<Base, Target>

  /// How many of the intervals contain the whole of `interval`.
  package var count: Int

  /// Nil when there is no interval at all. Of several candidates the narrowest wins, then the
  /// lowest.
  package init?(of intervals: [OffsetInterval<Base, Target>]) {
    var best: Self?
    // The best part begins where some interval begins, and ends at the first end after that.
    for start in Set(intervals.map(\.lower)).sorted() {
      let covering = intervals.filter { $0.lower <= start && start <= $0.upper }
      guard let end = covering.map(\.upper).min(),
        let part = OffsetInterval(lower: start, upper: end)
      else { continue }
      let candidate = Self(interval: part, count: covering.count)
      if best.map({ candidate.isBetter(than: $0) }) ?? true { best = candidate }
    }
    guard let best else { return nil }
    self = best
  }

  private init(interval: OffsetInterval<Base, Target>, count: Int) {
    self.interval = interval
    self.count = count
  }

  private func isBetter(than other: Self) -> Bool {
    (count, other.interval.width) > (other.count, interval.width)
  }
}
