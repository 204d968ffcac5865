/// What an exchange sent, as a log line shows it: short, and on one line whatever it holds.
package enum Excerpt {
  package static func quoted(_ text: String) -> String { "\"\(plain(text, 48))\"" }

  package static func plain(_ text: String, _ length: Int = 160) -> String {
    let scalars = text.unicodeScalars
    return scalars.prefix(length).reduce("") {
      $0 + (isSeen($1) ? String($1) : $1.escaped(asASCII: true))
    } + (scalars.count > length ? "..." : "")
  }

  /// Not what a terminal obeys, ends a line at, or turns the order of a line around for.
  private static func isSeen(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
    default: true
    }
  }
}
