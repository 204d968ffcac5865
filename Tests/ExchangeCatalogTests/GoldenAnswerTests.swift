import ClockCore
import Testing

@testable import ExchangeCatalog

/// The documented answer of every exchange, and what breaks it.
@Suite struct GoldenAnswerTests {
  static let inBodies = DocumentedAnswer.all.filter { !$0.isInHeader }
  static let inHeaders = DocumentedAnswer.all.filter(\.isInHeader)

  @Test func everyExchangeHasOne() {
    #expect(DocumentedAnswer.all.map(\.id) == ExchangeCatalog.builtIn.map(\.id))
    #expect(Self.inBodies.count == 36)
    #expect(Self.inHeaders.count == 7)
  }

  @Test(arguments: DocumentedAnswer.all)
  func isReadToTheDigit(_ answer: DocumentedAnswer) throws {
    let (time, resolution) = try answer.definition.readTimeAndResolution(from: answer.answer())
    #expect(time.nanoseconds == answer.nanoseconds)
    #expect(resolution == answer.resolution)
  }

  /// What may change around the time without a meaning.
  @Test(arguments: inBodies)
  func isReadWhateverIsAroundIt(_ answer: DocumentedAnswer) throws {
    let time = ExchangeInstant(nanoseconds: answer.nanoseconds)
    let body = answer.text(answer.time)
    for text in ["\u{FEFF}" + body, " \r\n\t" + body + "\r\n", "\u{FEFF}\n" + body] {
      #expect(try answer.definition.readTime(from: TimeAnswer(body: Array(text.utf8))) == time)
    }
    let plain = TimeAnswer(body: Array(body.utf8), headers: [("content-type", "text/plain")])
    #expect(try answer.definition.readTime(from: plain) == time)
    // A number for a string, and the other way round.
    let digits = answer.time.filter { $0 != "\"" }
    guard answer.definition.unit != .iso8601 else { return }
    for text in [digits, "\"\(digits)\""] { #expect(try answer.read(text) == time) }
  }

  @Test(arguments: inBodies)
  func withoutATimeItIsRefused(_ answer: DocumentedAnswer) {
    let source = answer.definition.timeSource.description
    if !answer.body.hasPrefix("@") {
      #expect(answer.refusal(body: "{}") == "the answer has no time: \(source) is missing")
      #expect(answer.refusal(body: "[]") == "the answer has no time: \(source) is missing")
    }
    #expect(
      answer.refusal("null")
        == "the answer's time null is not plausible: the exchange sent no time")
    for (value, kind) in [("true", "true"), ("{}", "an object"), ("[1]", "an array")] {
      let text = answer.refusal(value)
      #expect(text.hasPrefix("the answer has no time: \(source) should be "), "\(text)")
      #expect(text.hasSuffix("but is \(kind)"), "\(text)")
    }
  }

  @Test(arguments: inBodies)
  func aValueThatIsNoTimeOfTheseYearsIsRefused(_ answer: DocumentedAnswer) {
    for (value, reason) in [
      ("\"\"", "it is empty"), ("\"0\"", "zero: the exchange sent no time"),
      ("\"-1762820224559\"", "it is negative"), ("\"soon\"", "expected"),
      // One more than the largest whole number that every double below has.
      ("\"9007199254740993\"", answer.isDate ? "expected" : "outside 2020 to 2100"),
      ("\"99999999999999999999\"", answer.isDate ? "expected" : "outside 2020 to 2100"),
      ("\"9223372036854775808\"", answer.isDate ? "expected" : "outside 2020 to 2100"),
    ] {
      let text = answer.refusal(value)
      #expect(text.hasPrefix("the answer's time \(value) is not plausible: "), "\(text)")
      #expect(text.contains(reason), "\(text)")
    }
    guard !answer.isDate else { return }
    for value in ["0", "-1762820224559", "9007199254740993", "9223372036854775807", "-0"] {
      #expect(answer.refusal(value).contains(" is not plausible: "), "\(value)")
    }
    // Beyond 64 bits, and beyond a double: the document is refused as a whole.
    for value in ["9223372036854775808", "99999999999999999999", "1e999", "NaN"] {
      #expect(answer.refusal(value).hasPrefix("the answer is not JSON: "), "\(value)")
    }
  }

  /// The wrong unit shows by its magnitude, and the reason names it.
  @Test(arguments: inBodies)
  func aTimeInAnotherUnitIsRefused(_ answer: DocumentedAnswer) throws {
    let unit = answer.definition.unit
    let seconds = answer.nanoseconds / 1_000_000_000
    let others: [(TimeUnit, String)] = [
      (.seconds, "\(seconds)"), (.milliseconds, "\(seconds)123"),
      (.microseconds, "\(seconds)123456"), (.nanoseconds, "\(seconds)123456789"),
      (.iso8601, "2025-11-11T00:17:04.123Z"), (.httpDate, "Tue, 11 Nov 2025 00:17:04 GMT"),
    ]
    for (other, value) in others where other != unit {
      if other == answer.definition.finerUnit {
        // Asked for by a header, which not every server heeds.
        let time = try answer.definition.readTimeAndResolution(
          from: answer.answer(with: "\"\(value)\""))
        #expect(time.time.nanoseconds == seconds * 1_000_000_000 + 123_456_000)
        #expect(time.resolution == other.resolution)
      } else {
        #expect(
          answer.refusal("\"\(value)\"") == "the answer's time \"\(value)\" is not plausible: "
            + "it looks like \(other.noun), \(unit.noun) expected")
      }
    }
  }

  @Test(arguments: inBodies)
  func aBrokenDocumentIsRefused(_ answer: DocumentedAnswer) {
    let body = answer.text(answer.time)
    let key = #"{"x":1,"x":2,"#
    let nested = String(repeating: "[", count: 3_000)
    var broken = ["", "\u{FEFF}", body + "}", body + " 1", "\u{0}" + body, nested + body]
    if body.hasPrefix("{") {
      broken += [String(body.dropLast()), key + body.dropFirst(), #"{"x":"# + nested + body]
      broken.append(body.replacing("\":", with: "\":\u{1}"))
    }
    for text in broken {
      #expect(
        answer.refusal(body: text).hasPrefix("the answer is not JSON: "), "\(text.prefix(80))")
    }
    // The first bytes of a gzip stream that nobody unpacked.
    let packed = TimeAnswer(body: [0x1F, 0x8B, 0x08, 0x00, 0x00])
    #expect(throws: TimeAnswerError.self) { try answer.definition.readTime(from: packed) }
    let page = TimeAnswer(
      body: Array("<html>blocked</html>".utf8),
      headers: [("Content-Type", "text/html; charset=utf-8")])
    #expect(
      answer.refusal(page).hasSuffix("(its content type is \"text/html; charset=utf-8\")"),
      "\(answer.refusal(page))")
  }

  /// Only the `Date` header has a time, whatever the body is.
  @Test(arguments: inHeaders)
  func aBrokenDateIsRefused(_ answer: DocumentedAnswer) throws {
    #expect(
      answer.refusal(TimeAnswer(body: Array(answer.body.utf8)))
        == "the answer has no time: header Date is missing")
    for (value, reason) in [
      ("", "it is empty"), ("1762820224", "it looks like seconds"), ("0", "zero"),
      ("-1", "it is negative"), ("2025-11-11T00:17:04Z", "it looks like an ISO 8601 time"),
      ("Tue, 11 Nov 1997 00:17:04 GMT", "outside 2020 to 2100"),
      ("Mon, 11 Nov 2025 00:17:04 GMT", "an HTTP date expected"),
      ("Tue, 11 Nov 25 00:17:04 +0000", "an HTTP date expected"),
      ("Tuesday, 11-Nov-25 00:17:04 GMT", "an HTTP date expected"),
      ("Tue Nov 11 00:17:04 2025", "an HTTP date expected"),
    ] {
      #expect(answer.refusal(value).contains(reason), "\(value): \(answer.refusal(value))")
    }
    let other = TimeAnswer(body: [0xFF], headers: [("dAtE", " \(answer.time)\t")])
    #expect(try answer.definition.readTime(from: other).nanoseconds == answer.nanoseconds)
  }

  @Test func examplesFromBefore2020ShowTheShapeOnly() {
    for answer in DocumentedAnswer.all where answer.origin == .moved {
      for old in ["1499827319559", "1546837113087"] {
        #expect(answer.refusal(old).contains("outside 2020 to 2100"), "\(answer.id)")
      }
    }
  }
}

extension DocumentedAnswer {
  var definition: ExchangeDefinition {
    ExchangeCatalog.definition(of: id)
      ?? ExchangeDefinition(id: id, url: "", timeSource: .header("x-not-in-the-catalogue"))
  }

  var isInHeader: Bool { definition.timeSource == .header("Date") }
  var isDate: Bool { definition.unit == .iso8601 || definition.unit == .httpDate }

  func text(_ time: String) -> String { body.replacing("@", with: time) }

  func answer(with time: String? = nil) -> TimeAnswer {
    guard !isInHeader else {
      return TimeAnswer(body: Array(body.utf8), headers: [("Date", time ?? self.time)])
    }
    return TimeAnswer(body: Array(text(time ?? self.time).utf8))
  }

  func read(_ time: String) throws(TimeAnswerError) -> ExchangeInstant {
    try definition.readTime(from: answer(with: time))
  }

  /// Why an answer with that time in it is refused.
  func refusal(_ time: String) -> String { refusal(answer(with: time)) }

  func refusal(body: String) -> String { refusal(TimeAnswer(body: Array(body.utf8))) }

  func refusal(_ answer: TimeAnswer) -> String {
    do {
      return "read as \(try definition.readTime(from: answer).nanoseconds)"
    } catch {
      return error.description
    }
  }
}
