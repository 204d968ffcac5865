/// How an exchange makes its answers.
package struct ServerModel: Sendable, Hashable {
  /// How the member of the fleet that answers is chosen.
  package enum Balancing: Sendable, Hashable {
    case perConnection
    case perRequest
    /// All requests go to one member, and after each period to the next.
    case takingTurns(Duration)
  }

  /// The clock of the exchange: that of its first member.
  package var clock: ClockModel
  /// How much further ahead the clock of each member is than the first one's; the first is zero.
  package var members: [Duration]
  package var balancing: Balancing
  /// It tells when the request came in and when the answer went out, instead of one moment between.
  package var stampsTwice = false
  /// The quantum of the stamp, which is truncated to it.
  package var resolution: Duration
  /// Mean of the exponential time from the request's arrival to the reading of the clock.
  package var handlingBefore: Duration
  /// Mean of the exponential time from the reading of the clock to the answer's departure.
  package var handlingAfter: Duration

  package init(
    clock: ClockModel = ClockModel(), members: [Duration] = [.zero],
    balancing: Balancing = .perConnection, resolution: Duration = .milliseconds(1),
    handlingBefore: Duration = .microseconds(100), handlingAfter: Duration = .microseconds(100)
  ) {
    precondition(members.first == .zero, "the first member is the one others are compared with")
    self.clock = clock
    self.members = members
    self.balancing = balancing
    self.resolution = resolution
    self.handlingBefore = handlingBefore
    self.handlingAfter = handlingAfter
  }
}
