import TOMLDocument
import Testing

@Suite struct TOMLTableTests {
  @Test func valuesOfEveryKind() throws {
    let table = try TOMLTable(
      parsing: """
        text = "a\\u0000b"
        whole = -9223372036854775808
        real = 1.5
        flag = true
        day = 2026-01-01
        list = ["x", 2]
        [inner]
        """)
    #expect(table["text"]?.value.content == .string("a\0b"))
    #expect(table["whole"]?.value.content == .integer(.min))
    #expect(table["real"]?.value.content == .float(1.5))
    #expect(table["flag"]?.value.content == .bool(true))
    #expect(table["day"]?.value.content == .date)
    #expect(
      table["list"]?.value.content
        == .array([
          TOMLValue(.string("x"), at: TOMLPosition(line: 6, column: 9)),
          TOMLValue(.integer(2), at: TOMLPosition(line: 6, column: 14)),
        ]))
    #expect(table["inner"]?.value.content == .table(TOMLTable([])))
    #expect(table["nothing"] == nil)
  }

  @Test func entriesStandInTheOrderOfTheFile() throws {
    let table = try TOMLTable(parsing: "zulu = 1\nalpha = 2\n[mike]\n[bravo]\n")
    #expect(table.entries.map(\.key) == ["zulu", "alpha", "mike", "bravo"])
  }

  @Test func keysAndValuesKnowTheirPlace() throws {
    let table = try TOMLTable(parsing: "\n  \"köln\" = 7\n[a.b]\nc = { d = 'e' }\n")
    #expect(table["köln"]?.keyPosition == TOMLPosition(line: 2, column: 3))
    #expect(table["köln"]?.value.position == TOMLPosition(line: 2, column: 12))
    guard case .table(let a)? = table["a"]?.value.content,
      case .table(let b)? = a["b"]?.value.content,
      case .table(let c)? = b["c"]?.value.content
    else {
      Issue.record("no table a.b.c")
      return
    }
    #expect(a["b"]?.keyPosition.line == 3)
    #expect(a["b"]?.value.position.line == 3)
    #expect(c["d"]?.value.position == TOMLPosition(line: 4, column: 11))
  }

  @Test func emptyTextIsAnEmptyTable() throws {
    #expect(try TOMLTable(parsing: "").entries.isEmpty)
    #expect(try TOMLTable(parsing: "# nothing but a comment").entries.isEmpty)
  }

  @Test func byteOrderMarkIsSkipped() throws {
    #expect(try TOMLTable(parsing: [0xEF, 0xBB, 0xBF] + Array("a = 1".utf8)).entries.count == 1)
  }

  @Test(arguments: [
    ("a = 1\nb = \"open\nc = 2", 2, 10), ("a = 1\na = 2", 2, 5), ("[t]\n[t]", 2, 1), ("a = ", 1, 5),
    ("= 1", 1, 1), ("a = 99999999999999999999", 1, 25),
  ])
  func syntaxErrorsKnowTheirPlace(_ text: String, _ line: Int, _ column: Int) {
    let error = #expect(throws: TOMLError.self) { try TOMLTable(parsing: text) }
    #expect(error?.position.line == line)
    #expect(error?.position.column == column)
    #expect(error?.message.isEmpty == false)
  }

  /// What toml++ would answer with a failed assertion.
  @Test(arguments: ["[=]", "[#a]", "[ ,b]", "[[=]]", "[é]"])
  func headersWithoutAKeyAreErrors(_ text: String) {
    let error = #expect(throws: TOMLError.self) { try TOMLTable(parsing: "a = 1\n" + text) }
    #expect(error?.position.line == 2)
  }

  @Test func invalidUTF8IsRefused() {
    #expect(throws: TOMLError.self) { try TOMLTable(parsing: Array("a = \"".utf8) + [0xFF, 0x22]) }
  }

  @Test func deepNestingIsRefused() {
    let arrays = String(repeating: "[", count: 5000)
    #expect(throws: TOMLError.self) { try TOMLTable(parsing: "a = " + arrays) }
    let dots = String(repeating: "a.", count: 200_000) + "a = 1"
    let error = #expect(throws: TOMLError.self) { try TOMLTable(parsing: dots) }
    #expect(error?.message == "too many dots on one line")
    let key = String(repeating: "a.", count: 150) + "a"
    let nested = #expect(throws: TOMLError.self) { try TOMLTable(parsing: "[\(key)]\n\(key) = 1") }
    #expect(nested?.message == "nested too deeply")
    #expect(throws: Never.self) { try TOMLTable(parsing: "\(key) = 1") }
  }

  @Test func aMessageIsOneLineWhateverItQuotes() {
    #expect {
      try TOMLTable(parsing: "codes = [\n  f\n# range")
    } throws: { error in
      let message = (error as? TOMLError)?.message ?? ""
      return message.contains(#"'f\n'"#) && !message.contains("\n")
    }
  }
}
