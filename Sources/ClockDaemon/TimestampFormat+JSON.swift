internal import ClockCore
internal import JSONDocument

extension TimestampFormat {
  /// The timestamp as the exchange wants it; text where a JSON number would lose digits.
  func json(of instant: ExchangeInstant) -> JSONValue {
    switch self {
    case .unixSeconds: .integer(floorDivided(instant.nanoseconds, by: 1_000_000_000))
    case .unixMilliseconds: .integer(floorDivided(instant.nanoseconds, by: 1_000_000))
    case .unixMicroseconds: .integer(floorDivided(instant.nanoseconds, by: 1_000))
    case .unixNanoseconds: .string(String(instant.nanoseconds))
    case .iso8601Milliseconds:
      .string(CivilTime(unixNanoseconds: instant.nanoseconds).iso8601(fractionDigits: 3))
    case .iso8601BareSeconds:
      .string(
        String(
          CivilTime(unixNanoseconds: instant.nanoseconds).iso8601(fractionDigits: 0).dropLast())
      )
    }
  }
}
