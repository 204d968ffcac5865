/// What is known of one exchange when the health of the clocks is judged.
package struct ExchangeEvidence: Sendable {
  package var id: String

  /// As a reader must take it, with its reason.
  package var state: SyncState
  package var reason: String

  /// The exchange's clock minus this host's; nil where no time is given.
  package var interval: OffsetInterval<Local, Exchange>?

  package var status: ExchangeStatus

  package init(
    id: String, state: SyncState, reason: String, interval: OffsetInterval<Local, Exchange>?,
    status: ExchangeStatus
  ) {
    self.id = id
    self.state = state
    self.reason = reason
    self.interval = interval
    self.status = status
  }
}
