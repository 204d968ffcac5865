/// One thing that is wrong in a TOML text, and where.
package struct Problem: Error, Sendable, Hashable, Comparable {
  /// One-based.
  package var line: Int
  /// One-based, in code points.
  package var column: Int
  /// The dotted key it is about, such as `exchanges.okx.interval`; empty for the whole text.
  package var keyPath: String
  /// What was expected, what was found.
  package var message: String

  package init(at position: TOMLPosition, keyPath: String, message: String) {
    line = position.line
    column = position.column
    self.keyPath = keyPath
    self.message = message
  }

  /// The problem on one line: `file:line:column: message`.
  package func text(file: String) -> String { "\(file):\(line):\(column): \(message)" }

  package static func < (left: Self, right: Self) -> Bool {
    (left.line, left.column, left.message) < (right.line, right.column, right.message)
  }
}
