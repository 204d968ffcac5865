/// How far an exchange's estimate can be used.
package enum SyncState: String, Sendable, CaseIterable {
  /// No usable estimate yet, or it is void: no time is given.
  case unknown

  /// The last resync was good and the error is within `max_error`.
  case synchronized

  /// A resync failed or is overdue, or the error is above `max_error`; still honest.
  case holdover

  /// Something moved; no time is given until the resync under way ends.
  case disrupted

  /// A time may be given in this state.
  package var isUsable: Bool { self == .synchronized || self == .holdover }
}
