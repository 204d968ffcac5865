package import ClockCore

/// Which of an exchange's base URLs is asked: the first, unless it fails.
///
/// After a resync that failed because of the network or of the server (5xx) the next one is asked,
/// from the next resync on. A refusal is obeyed, not dodged: after 429, 418, 403, 451 or
/// Retry-After the exchange is not asked elsewhere instead. After an hour the first is tried again.
package struct EndpointChoice: Sendable, Equatable {
  /// How long the first one is left alone after it failed.
  package static let absence = Duration.seconds(3600)

  /// Into the exchange's base URLs.
  package private(set) var index = 0

  private let count: Int
  /// When the first one was left; nil while it is asked.
  private var leftFirst: MonotonicInstant?
  /// Of the resync under way.
  private var failure: ProbeFailure?

  /// - Parameter count: of base URLs, at least one.
  package init(count: Int) {
    precondition(count > 0, "an exchange without a base URL cannot be asked")
    self.count = count
  }

  package mutating func probeFailed(_ failure: ProbeFailure) {
    self.failure = failure
  }

  /// The resync is over; answers whether another base URL is to be asked from now on.
  ///
  /// - Parameter isGood: it yielded an estimate, though some probe may have failed.
  package mutating func resyncEnded(isGood: Bool, at now: MonotonicInstant) -> Bool {
    defer { failure = nil }
    let before = index
    if let leftFirst, now - leftFirst >= Self.absence {
      index = 0
    } else if !isGood, let failure, isReasonToLeave(failure) {
      index = (index + 1) % count
    }
    if index == 0 { leftFirst = nil } else if before == 0 { leftFirst = now }
    return index != before
  }

  private func isReasonToLeave(_ failure: ProbeFailure) -> Bool {
    guard !failure.isStopSignal else { return false }
    // A stand-in that answers with anything but the time is none.
    return index != 0 || (failure.status ?? 500) >= 500
  }
}
