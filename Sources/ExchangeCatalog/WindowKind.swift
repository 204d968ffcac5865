package import ClockCore

/// The kinds of acceptance rules, as `window_kind` names them.
package enum WindowKind: String, Sendable, CaseIterable {
  case adjustable, fixed, expiry, nonce
  case untimed = "none"
  case unknown

  package init(_ rule: AcceptanceRule) {
    self =
      switch rule {
      case .window(let window): window.isAdjustable ? .adjustable : .fixed
      case .expiry: .expiry
      case .nonce: .nonce
      case .untimed: .untimed
      case .unknown: .unknown
      }
  }
}
