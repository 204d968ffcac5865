package import TOMLDocument

/// Everything that is wrong with a configuration file.
package struct SettingsProblems: Error, Equatable, CustomStringConvertible {
  /// The file as messages name it.
  package var file: String
  /// In the order of the file; never empty.
  package var problems: [Problem]

  /// One line for each problem: `file:line:column: message`.
  package var lines: [String] { problems.map { $0.text(file: file) } }

  package var description: String { lines.joined(separator: "\n") }
}
