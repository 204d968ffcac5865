/// The rigorous ends of an offset: the true offset is at least `lower` and at most `upper`.
package struct OffsetInterval<Base: Timescale, Target: Timescale>: Sendable, Hashable {
  package var lower: Offset<Base, Target>
  package var upper: Offset<Base, Target>

  /// Fails where the ends are the wrong way round: an empty interval is never a value.
  package init?(lower: Offset<Base, Target>, upper: Offset<Base, Target>) {
    guard lower <= upper else { return nil }
    self.lower = lower
    self.upper = upper
  }

  /// The point in the middle, rounded down to a nanosecond.
  package var midpoint: Offset<Base, Target> {
    Offset(nanoseconds: lower.nanoseconds + (upper.nanoseconds - lower.nanoseconds) / 2)
  }

  /// Half the width, rounded up: the midpoint is off by at most this.
  package var error: Duration {
    .nanoseconds((upper.nanoseconds - lower.nanoseconds + 1) / 2)
  }

  package var width: Duration { upper - lower }

  /// The part that both intervals share, or nil when they contradict each other.
  package func intersection(_ other: Self) -> Self? {
    Self(lower: max(lower, other.lower), upper: min(upper, other.upper))
  }

  /// How much lies between the two; nil when they share a part.
  package func distance(to other: Self) -> Duration? {
    let gap = max(lower, other.lower) - min(upper, other.upper)
    return gap > .zero ? gap : nil
  }

  /// The interval with each end moved outwards by `margin`.
  ///
  /// - Precondition: `margin` is not negative.
  package func widened(by margin: Duration) -> Self {
    precondition(margin >= .zero, "an interval is never shrunk by widening it")
    var wider = self
    wider.lower = lower - margin
    wider.upper = upper + margin
    return wider
  }

  /// The same target clock against another base, given that base's own offset from the first one.
  package func rebased<Other>(to other: Offset<Base, Other>) -> OffsetInterval<Other, Target> {
    var rebased = OffsetInterval<Other, Target>(at: lower.rebased(to: other))
    rebased.upper = upper.rebased(to: other)
    return rebased
  }

  private init(at point: Offset<Base, Target>) {
    lower = point
    upper = point
  }
}
