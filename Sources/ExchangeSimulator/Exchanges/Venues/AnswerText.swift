internal import ClockCore

/// An answer as text with names in braces, such as `{"serverTime":{ms}}`, and what the names become.
///
/// What is in braces and no name stays as it is, so that JSON can be written as it looks.
struct AnswerText: Sendable {
  private var values: [String: String]

  /// The instants of one answer.
  ///
  /// | name | becomes |
  /// |---|---|
  /// | `s` `ms` `us` `ns` | Unix time when the request's processing began |
  /// | `iso` `iso_s` `iso_trimmed` | the same in ISO 8601: milliseconds, seconds, zeros cut off |
  /// | `float_s` | the same in seconds, as a JSON number with milliseconds |
  /// | `coarse_ms` | the same in milliseconds, of whole seconds |
  /// | `in_us` `out_us` `diff_us` | when the request came in, the answer leaves, and between |
  /// | `stale_s` `stale_ms` `stale_us` | 90 s ago: the time of a trade, no clock |
  /// | `lagging_ms` | 1.7 s ago: a chain's latest block |
  ///
  /// In the wrong unit, milliseconds are told in seconds, seconds in milliseconds and texts as
  /// seconds.
  init(received: ExchangeInstant, now: ExchangeInstant, inWrongUnit: Bool = false) {
    let stale = received - .seconds(90)
    let time = CivilTime(unixNanoseconds: received.nanoseconds)
    let (ms, s) = (received.milliseconds, received.seconds)
    values = [
      "s": "\(inWrongUnit ? ms : s)", "ms": "\(inWrongUnit ? s : ms)",
      "us": "\(inWrongUnit ? s : received.microseconds)",
      "ns": "\(inWrongUnit ? s : received.nanoseconds)",
      "iso": inWrongUnit ? "\(s)" : time.iso8601(fractionDigits: 3),
      "iso_s": inWrongUnit ? "\(s)" : time.iso8601(fractionDigits: 0),
      "iso_trimmed": inWrongUnit ? "\(s)" : Self.trimmed(time.iso8601(fractionDigits: 3)),
      "float_s": inWrongUnit ? "\(ms)" : Self.decimal(ms),
      "coarse_ms": inWrongUnit ? "\(s)" : "\(s * 1000)",
      "in_us": "\(received.microseconds)", "out_us": "\(now.microseconds)",
      "diff_us": "\(now.microseconds - received.microseconds)",
      "stale_s": "\(stale.seconds)", "stale_ms": "\(stale.milliseconds)",
      "stale_us": "\(stale.microseconds)",
      "lagging_ms": "\((received - .milliseconds(1700)).milliseconds)",
    ]
  }

  /// The text that a name in braces becomes; nil: it is no name.
  subscript(name: String) -> String? {
    get { values[name] }
    set { values[name] = newValue }
  }

  func filling(_ template: String) -> String {
    var text = ""
    var rest = template[...]
    while let brace = rest.firstIndex(of: "{") {
      text += rest[..<brace]
      rest = rest[rest.index(after: brace)...]
      let name = rest.prefix { $0.isLowercase || $0 == "_" }
      if let value = values[String(name)], rest[name.endIndex...].first == "}" {
        text += value
        rest = rest[name.endIndex...].dropFirst()
      } else {
        text += "{"
      }
    }
    return text + rest
  }

  /// Seconds with as many decimals as are needed.
  private static func decimal(_ milliseconds: Int64) -> String {
    var digits = Substring(padded(Int(milliseconds % 1000), 3))
    while digits.last == "0" { digits = digits.dropLast() }
    return "\(milliseconds / 1000)\(digits.isEmpty ? "" : ".")\(digits)"
  }

  /// `...:34.100Z` as `...:34.1Z`, and `...:34.000Z` as `...:34Z`.
  private static func trimmed(_ text: String) -> String {
    var digits = text.dropLast()
    while digits.last == "0" { digits = digits.dropLast() }
    if digits.last == "." { digits = digits.dropLast() }
    return digits + "Z"
  }
}
