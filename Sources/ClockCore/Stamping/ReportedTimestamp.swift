/// The timestamp of a refused request, as its bot reports it.
package enum ReportedTimestamp: Sendable, Hashable {
  /// It is written as the exchange wants it.
  case instant(ExchangeInstant)

  /// It is a time of these decades, but written in the form named, which the exchange does not
  /// take; a finer unit makes a larger number.
  case foreign(form: String, isFiner: Bool)

  /// It is a number, as nonces are, but no time of these decades: of the exchange's form, larger or
  /// smaller than those.
  case number(isLarger: Bool)

  /// It is no time in any format that is known; of a nonce: no number.
  case unreadable
}
