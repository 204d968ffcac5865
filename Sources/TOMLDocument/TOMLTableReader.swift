/// Reads one table strictly: every key has a known type and range, and no other key may stand in
/// it.
///
/// A value that is wrong is reported and then treated as absent, so that one run finds every
/// problem. Call `finish()` once every key was asked for: what nobody asked for is unknown.
package final class TOMLTableReader {
  /// The keys that lead to this table; none for the whole document.
  package let path: [String]
  package let table: TOMLTable
  /// Where the table begins: its header, its brace, or the start of the document.
  package let position: TOMLPosition
  package let log: ProblemLog

  /// Every key that was asked for, in that order.
  package private(set) var knownKeys: [String] = []

  package init(
    _ table: TOMLTable, log: ProblemLog, path: [String] = [],
    position: TOMLPosition = TOMLPosition(line: 1, column: 1)
  ) {
    self.table = table
    self.log = log
    self.path = path
    self.position = position
  }

  /// The keys that stand in the table, in the order of the file.
  package var keys: [String] { table.entries.map(\.key) }

  package func contains(_ key: String) -> Bool { table[key] != nil }

  /// The entry of that key, which is a known one from now on.
  package func entry(_ key: String) -> TOMLTable.Entry? {
    if !knownKeys.contains(key) { knownKeys.append(key) }
    return table[key]
  }

  /// Reports what is wrong with the value of a key, or with the table where the key is absent.
  package func report(_ message: String, key: String? = nil) {
    let entry = key.flatMap { table[$0] }
    report(message, key: key, at: entry?.value.position ?? position)
  }

  package func report(_ message: String, key: String?, at position: TOMLPosition) {
    log.add(
      Problem(
        at: position, keyPath: Self.text(of: path + (key.map { [$0] } ?? [])), message: message))
  }

  /// Reports the keys that nobody asked for.
  package func finish() {
    for entry in table.entries where !knownKeys.contains(entry.key) {
      let place = path.isEmpty ? "" : " in [\(Self.text(of: path))]"
      report(
        "unknown key \(Self.quoted(entry.key))\(place)"
          + Self.suggestion(for: entry.key, among: knownKeys),
        key: entry.key, at: entry.keyPosition)
    }
  }

  /// What to say after "unknown ...": the nearest name, or every name where none is near.
  package static func suggestion(
    for name: String, among known: [String], as plural: String = "known keys"
  ) -> String {
    if let nearest = NearestName.find(for: name, among: known) {
      return "; did you mean \(quoted(nearest))?"
    }
    return known.isEmpty ? "" : "; \(plural): \(known.joined(separator: ", "))"
  }

  /// A dotted key as TOML writes it.
  package static func text(of path: [String]) -> String {
    path.map { key in
      let isBare =
        !key.isEmpty
        && key.utf8.allSatisfy {
          switch $0 {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
          default: false
          }
        }
      return isBare ? key : quoted(key)
    }.joined(separator: ".")
  }

  /// A text from the file as a message shows it: on one line, cut off where it is long.
  package static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars.prefix(80) {
      quoted += scalar == "\"" || scalar.value < 0x20 ? scalar.escaped(asASCII: false) : "\(scalar)"
    }
    return quoted + (text.unicodeScalars.count > 80 ? "..." : "") + "\""
  }
}
