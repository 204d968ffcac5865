/// Answers that were not used, by reason, since the start; since an earlier one where the state of
/// an earlier daemon was restored.
package struct Rejections: Sendable, Hashable {
  /// Did not agree with most of their burst.
  package var contradicting = 0

  /// Came out of a cache or repeated a stamp: only their lower bound was used.
  package var stale = 0

  /// Held no time that could be read.
  package var unusable = 0

  package init() {}
}
