/// The timestamp of a refused request, as its bot reports it.
package enum ReportedTimestamp: Sendable, Hashable {
  /// It is written as the exchange wants it.
  case instant(ExchangeInstant)

  /// It is a time of these decades, but written in the form named, which the exchange does not
  /// take; a finer unit makes a larger number.
  case foreign(form: String, isFiner: Bool)

  /// It is no time in any format that is known.
  case unreadable
}
