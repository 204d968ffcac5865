package import ClockCore
internal import JSONDocument

extension ExchangeDefinition {
  /// 2020-01-01T00:00:00Z
  private static let earliest: Int64 = 1_577_836_800_000_000_000
  /// 2100-01-01T00:00:00Z
  static let latest: Int64 = 4_102_444_800_000_000_000

  /// The exchange's clock as the answer tells it, truncated to the resolution.
  package func readTime(from answer: TimeAnswer) throws(TimeAnswerError) -> ExchangeInstant {
    try readTimeAndResolution(from: answer).time
  }

  /// The exchange's clock as the answer tells it, and the quantum of this answer.
  func readTimeAndResolution(
    from answer: TimeAnswer
  ) throws(TimeAnswerError) -> (time: ExchangeInstant, resolution: Duration) {
    if let finerUnit {
      var finer = self
      finer.unit = finerUnit
      if let time = try? finer.time(in: answer) { return (time, finerUnit.resolution) }
    }
    let time = try time(in: answer)
    if let coarseResolution,
      time.nanoseconds.isMultiple(of: coarseResolution.wholeNanoseconds)
    {
      return (time, coarseResolution)
    }
    return (time, resolution)
  }

  private func time(in answer: TimeAnswer) throws(TimeAnswerError) -> ExchangeInstant {
    switch timeSource {
    case .header(let name):
      guard let value = answer.header(name) else {
        throw .missing(timeSource.description)
      }
      return try time(ofText: value)
    case .body(let pointer):
      let document = try Self.document(of: answer)
      guard let value = document[pointer: pointer] else {
        throw .missing(timeSource.description)
      }
      return try time(of: value)
    }
  }

  private static func document(of answer: TimeAnswer) throws(TimeAnswerError) -> JSONValue {
    let body = answer.body
    // RFC 8259 lets a reader skip a byte order mark.
    let text = body.starts(with: [0xEF, 0xBB, 0xBF]) ? body.dropFirst(3) : body[...]
    guard !text.isEmpty else { throw .notJSON("it is empty") }
    do {
      return try JSONValue(parsing: text)
    } catch {
      throw .notJSON(Excerpt.plain(error.description) + Self.foreignContentType(of: answer))
    }
  }

  /// What is no JSON may be the page of a firewall or of a proxy.
  private static func foreignContentType(of answer: TimeAnswer) -> String {
    guard let type = answer.header("Content-Type"), !type.lowercased().contains("json") else {
      return ""
    }
    return " (its content type is \(Excerpt.quoted(type)))"
  }

  private func time(of value: JSONValue) throws(TimeAnswerError) -> ExchangeInstant {
    switch value {
    case .string(let text): return try time(ofText: text)
    case .integer(let number) where unit.nanosecondDigits != nil:
      return try time(ofText: String(number), isQuoted: false)
    // The shortest text that reads back as the same value: the digits of the answer, where a
    // double can hold them.
    case .real(let number) where unit.nanosecondDigits != nil:
      return try time(ofText: number.description, isQuoted: false)
    case .integer(let number): throw wrongType("the number \(number)")
    case .real(let number): throw wrongType("the number \(number)")
    case .null: throw .notATime(value: "null", hint: "the exchange sent no time")
    case .bool(let flag): throw wrongType("\(flag)")
    case .array: throw wrongType("an array")
    case .object: throw wrongType("an object")
    }
  }

  private func wrongType(_ got: String) -> TimeAnswerError {
    let expected =
      unit.nanosecondDigits == nil ? "\(unit.noun)" : "a number or a string of digits"
    return .wrongType(source: timeSource.description, expected: expected, got: got)
  }

  private func time(
    ofText text: String, isQuoted: Bool = true
  ) throws(TimeAnswerError) -> ExchangeInstant {
    let shown = isQuoted ? Excerpt.quoted(text) : text
    let number = DecimalTime(text)
    let nanoseconds: Int64? =
      switch unit {
      case .iso8601: CivilTime(iso8601: text)?.unixNanoseconds
      case .httpDate: HTTPDate.read(text)?.unixNanoseconds
      default: number?.unixNanoseconds(in: unit)
      }
    if let nanoseconds, Self.isPlausible(nanoseconds) {
      return ExchangeInstant(nanoseconds: nanoseconds)
    }
    throw .notATime(value: shown, hint: hint(for: text, number))
  }

  static func isPlausible(_ nanoseconds: Int64) -> Bool {
    (earliest..<latest).contains(nanoseconds)
  }

  /// The likely reason why a value is not a time of this exchange.
  private func hint(for text: String, _ number: DecimalTime?) -> String {
    if text.isEmpty { return "it is empty" }
    if let number {
      if number.isZero { return "zero: the exchange sent no time" }
      if number.isNegative { return "it is negative" }
      let likely = TimeUnit.allCases.first { other in
        other != unit && number.unixNanoseconds(in: other).map(Self.isPlausible) ?? false
      }
      if let likely { return "it looks like \(likely.noun), \(unit.noun) expected" }
      if unit.nanosecondDigits == nil { return "\(unit.noun) expected" }
      return "outside 2020 to 2100 in \(unit.noun) and in every other unit"
    }
    let isISO8601 = CivilTime(iso8601: text) != nil
    let isHTTPDate = HTTPDate.read(text) != nil
    if isISO8601, unit == .iso8601 { return "outside 2020 to 2100" }
    if isHTTPDate, unit == .httpDate { return "outside 2020 to 2100" }
    if isISO8601 { return "it looks like an ISO 8601 time, \(unit.noun) expected" }
    if isHTTPDate { return "it looks like an HTTP date, \(unit.noun) expected" }
    return unit.nanosecondDigits == nil
      ? "\(unit.noun) expected" : "digits expected (\(unit.noun))"
  }
}
