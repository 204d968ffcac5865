internal import ClockCore

/// Where and in which unit a refusal tells the exchange's clock.
package struct RefusalTime: Sendable, Equatable {
  var place: RefusalPlace
  var unit: TimeUnit

  /// Quantum of the time, which is taken to be truncated.
  package var resolution: Duration { unit.resolution }

  /// The time; nil where it is not there, or is none of these decades.
  func read(from message: RefusalText?) -> ExchangeInstant? {
    guard let text = place.number(in: message) else { return nil }
    let nanoseconds: Int64? =
      switch unit {
      case .iso8601: CivilTime(iso8601: text)?.unixNanoseconds
      case .httpDate: HTTPDate.read(text)?.unixNanoseconds
      default: DecimalTime(text)?.unixNanoseconds(in: unit)
      }
    guard let nanoseconds, ExchangeDefinition.isPlausible(nanoseconds) else { return nil }
    return ExchangeInstant(nanoseconds: nanoseconds)
  }
}
