import Testing

@Suite struct TidyTests {
  private let tree = SourceTree()

  /// Which target may import what. Arrows point up the list only: each line names lines above it,
  /// besides C libraries and what the toolchain brings. Who has no line imports nothing.
  private static let mayImport: KeyValuePairs<String, Set<Substring>> = [
    "ClockCore": [],
    "JSONDocument": ["CJansson"],
    "TOMLDocument": ["CToml"],
    "LinuxSystem": ["ClockCore", "CLinux", "CSystemd", "Glibc", "Synchronization"],
    "ExchangeCatalog": ["ClockCore", "JSONDocument", "TOMLDocument"],
    "ClockProtocol": ["ClockCore", "JSONDocument"],
    "DaemonSettings": ["ClockCore", "TOMLDocument", "ExchangeCatalog"],
    "ExchangeProbe": ["ClockCore", "CCurl", "LinuxSystem", "ExchangeCatalog", "Synchronization"],
    "ClockDaemon": [
      "ClockCore", "ClockProtocol", "DaemonSettings", "Dispatch", "ExchangeCatalog",
      "ExchangeProbe", "Glibc", "JSONDocument", "LinuxSystem", "Synchronization",
    ],
    "ExchangeClock": [
      "ClockCore", "ClockProtocol", "Dispatch", "Glibc", "JSONDocument", "LinuxSystem",
      "Synchronization",
    ],
    "ClockMetrics": ["ClockProtocol", "JSONDocument"],
    "ClockCommand": [
      "ClockMetrics", "ClockCore", "ClockProtocol", "DaemonSettings", "ExchangeCatalog",
      "ExchangeClock",
      "Glibc", "JSONDocument", "LinuxSystem", "TOMLDocument",
    ],
    "MetricsExporter": [
      "CMicroHTTPD", "ClockMetrics", "ClockProtocol", "ExchangeClock", "Glibc", "JSONDocument",
      "LinuxSystem", "Synchronization",
    ],
    "PageReading": ["ClockCore", "ClockProtocol", "ExchangeClock", "Glibc", "LinuxSystem"],
    "ClockSimulation": ["ClockCore"],
    "AccuracyTraces": ["ClockCore", "ClockSimulation"],
    "ExchangeSimulator": ["ClockCore", "CMicroHTTPD", "Glibc", "JSONDocument", "Synchronization"],
    "exchange-clockd": ["ClockDaemon"],
    "exchange-clock": ["ClockCommand"],
    "exchange-clock-probe": ["ClockCommand", "DaemonSettings", "ExchangeProbe"],
    "exchange-clock-sim": ["ExchangeSimulator", "Glibc"],
    "exchange-clock-exporter": ["MetricsExporter"],
    "accuracy-traces": ["AccuracyTraces", "Glibc"],
    "page-reader": ["PageReading"],
  ]

  @Test func targetsImportWhatTheyMay() throws {
    let rules = Dictionary(uniqueKeysWithValues: Self.mayImport.map { ($0.key, $0.value) })
    let files = try tree.files(in: "Sources", endingIn: ".swift")
    #expect(files.count > 100)
    for file in files {
      let target = String(file.path.split(separator: "/")[1])
      let strangers = file.imports.filter { !(rules[target] ?? []).contains($0) }
      #expect(strangers.isEmpty, "\(file.path) imports \(strangers)")
    }
  }

  @Test func importsPointUpTheList() {
    let order = Self.mayImport.map(\.key)
    for (index, rule) in Self.mayImport.enumerated() {
      let below = rule.value.filter { name in order[index...].contains { $0 == name } }
      #expect(below.isEmpty, "\(rule.key) imports \(below), which stands below it")
    }
  }

  @Test func dependenciesInTheManifestPointUpTheList() throws {
    let order = Self.mayImport.map(\.key)
    let manifest = try tree.file("Package.swift").lines.joined(separator: " ")
    var seen: [String] = []
    for statement in manifest.split(separator: " target(").dropFirst() {
      let quoted = statement.prefix { $0 != ")" }
      let names = quoted.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
      guard let name = names.first, order.contains(name) else { continue }
      let below = names.dropFirst().filter { order.contains($0) && !seen.contains($0) }
      #expect(below.isEmpty, "\(name) depends on \(below), which stands below it")
      seen.append(name)
    }
    // A program's name has hyphens, and is not of this list's form in the manifest.
    #expect(seen.count == order.count { !$0.contains("-") })
  }

  /// One `String(format:)` would cost 44 MB.
  @Test func nobodyImportsFoundation() throws {
    for directory in ["Sources", "Tests"] {
      for file in try tree.files(in: directory, endingIn: ".swift") {
        let found = file.imports.filter { $0.hasPrefix("Foundation") || $0 == "XCTest" }
        #expect(found.isEmpty, "\(file.path) imports \(found)")
      }
    }
  }

  /// The formatter does not break comments; a text may be longer than a line.
  @Test func linesAndFilesAreShort() throws {
    for file in try tree.files(in: "Sources", endingIn: ".swift") {
      let long = file.lines.indices.filter {
        file.lines[$0].count > 100 && !file.lines[$0].contains("\"")
      }
      #expect(long.isEmpty, "\(file.path): over 100 columns: \(long.map { $0 + 1 })")
      #expect(file.lines.count <= 400, "\(file.path): over 400 lines")
    }
  }

  @Test func nothingIsLeftForLater() throws {
    // Spelt so that this file does not find itself.
    let marks: Set<Substring> = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
    for directory in ["Sources", "Tests"] {
      for file in try tree.files(in: directory, endingIn: "") {
        for (index, line) in file.lines.enumerated() {
          let words = line.split { !$0.isLetter }
          #expect(marks.isDisjoint(with: words), "\(file.path):\(index + 1)")
        }
      }
    }
  }

  @Test func relativeLinksOfDocumentsResolve() throws {
    for file in try tree.files(in: "", endingIn: ".md") {
      let directory = file.path.split(separator: "/").dropLast().joined(separator: "/")
      for part in file.lines.joined(separator: "\n").split(separator: "](").dropFirst() {
        let target = part.prefix { $0 != ")" && $0 != "#" && $0 != " " }
        guard !target.isEmpty, !target.contains(":"), target.first != "/" else { continue }
        let path = directory.isEmpty ? String(target) : "\(directory)/\(target)"
        #expect(tree.exists(path), "\(file.path) links to \(target)")
      }
    }
  }

  /// The last column of the tables names tests: functions, suites, or targets of the fuzzer.
  @Test func whatTheThreatModelNamesIsTested() throws {
    let tests =
      try tree.files(in: "Tests", endingIn: ".swift")
      + tree.files(in: "Tests", endingIn: ".py")
    let keywords: Set<Substring> = ["func", "def", "struct", "case"]
    let declared = Set(
      tests.flatMap(\.lines).flatMap { line in
        let words = line.split { !($0.isLetter || $0.isNumber || "_-".contains($0)) }
        // What is written in C has no declaration here but its name.
        return zip(words, words.dropFirst()).filter { keywords.contains($0.0) }.map(\.1)
          + words.filter { $0.hasPrefix("c-") }
      })
    let rows = try tree.file("SECURITY.md").lines.filter { $0.hasPrefix("|") && $0.contains("`") }
    #expect(rows.count > 20)
    for row in rows {
      let column = row.split(separator: "|").last ?? ""
      let quoted = column.split(separator: "`", omittingEmptySubsequences: false)
      let names = quoted.indices.filter { $0 % 2 == 1 }.map { quoted[$0] }
      #expect(!names.isEmpty, "no test: \(row)")
      #expect(names.filter { !declared.contains($0) } == [], "\(row)")
    }
  }
}
