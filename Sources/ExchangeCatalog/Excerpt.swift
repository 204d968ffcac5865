/// What an exchange sent, as a log line shows it: short, and on one line whatever it holds.
package enum Excerpt {
  package static func quoted(_ text: String) -> String { "\"\(plain(text, 48))\"" }

  package static func plain(_ text: String, _ length: Int = 160) -> String {
    let scalars = text.unicodeScalars
    return scalars.prefix(length).reduce("") {
      $0 + ($1.value < 0x20 || $1.value == 0x7F ? $1.escaped(asASCII: true) : String($1))
    } + (scalars.count > length ? "..." : "")
  }
}
