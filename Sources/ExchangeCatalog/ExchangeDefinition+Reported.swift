package import ClockCore

extension ExchangeDefinition {
  /// How the timestamps that a refusal is about are written.
  package func timestampFormats(for entry: RefusalCode?) -> [TimestampFormat] {
    if let formats = entry?.timestampFormats, !formats.isEmpty { return formats }
    return [timestampFormat] + (otherTimestampFormat.map { [$0] } ?? [])
  }

  /// What a timestamp that a bot reports is, as the exchange would read it.
  package func reportedTimestamp(
    _ text: String, for entry: RefusalCode? = nil
  ) -> ReportedTimestamp {
    for format in timestampFormats(for: entry) {
      if let instant = format.read(text) { return .instant(instant) }
    }
    let nonce = rule == .nonce ? DecimalTime(text) : nil
    if rule == .nonce, nonce == nil { return .unreadable }
    for format in TimestampFormat.allCases where format.read(text) != nil {
      return .foreign(
        form: format.noun, isFiner: format.resolution < timestampFormat.resolution)
    }
    if let nonce {
      let nanoseconds = timestampFormat.unit.map { nonce.unixNanoseconds(in: $0) ?? .max }
      return .number(isLarger: !nonce.isNegative && (nanoseconds ?? 0) >= Self.latest)
    }
    if CivilTime(iso8601: text) != nil || CivilTime(iso8601: text + "Z") != nil {
      return .foreign(form: "an ISO 8601 time of another form", isFiner: false)
    }
    return .unreadable
  }
}

extension TimestampFormat {
  /// Nil for a date.
  fileprivate var unit: TimeUnit? {
    switch self {
    case .unixSeconds: .seconds
    case .unixMilliseconds: .milliseconds
    case .unixMicroseconds: .microseconds
    case .unixNanoseconds: .nanoseconds
    case .iso8601Milliseconds, .iso8601BareSeconds: nil
    }
  }

  /// The instant, where the text is a timestamp of this format and of these decades.
  func read(_ text: String) -> ExchangeInstant? {
    let nanoseconds: Int64? =
      switch self {
      case .unixSeconds, .unixMilliseconds, .unixMicroseconds, .unixNanoseconds:
        unit.flatMap { DecimalTime(text)?.unixNanoseconds(in: $0) }
      case .iso8601Milliseconds:
        text.utf8.count == 24 && text.hasSuffix("Z")
          ? CivilTime(iso8601: text)?.unixNanoseconds : nil
      case .iso8601BareSeconds:
        // Also as it stands in a URL.
        CivilTime(iso8601: text.replacing("%3A", with: ":") + "Z").flatMap {
          [19, 23].contains(text.utf8.count) && !text.contains(".") ? $0.unixNanoseconds : nil
        }
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
