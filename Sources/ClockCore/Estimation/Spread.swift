/// How far single answers of an exchange were seen to lie outside what most of them agree on.
///
/// A load-balanced fleet answers from several clocks; a bot's order may reach any of them, so the
/// published bound is widened by what was seen.
package struct Spread: Sendable, Hashable {
  /// How far below, and how far above; neither is negative.
  package var below: Duration
  package var above: Duration

  package static let none = Spread(below: .zero, above: .zero)

  /// An answer that is further off than this is no member of a fleet, but wrong.
  package static let largest = Duration.seconds(1)

  package init(below: Duration, above: Duration) {
    precondition(below >= .zero && above >= .zero, "a spread has no sign")
    self.below = below
    self.above = above
  }

  /// What is needed to cover both.
  package func union(_ other: Spread) -> Spread {
    Spread(below: max(below, other.below), above: max(above, other.above))
  }
}
