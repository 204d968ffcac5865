/// A refused request, as its bot reports it, beside what is known of the exchange's clock.
///
/// Problem: the exchange refused a timestamp T; is its clock elsewhere than thought, or the bot's,
/// or did the request take too long? A bot's word is no proof, so nothing here changes what is
/// known of a clock: the most that a report does is to have it read anew.
///
/// Symbols: the exchange's clock is in [earliest, latest] now, at the time of the report. The
/// request was judged before that, when the clock showed A, so A <= latest. W is the window, F the
/// tolerance. "Too old" says A > T + W; "too far ahead" says A <= T - F. The exchange may say S in
/// its refusal, which is its clock at about A, so S <= latest too. Then
///
///     S > latest         the exchange contradicts what is known: its clock has stepped
///     T > S, or latest   T was ahead: no delay does that, only a wrong clock
///     latest - T <= W    T is inside the window even now, so it cannot have been too old before:
///                        read the clock anew; where it is unmoved, the window was another one
///     T given out here   T was right then, by construction: the request was late
///     else               T was too old, and nothing tells when it was made: as a wrong clock
///
/// What breaks it: a report that comes seconds after the refusal makes T look that much older.
package struct Rejection: Sendable, Hashable {
  package var reading: RejectionReading
  package var timestamp: ReportedTimestamp?

  /// The daemon gave out this very timestamp a while ago, and the exchange's clock has not stepped
  /// since.
  package var isOwnStamp: Bool

  /// The window that the request asked for; nil where it is not reported.
  package var window: Duration?

  /// The exchange's clock as the refusal tells it, truncated to `disclosedResolution`.
  package var disclosed: ExchangeInstant?
  package var disclosedResolution: Duration

  package init(
    reading: RejectionReading, timestamp: ReportedTimestamp? = nil, isOwnStamp: Bool = false,
    window: Duration? = nil, disclosed: ExchangeInstant? = nil,
    disclosedResolution: Duration = .milliseconds(1)
  ) {
    self.reading = reading
    self.timestamp = timestamp
    self.isOwnStamp = isOwnStamp
    self.window = window
    self.disclosed = disclosed
    self.disclosedResolution = disclosedResolution
  }

  /// What is known of the exchange's clock at the time of the report.
  package struct Knowledge: Sendable, Hashable {
    package var earliest: ExchangeInstant
    package var latest: ExchangeInstant

    /// The clock was read after the refusal: what is known is not in doubt any more.
    package var isFresh: Bool

    /// That reading contradicted what was known when the request was refused.
    package var hasMoved: Bool

    package init(
      earliest: ExchangeInstant, latest: ExchangeInstant, isFresh: Bool = false,
      hasMoved: Bool = false
    ) {
      self.earliest = earliest
      self.latest = latest
      self.isFresh = isFresh
      self.hasMoved = hasMoved
    }
  }

  /// A refusal is reported within this, from when the request was judged: a longest path back, and
  /// a moment of thought.
  package static let promptness = Stamp.longestUplink * 2
}
