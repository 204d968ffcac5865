internal import ClockCore

/// Whether to look for the next request at once, for a moment, instead of going to sleep.
///
/// To be put to sleep and woken again takes both sides longer than to answer. Who asks again and
/// again has most likely asked again before this is over; where it was over in vain, most likely
/// since the client could not run meanwhile, the next ones are left out, each time twice as many.
struct BusyPoll {
  static let longest = Duration.microseconds(50)

  /// Answers that come no further apart are worth it.
  static let apart = Duration.microseconds(100)

  /// Where more than so many ask at once, they are better answered together.
  static let mostTogether = 4

  static let mostLeftOut = 1_024

  private var lastAnswer: MonotonicInstant
  private var isWorthwhile = false
  /// Looks since then.
  private var looks = 0
  /// Answers after which not to look, from now on and after the next one that is in vain.
  private var leftOut = 0
  private var leftOutNext = 1

  init(at now: MonotonicInstant) {
    lastAnswer = now
  }

  mutating func answered(_ count: Int, at now: MonotonicInstant) {
    // What the first look finds would have been there without another one.
    if looks > 1 { leftOutNext = 1 }
    looks = 0
    isWorthwhile =
      leftOut == 0 && count <= Self.mostTogether && now - lastAnswer <= Self.apart
    leftOut = max(leftOut - 1, 0)
    lastAnswer = now
  }

  /// Whether to look without going to sleep.
  mutating func isOn(at now: MonotonicInstant) -> Bool {
    guard isWorthwhile else { return false }
    looks += 1
    if now - lastAnswer < Self.longest { return true }
    (isWorthwhile, looks) = (false, 0)
    leftOut = leftOutNext
    leftOutNext = min(2 * leftOutNext, Self.mostLeftOut)
    return false
  }
}
