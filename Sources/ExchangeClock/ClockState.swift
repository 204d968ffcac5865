/// How far an exchange's estimate can be used.
public enum ClockState: String, Sendable, Hashable, CaseIterable {
  /// No usable estimate yet, or it is too old: no time is given.
  case unknown

  /// The last resync was good, and the error is within `max_error` of the daemon's configuration.
  case synchronized

  /// A resync failed or is overdue, or the error is above `max_error`; the bounds are still honest.
  case holdover

  /// Something moved; no time is given until the resync under way ends.
  case disrupted
}
