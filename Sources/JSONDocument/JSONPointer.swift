/// A path into a JSON document, as RFC 6901 writes it.
package struct JSONPointer: Sendable, Equatable {
  /// The unescaped reference tokens; none for the whole document.
  package let tokens: [String]

  /// Fails where the text is neither empty nor begins with a slash, or has a stray `~`.
  package init?(_ text: String) {
    guard !text.isEmpty else {
      tokens = []
      return
    }
    // By code points: an accent after a slash is not part of the slash.
    let scalars = text.unicodeScalars
    guard scalars.first == "/" else { return nil }
    var tokens: [String] = []
    for part in scalars.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let token = Self.unescaped(part) else { return nil }
      tokens.append(token)
    }
    self.tokens = tokens
  }

  /// As RFC 6901 writes it.
  package var text: String {
    tokens.reduce("") { text, token in
      text + "/"
        + token.unicodeScalars.reduce("") {
          $0 + ($1 == "~" ? "~0" : $1 == "/" ? "~1" : String($1))
        }
    }
  }

  private static func unescaped(_ part: Substring.UnicodeScalarView) -> String? {
    var token = String.UnicodeScalarView()
    var scalars = part.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "~" else {
        token.append(scalar)
        continue
      }
      switch scalars.next() {
      case "0": token.append("~")
      case "1": token.append("/")
      default: return nil
      }
    }
    return String(token)
  }
}
