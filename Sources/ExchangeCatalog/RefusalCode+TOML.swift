internal import ClockCore
internal import TOMLDocument

extension RefusalCode {
  /// Reads one table of `codes`; nil where it has no verdict or nothing to know a refusal by.
  static func read(from reader: TOMLTableReader) -> RefusalCode? {
    let expected = "a text that is not empty"
    let notEmpty = { (text: String) in text.isEmpty ? nil : text }
    let code = reader.string("code", expected: expected, notEmpty)
    let status = reader.integer("http_status", in: 100...599)
    let message = reader.string("message", expected: expected, notEmpty)
    let verdict = reader.choice("verdict", of: Verdict.self)
    let side = reader.choice("side", of: TimestampSide.self)
    let isOfNonce = reader.bool("nonce") ?? false
    let window = reader.duration("window", in: .milliseconds(1)...(.seconds(86_400)))
    let formats = (reader.strings("timestamp_formats") ?? []).compactMap { word in
      let format = TimestampFormat(rawValue: word)
      if format == nil {
        reader.report(
          "timestamp_formats: expected some of "
            + TimestampFormat.allCases.map { TOMLTableReader.quoted($0.rawValue) }
            .joined(separator: ", ") + ", got \(TOMLTableReader.quoted(word))",
          key: "timestamp_formats")
      }
      return format
    }
    let meaning = reader.string("meaning")
    if !["code", "http_status", "message"].contains(where: reader.contains) {
      reader.report("a refusal needs a code, an http_status or a message to be known by")
    }
    if !reader.contains("verdict") {
      reader.report("verdict is missing: what the refusal means, such as \"clock\"")
    }
    reader.finish()
    guard let verdict, code != nil || status != nil || message != nil else { return nil }
    return RefusalCode(
      code: code, httpStatus: status, message: message, verdict: verdict, side: side,
      isOfNonce: isOfNonce, window: window, timestampFormats: formats, meaning: meaning ?? "")
  }
}
