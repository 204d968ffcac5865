/// Why a probe yielded no sample.
package struct ProbeFailure: Error, Sendable, Hashable {
  /// One clause for people: "no answer within 5 s", "HTTP 429 Too Many Requests".
  package var reason: String

  /// The HTTP status when an answer came; nil when none did.
  package var status: Int?

  /// How long the exchange asked us to stay away (`Retry-After`); nil when it did not say.
  package var retryAfter: Duration?

  /// A wrong CLOCK_REALTIME may be the cause: the exchange's certificate was refused, and it has
  /// dates.
  package var mayBeSystemClock: Bool

  package init(
    reason: String, status: Int? = nil, retryAfter: Duration? = nil, mayBeSystemClock: Bool = false
  ) {
    self.reason = reason
    self.status = status
    self.retryAfter = retryAfter
    self.mayBeSystemClock = mayBeSystemClock
  }

  /// The exchange told us to stop: rate limit, ban, or an explicit wait.
  package var isStopSignal: Bool {
    retryAfter != nil || [429, 418, 403, 451].contains(status)
  }

  /// The shortest time to stay away that the answer calls for, before any back-off.
  package var leastWait: Duration {
    // A ban is lengthened by asking again: Binance's 418 lasts from two minutes, Bybit's 403 asks
    // for ten minutes of silence. An absurd Retry-After is cut at a day.
    let ban: Duration = [418, 403, 451].contains(status) ? .seconds(600) : .zero
    return max(ban, min(retryAfter ?? .zero, .seconds(86_400)))
  }
}
