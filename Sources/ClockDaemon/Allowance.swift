internal import ClockCore

/// A share of all time that may be spent on something, saved up for a moment at most.
struct Allowance {
  /// One part in so many.
  static let parts = 4

  static let most = Duration.milliseconds(2)

  private var saved = Self.most
  private var lastLook: MonotonicInstant

  init(at now: MonotonicInstant) {
    lastLook = now
  }

  /// Whether something is left.
  mutating func isOpen(at now: MonotonicInstant) -> Bool {
    saved = min(saved + (now - lastLook) / Self.parts, Self.most)
    lastLook = now
    return saved > .zero
  }

  mutating func spend(_ time: Duration) {
    saved -= time
  }

  /// Until something is left, if nothing is spent meanwhile.
  func wait(at now: MonotonicInstant) -> Duration {
    max(.zero, .zero - saved * Self.parts - (now - lastLook))
  }
}
