internal import ClockCore
internal import LinuxSystem

/// What the actor does about a refusal that a bot reports.
extension ClockDaemon {
  func clockDoubted(
    _ id: String, _ doubt: RejectionService.Doubt,
    _ done: @escaping @Sendable (RejectionService.Reading) -> Void
  ) {
    guard let index = exchanges.firstIndex(where: { $0.id == id }) else {
      return done(.refused(reason: "it is not followed"))
    }
    let now = checkedNow()
    let before = exchanges[index].tracker.status.clock
    switch exchanges[index].tracker.clockDoubted(
      stampMade: doubt.stampMade, isContradicted: doubt.isContradiction, by: doubt.reporter,
      at: now)
    {
    case nil: done(.isFresh)
    case .accepted(let actions):
      exchanges[index].waiters.append { done(.ended(before: before)) }
      perform(actions, index)
    case .refused(let reason, _): done(.refused(reason: reason))
    }
  }
}
