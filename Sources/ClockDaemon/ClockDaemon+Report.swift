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
    let known = exchanges[index].tracker.status.clock
    switch exchanges[index].tracker.clockDoubted(
      stampMade: doubt.stampMade, isContradicted: doubt.isContradiction,
      isOfGoodStamp: doubt.isOfGoodStamp, by: doubt.reporter, at: now)
    {
    case nil: done(.isFresh)
    case .accepted(let actions):
      exchanges[index].doubters.append(.init(came: now, known: known, done: done))
      perform(actions, index)
    case .refused(let reason, _): done(.refused(reason: reason))
    }
  }

  /// A probe has shown that the clock is where it was known to be.
  func answerDoubters(_ index: Int, readSince sent: MonotonicInstant) {
    let doubters = exchanges[index].doubters
    exchanges[index].doubters = doubters.filter { $0.came > sent }
    for doubter in doubters where doubter.came <= sent { doubter.done(.isFresh) }
  }

  /// A resync has ended, or the exchange is followed no more.
  static func answer(_ doubters: [FollowedExchange.Doubter]) {
    for doubter in doubters { doubter.done(.ended(before: doubter.known)) }
  }
}
