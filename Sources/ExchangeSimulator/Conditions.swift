/// Under what conditions an exchange is simulated; all zero: a perfect clock at no distance.
package struct Conditions: Sendable, Equatable {
  /// The exchange's clock minus CLOCK_REALTIME at the start. Positive: the exchange is ahead.
  ///
  /// A change while it runs steps the clock by the difference; what drift has added remains.
  package var offset: Duration = .zero
  /// Rate against CLOCK_MONOTONIC_RAW, parts per million. Positive: the exchange's clock is fast.
  package var driftPPM: Double = 0
  /// Before the clock is read, from the whole request's arrival.
  package var forwardDelay: Duration = .zero
  /// At most this much, evenly spread, is added to each forward delay.
  package var forwardJitter: Duration = .zero
  /// After the clock is read, before the answer's first byte leaves.
  package var returnDelay: Duration = .zero
  /// At most this much, evenly spread, is added to each return delay.
  package var returnJitter: Duration = .zero
  package var fault: Fault = .none
  /// How many more requests the fault is for; nil: until it is changed.
  package var faultCount: Int?
  package var faultScope: FaultScope = .time
  /// What 429 and 418 demand.
  package var retryAfterSeconds = 5
  /// Where 302 leads; nil: to a path of the same server that does not exist.
  package var redirectURL: String?
  /// The pause before each byte of a slow body.
  package var drip: Duration = .milliseconds(100)

  package init() {}
}
