import Testing

@testable import JSONDocument

@Suite struct JSONValueTests {
  @Test(arguments: [
    "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808",
    "9007199254740993", "1.5", "-0.25", "\"\"", "\"a\"", "[]", "{}", "[1,[2,[]],{}]",
    "{\"b\":1,\"a\":[null,true],\"c\":{\"d\":\"e\"}}", "\"\\\"\\\\/\"", "\"\\b\\f\\n\\r\\t\"",
    "\"\\u0001\\u001F\"", "\"héß € 😀\"",
  ])
  func textRoundTrips(_ text: String) throws {
    let value = try JSONValue(parsing: text)
    #expect(value.text == text)
    #expect(try JSONValue(parsing: value.text) == value)
  }

  /// What must be escaped is found wherever it is, and in texts of any length: eight bytes are looked
  /// at together.
  @Test func whatIsWrittenIsReadAgain() throws {
    for length in 0...40 {
      for special in ["\"", "\\", "\u{1F}", "\n", " ", "!", "#", "]", "é", "\u{7F}", "🙂"] {
        for place in 0...length {
          let text =
            String(repeating: "a", count: place) + special
            + String(repeating: "b", count: length - place)
          let written = JSONValue.string(text).text
          #expect(try JSONValue(parsing: Array(written.utf8)) == .string(text), "\(written)")
        }
      }
    }
  }

  @Test(arguments: [
    ("\"\\u0041\\/\"", "A/"), ("\"\\ud83d\\ude00\"", "😀"), ("\"\\u00e9\"", "\u{E9}"),
    ("\"\u{7F}\"", "\u{7F}"),
  ])
  func escapesAreRead(_ text: String, _ string: String) throws {
    #expect(try JSONValue(parsing: text).string == string)
  }

  @Test(arguments: [0.1, 1e300, -2.5e-10, 100, 1.0 / 3])
  func realsKeepTheirValueAndTheirKind(_ number: Double) throws {
    #expect(try JSONValue(parsing: JSONValue.real(number).text) == .real(number))
  }

  @Test func everyCharacterIsWrittenSoThatItIsReadAgain() throws {
    for scalar in (UInt32(1)...0x2FFF).compactMap(Unicode.Scalar.init) {
      let text = "a\(scalar)b"
      #expect(try JSONValue(parsing: JSONValue.string(text).text).string == text)
      #expect(try JSONValue(parsing: JSONValue.object([.init(text, 1)]).text)[text] == 1)
    }
  }

  @Test(arguments: [0, 9, 10, -10, 1_000_000_007, .max, .min, .max - 1, .min + 1] as [Int64])
  func wholeNumbersAreWrittenExactly(_ number: Int64) {
    #expect(JSONValue.integer(number).text == "\(number)")
  }

  @Test func numbersOfEveryLengthAreWrittenExactly() {
    var power: Int64 = 1
    for _ in 0..<18 {
      power *= 10
      for digit: Int64 in 1...9 {
        for number in [power - digit, power + digit, power / 10 * digit, 1 - power * digit / 10] {
          #expect(JSONValue.integer(number).text == "\(number)")
        }
      }
    }
    for number: Int64 in 0..<10_000 {
      #expect(JSONValue.integer(number * 10_001).text == "\(number * 10_001)")
    }
  }

  @Test func whatIsNoNumberIsWrittenAsNull() {
    #expect(JSONValue.array([.real(.nan), .real(.infinity)]).text == "[null,null]")
    #expect(JSONValue.real(.nan).text == "null")
  }

  @Test func membersKeepTheirOrder() throws {
    let value = try JSONValue(parsing: "{\"z\":1,\"a\":2,\"m\":3}")
    #expect(value == ["z": 1, "a": 2, "m": 3])
    #expect(value != ["a": 2, "z": 1, "m": 3])
    #expect(value["m"] == 3)
    #expect(value["x"] == nil)
    #expect(JSONValue.array([])["x"] == nil)
  }

  @Test(arguments: [
    "", " ", "nul", "{\"a\":1,\"a\":2}", "{\"a\":1,}", "[1,]", "[1 2]", "{a:1}", "'a'", "01", "+1",
    "1.", ".5", "1e", "0x1", "NaN", "Infinity", "9223372036854775808", "-9223372036854775809",
    "1e999", "\"\\x\"", "\"\\ud800\"", "\"\\u0000\"", "\"\n\"", "\"a", "{} {}", "1 2", "[1]]",
    "\u{FEFF}1", "//c\n1",
  ])
  func refuses(_ text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC3],
      [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x31, 0x00], [0x22, 0x00, 0x22],
    ] as [[UInt8]])
  func refusesBytesThatAreNoText(_ bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
  }

  @Test func depthHasALimit() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    let deepest = try JSONValue(parsing: nested(2_048))
    #expect(deepest.text == nested(2_048))
    #expect(throws: JSONError.self) { try JSONValue(parsing: nested(2_049)) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: nested(30_000)) }
  }

  @Test func anErrorSaysWhere() throws {
    let error = try #require(throws: JSONError.self) {
      try JSONValue(parsing: "{\n  \"a\": 1,\n  \"ü\": x\n}")
    }
    #expect(error.line == 3)
    #expect(error.description.hasPrefix("line 3, column "))
    let zero = try #require(throws: JSONError.self) { try JSONValue(parsing: "[\n1,\0]") }
    #expect(zero == JSONError(line: 2, column: 3, message: "the text has a zero byte"))
    let empty = try #require(throws: JSONError.self) { try JSONValue(parsing: "") }
    #expect(empty.message == "the text is empty")
  }

  @Test func eachKindIsReadAsItself() {
    #expect(JSONValue.integer(3).number == 3)
    #expect(JSONValue.real(0.5).number == 0.5)
    #expect(JSONValue.real(3).integer == nil)
    #expect(JSONValue.string("3").number == nil)
    #expect(JSONValue.integer(1).bool == nil)
    #expect(JSONValue.bool(true).integer == nil)
    #expect(JSONValue.null.string == nil)
    #expect(JSONValue.array([1]).array == [1])
  }
}

@Suite struct JSONPointerTests {
  /// The document and the pointers of RFC 6901, section 5.
  private let document = """
    {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\\\j": 5,
     "k\\"l": 6, " ": 7, "m~n": 8}
    """

  @Test(arguments: [
    ("/foo", "[\"bar\",\"baz\"]"), ("/foo/0", "\"bar\""), ("/foo/1", "\"baz\""), ("/", "0"),
    ("/a~1b", "1"), ("/c%d", "2"), ("/e^f", "3"), ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"),
    ("/ ", "7"), ("/m~0n", "8"),
  ])
  func examplesOfTheStandard(_ pointer: String, _ value: String) throws {
    let document = try JSONValue(parsing: document)
    #expect(document[pointer: try #require(JSONPointer(pointer))]?.text == value)
  }

  @Test func theEmptyPointerIsTheWholeDocument() throws {
    let document = try JSONValue(parsing: document)
    #expect(document[pointer: try #require(JSONPointer(""))] == document)
  }

  @Test(arguments: ["foo", " /foo", "/~", "/a~2", "/~~01", "/a~"])
  func refuses(_ text: String) {
    #expect(JSONPointer(text) == nil)
  }

  @Test(arguments: [
    "/foo/2", "/foo/-1", "/foo/-", "/foo/+1", "/foo/01", "/foo/-0", "/foo/", "/foo/0/0", "/nope",
    "//", "/foo/99999999999999999999",
  ])
  func findsNothing(_ pointer: String) throws {
    let document = try JSONValue(parsing: document)
    #expect(document[pointer: try #require(JSONPointer(pointer))] == nil)
  }

  @Test func tildesAreUnescapedOnce() {
    #expect(JSONPointer("/~01")?.tokens == ["~1"])
    #expect(JSONPointer("//a/")?.tokens == ["", "a", ""])
  }

  /// A combining accent after a slash is part of the token, not of the slash.
  @Test func codePointsAreNotComposed() {
    #expect(JSONPointer("/a/\u{301}b")?.tokens == ["a", "\u{301}b"])
    #expect(JSONPointer("/~1\u{301}")?.tokens == ["/\u{301}"])
  }
}
