/// What was known of an exchange's clock, and when.
///
/// Each burst that is believed opens a span, from its own instant to that of the next one, in which
/// its clock counts: what was, or would have been, answered to who asked then. Where a burst shows
/// that the clock was set, or ran otherwise than was thought, that happened somewhere within the
/// span before it, which therefore answers nothing any more.
package struct ClockHistory: Sendable, Hashable {
  private struct Span: Sendable, Hashable {
    var clock: IntervalClock
    /// The estimate is not used any more after that.
    var voidAfter: MonotonicInstant
    /// What opened it bears out the span before.
    var bearsOut: Bool
  }

  /// Why nothing is told of an instant.
  package enum Refusal: Error, Sendable, Hashable {
    /// No estimate was there yet.
    case notMeasured
    /// No resync had been good for too long.
    case void
    /// The exchange's clock was set, or found to run otherwise, some time around then.
    case clockChanged
  }

  /// Oldest first.
  private var spans: [Span] = []

  /// Spans kept, at most.
  static let capacity = 256

  package init() {}

  /// How many spans are kept.
  package var count: Int { spans.count }

  /// - Parameter isBreak: the clock was found to have been set, or to run at another rate.
  package mutating func note(_ status: ExchangeStatus, isBreak: Bool = false) {
    guard let clock = status.clock, let voidAfter = status.voidAfter else {
      // An interruption of this host, noticed late: what was thought until now may be wrong.
      spans = []
      return
    }
    guard let last = spans.last else {
      spans = [Span(clock: clock, voidAfter: voidAfter, bearsOut: true)]
      return
    }
    guard last.clock != clock else {
      spans[spans.count - 1].voidAfter = voidAfter
      return
    }
    // Both must be true of one clock at the instant where one takes over from the other.
    let bearsOut = !isBreak && last.clock.covers(clock)
    spans.append(Span(clock: clock, voidAfter: voidAfter, bearsOut: bearsOut))
    let oldest = clock.asOf - LocalHistory.reach
    let old = spans.dropFirst().firstIndex { $0.clock.asOf > oldest } ?? 1
    spans.removeFirst(max(old - 1, spans.count - Self.capacity))
  }

  /// The last burst that was believed; what is asked of instants after it is asked of the present.
  package var newest: MonotonicInstant? { spans.last?.clock.asOf }

  /// What the exchange's clock showed somewhere between two instants of CLOCK_MONOTONIC_RAW.
  package func times(
    in instants: ClosedRange<MonotonicInstant>
  ) throws(Refusal) -> ClosedRange<ExchangeInstant> {
    guard let first = spans.lastIndex(where: { $0.clock.asOf <= instants.lowerBound }),
      let last = spans.lastIndex(where: { $0.clock.asOf <= instants.upperBound })
    else { throw .notMeasured }
    var times: ClosedRange<ExchangeInstant>?
    for index in first...max(first, last) {
      let next = index + 1 < spans.count ? spans[index + 1] : nil
      if let next, !next.bearsOut { throw .clockChanged }
      let from = max(instants.lowerBound, spans[index].clock.asOf)
      let to = min(instants.upperBound, next?.clock.asOf ?? instants.upperBound)
      guard to <= spans[index].voidAfter else { throw .void }
      let earliest = from + spans[index].clock.interval(at: from).lower
      let latest = max(from, to) + spans[index].clock.interval(at: max(from, to)).upper
      times =
        min(
          times?.lowerBound ?? earliest, earliest)...max(
          times?.upperBound ?? latest, latest)
    }
    guard let times else { throw .notMeasured }
    return times
  }
}
