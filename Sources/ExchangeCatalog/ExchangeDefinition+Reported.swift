package import ClockCore

extension ExchangeDefinition {
  /// What a timestamp that a bot reports is, as the exchange would read it.
  package func reportedTimestamp(_ text: String) -> ReportedTimestamp {
    let taken = [timestampFormat] + (otherTimestampFormat.map { [$0] } ?? [])
    for format in taken {
      if let instant = format.read(text) { return .instant(instant) }
    }
    for format in TimestampFormat.allCases where format.read(text) != nil {
      return .foreign(
        form: format.noun, isFiner: format.resolution < timestampFormat.resolution)
    }
    if CivilTime(iso8601: text) != nil || CivilTime(iso8601: text + "Z") != nil {
      return .foreign(form: "an ISO 8601 time of another form", isFiner: false)
    }
    return .unreadable
  }
}

extension TimestampFormat {
  /// The instant, where the text is a timestamp of this format and of these decades.
  func read(_ text: String) -> ExchangeInstant? {
    let nanoseconds: Int64? =
      switch self {
      case .unixSeconds: DecimalTime(text)?.unixNanoseconds(in: .seconds)
      case .unixMilliseconds: DecimalTime(text)?.unixNanoseconds(in: .milliseconds)
      case .unixMicroseconds: DecimalTime(text)?.unixNanoseconds(in: .microseconds)
      case .unixNanoseconds: DecimalTime(text)?.unixNanoseconds(in: .nanoseconds)
      case .iso8601Milliseconds:
        text.utf8.count == 24 && text.hasSuffix("Z")
          ? CivilTime(iso8601: text)?.unixNanoseconds : nil
      case .iso8601BareSeconds:
        text.utf8.count == 19 ? CivilTime(iso8601: text + "Z")?.unixNanoseconds : nil
      }
    guard let nanoseconds, ExchangeDefinition.isPlausible(nanoseconds) else { return nil }
    return ExchangeInstant(nanoseconds: nanoseconds)
  }

  /// The format as messages name it.
  package var noun: String {
    switch self {
    case .unixSeconds: "Unix seconds"
    case .unixMilliseconds: "Unix milliseconds"
    case .unixMicroseconds: "Unix microseconds"
    case .unixNanoseconds: "Unix nanoseconds"
    case .iso8601Milliseconds: "an ISO 8601 time with milliseconds and Z"
    case .iso8601BareSeconds: "an ISO 8601 time of whole seconds without Z"
    }
  }
}
