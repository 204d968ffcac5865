internal import DaemonSettings

/// When the daemon may say that it is ready: once, and never before some time can be given.
struct Readiness {
  /// Failed resyncs after which an exchange no longer holds readiness up.
  static let attempts = 3

  var when: ReadyWhen
  private(set) var isReached = false

  init(when: ReadyWhen) {
    self.when = when
  }

  /// - Returns: whether readiness is reached with this, for the first time.
  mutating func update(_ exchanges: [(hasEstimate: Bool, isGivenUp: Bool)]) -> Bool {
    guard !isReached, exchanges.contains(where: \.hasEstimate) else { return false }
    isReached =
      switch when {
      case .any: true
      case .all: exchanges.allSatisfy { $0.hasEstimate || $0.isGivenUp }
      }
    return isReached
  }
}
