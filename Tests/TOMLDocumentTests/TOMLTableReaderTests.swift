import TOMLDocument
import Testing

private enum Colour: String, CaseIterable { case red, green }

/// Asks for one key of every type.
private func readEverything(_ reader: TOMLTableReader) {
  _ = reader.string("name")
  _ = reader.integer("count", in: 1...64)
  _ = reader.bool("enabled")
  _ = reader.duration("interval", in: .seconds(1)...(.seconds(86400)))
  _ = reader.octalMode("mode")
  _ = reader.strings("codes")
  _ = reader.choice("colour", of: Colour.self)
  let inner = reader.table("inner")
  _ = inner?.bool("deep")
  inner?.finish()
  reader.finish()
}

private func problems(_ text: String) throws -> [String] {
  let log = ProblemLog()
  readEverything(TOMLTableReader(try TOMLTable(parsing: text), log: log))
  return log.problems.map { $0.text(file: "f") }
}

@Suite struct TOMLTableReaderTests {
  @Test func handsOutValues() throws {
    let log = ProblemLog()
    let reader = TOMLTableReader(
      try TOMLTable(
        parsing: """
          name = "n"
          count = 64
          enabled = false
          interval = "24h"
          mode = "0660"
          codes = ["-1021", "1"]
          colour = "green"
          inner = { deep = true }
          """), log: log)
    #expect(reader.string("name") == "n")
    #expect(reader.integer("count", in: 1...64) == 64)
    #expect(reader.bool("enabled") == false)
    #expect(
      reader.duration("interval", in: .seconds(1)...(.seconds(86400))) == .seconds(86400))
    #expect(reader.octalMode("mode") == 0o660)
    #expect(reader.strings("codes") == ["-1021", "1"])
    #expect(reader.choice("colour", of: Colour.self) == .green)
    #expect(reader.table("inner")?.bool("deep") == true)
    #expect(reader.table("inner")?.path == ["inner"])
    #expect(reader.string("absent") == nil)
    reader.finish()
    #expect(log.problems.isEmpty)
  }

  /// Every message that a reader has of its own.
  @Test(arguments: [
    ("name = 1", "1:8: name: expected a string, got an integer (1)"),
    ("count = \"8\"", "1:9: count: expected an integer from 1 to 64, got \"8\""),
    ("count = 8.0", "1:9: count: expected an integer from 1 to 64, got a floating-point number"),
    ("count = 0", "1:9: count must be from 1 to 64, not 0"),
    ("count = 65", "1:9: count must be from 1 to 64, not 65"),
    ("enabled = \"yes\"", "1:11: enabled: expected true or false, got \"yes\""),
    ("enabled = 1979-05-27", "1:11: enabled: expected true or false, got a date or time"),
    (
      "interval = 3600",
      "1:12: interval: expected a duration such as \"1s\" or \"24h\", got an integer (3600)"
    ),
    (
      "interval = \"1 hour\"",
      "1:12: interval: expected a duration such as \"1s\" or \"24h\", got \"1 hour\""
    ),
    ("interval = \"1ms\"", "1:12: interval must be from 1s to 24h, not 1ms"),
    ("interval = \"25h\"", "1:12: interval must be from 1s to 24h, not 25h"),
    (
      "mode = 0o660", "1:8: mode: expected an octal mode such as \"0660\", got an integer (432)"
    ),
    ("mode = \"0689\"", "1:8: mode: expected an octal mode such as \"0660\", got \"0689\""),
    ("mode = \"1777\"", "1:8: mode: expected an octal mode such as \"0660\", got \"1777\""),
    ("codes = \"1\"", "1:9: codes: expected a list of strings, got \"1\""),
    ("codes = [\"1\", 2]", "1:15: codes: expected a list of strings, got an integer in it"),
    (
      "colour = \"gren\"",
      "1:10: colour: expected one of \"red\", \"green\", got \"gren\"; did you mean \"green\"?"
    ),
    (
      "colour = \"blue\"", "1:10: colour: expected one of \"red\", \"green\", got \"blue\""
    ),
    ("colour = true", "1:10: colour: expected one of \"red\", \"green\", got a boolean (true)"),
    ("inner = [1]", "1:9: inner: expected a table, got an array"),
    ("name = { a = 1 }", "1:8: name: expected a string, got a table"),
    ("\n nam = \"n\"", "2:2: unknown key \"nam\"; did you mean \"name\"?"),
    ("[inner]\ndeeep = 1", "2:1: unknown key \"deeep\" in [inner]; did you mean \"deep\"?"),
    ("inner.zzz = 1", "1:7: unknown key \"zzz\" in [inner]; known keys: deep"),
    ("inner.\"z z\".\"\" = 1", "1:7: unknown key \"z z\" in [inner]; known keys: deep"),
  ])
  func says(_ text: String, _ problem: String) throws {
    #expect(try problems(text) == ["f:" + problem])
  }

  @Test func everyProblemInTheOrderOfTheFile() throws {
    let text = "zzzzzzzzzzzz = 1\nmode = 1\ncount = 0\n[inner]\ndeep = 1\nnope = 2\nname = 3\n"
    #expect(
      try problems(text).map { $0.prefix { $0 != " " } } == [
        "f:1:1:", "f:2:8:", "f:3:9:",
        "f:5:8:", "f:6:1:", "f:7:1:",
      ])
  }

  @Test func problemsNameTheKeyPath() throws {
    let log = ProblemLog()
    readEverything(TOMLTableReader(try TOMLTable(parsing: "[inner]\n\"a b\" = 1"), log: log))
    #expect(log.problems.map(\.keyPath) == ["inner.\"a b\""])
  }

  @Test func quotedTextStaysOnOneLine() {
    #expect(TOMLTableReader.quoted("a\n\"b\"") == #""a\n\"b\"""#)
    #expect(TOMLTableReader.quoted(String(repeating: "x", count: 500)).count == 85)
  }
}
