/// Resyncs that have ended since the start, good or not, by what they were begun for.
package struct ResyncCounts: Sendable, Hashable {
  /// One for each cause, in their order.
  private var counts = [Int](repeating: 0, count: ResyncCause.allCases.count)

  /// Those that left nothing to believe; one that contradicts the past is neither good nor failed.
  package var failed = 0

  package init() {}

  package internal(set) subscript(cause: ResyncCause) -> Int {
    get { counts[cause.place] }
    set { counts[cause.place] = newValue }
  }

  package var total: Int { counts.reduce(0, +) }
}

/// What a resync was begun for.
package enum ResyncCause: String, Sendable, Hashable, CaseIterable {
  /// The daemon started, or the exchange is followed anew.
  case start

  /// The interval was over.
  case interval

  /// The error would have passed `max_error` before.
  case error

  /// The one before failed.
  case retry

  /// The one before contradicted the past.
  case confirmation

  /// Somebody asked for it.
  case demand

  /// A refusal was reported that put the exchange's clock in doubt.
  case report

  /// This host was suspended, moved or restored.
  case disruption

  fileprivate var place: Int {
    switch self {
    case .start: 0
    case .interval: 1
    case .error: 2
    case .retry: 3
    case .confirmation: 4
    case .demand: 5
    case .report: 6
    case .disruption: 7
    }
  }
}
