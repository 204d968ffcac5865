/// Over a change of the settings.
extension ExchangeTracker {
  /// Whether a tracker with the old settings can be told to go on with the new ones: what it has
  /// learnt means the same under both.
  package static func canFollow(_ old: TrackerSettings, _ new: TrackerSettings) -> Bool {
    old.drift == new.drift && old.resolution == new.resolution
  }

  /// The operator wants the exchange followed otherwise. The estimate stays, and what the exchange
  /// has asked for stays in force.
  ///
  /// - Parameter settings: such as `canFollow` allows.
  package mutating func reconfigured(
    _ settings: TrackerSettings, at now: MonotonicInstant
  ) -> [Action] {
    precondition(Self.canFollow(status.settings, settings), "the estimate would mean another thing")
    status.settings = settings
    believed.follow(settings)
    budget.allow(probesPerMinute: settings.probesPerMinute)
    var actions: [Action] = [.publish]
    // After a failure it is the back-off that counts, and while a burst is under way its end does.
    if isResting, status.failure == nil, status.blockedUntil == nil, let lastSync = status.lastSync
    {
      let due = lastSync + settings.interval
      let (wait, cause) = waitAfterGoodResync(at: now)
      let next = min(due, now + wait)
      if next < status.nextSync {
        (status.nextSync, self.cause) = (next, next < due ? cause : .interval)
      }
      actions.append(.wake(at: status.nextSync))
    }
    return actions + logStateChange(at: now)
  }
}
