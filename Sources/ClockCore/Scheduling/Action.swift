/// What the shell is to do next for one exchange.
package enum Action: Sendable, Hashable {
  /// Send one request for the exchange's time, over the connection of this burst if there is one.
  case probe

  /// The burst is over: close its connection.
  case closeConnection

  /// Call `woke(at:)` at that instant, or a little later; replaces any earlier wake.
  case wake(at: MonotonicInstant)

  /// The status changed: show it to readers.
  case publish

  /// Tell the operator.
  case log(TrackerEvent)

  /// Answer whoever waits for a resync; nil when it was good, else why not.
  case resyncEnded(failure: ProbeFailure?)
}

/// What an operator should know of one exchange.
package enum TrackerEvent: Sendable, Hashable {
  case stateChanged(from: SyncState, to: SyncState, reason: String)

  /// The exchange's clock jumped and a second burst confirmed it. Positive: it jumped ahead.
  case stepAccepted(by: Duration)

  /// The exchange's clock jumped further than `max_step`; the jump is not believed.
  case stepRefused(by: Duration, limit: Duration)

  /// The exchange's clock runs at another rate against ours than it did before, by more than was
  /// thought possible; from now on it is taken to stray by `wanderPPM`.
  case rateChanged(wanderPPM: Double)

  /// One burst contradicted the past and the next one did not confirm it.
  case burstRejected(by: Duration)

  /// The exchange answers from several servers, whose clocks differ by no more than `spread`; the
  /// published bound covers them.
  case fleetMet(spread: Duration)

  /// The exchange asked us to stay away.
  case stopSignal(ProbeFailure, wait: Duration)
}
