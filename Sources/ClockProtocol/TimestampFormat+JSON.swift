package import ClockCore
package import JSONDocument

extension TimestampFormat {
  /// The timestamp as the exchange wants it; text where a JSON number would lose digits.
  package func json(of instant: ExchangeInstant) -> JSONValue {
    var civil: CivilTime { CivilTime(unixNanoseconds: instant.nanoseconds) }
    // Whole steps since the epoch, rounded down.
    let (quotient, remainder) = instant.nanoseconds.quotientAndRemainder(
      dividingBy: resolution.wholeNanoseconds)
    let steps = remainder < 0 ? quotient - 1 : quotient
    return switch self {
    case .unixSeconds, .unixMilliseconds, .unixMicroseconds: .integer(steps)
    case .unixNanoseconds: .string(String(steps))
    case .iso8601Milliseconds: .string(civil.iso8601(fractionDigits: 3))
    case .iso8601BareSeconds: .string(String(civil.iso8601(fractionDigits: 0).dropLast()))
    }
  }
}
