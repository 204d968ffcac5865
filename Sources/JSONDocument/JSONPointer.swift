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
    guard text.first == "/" else { return nil }
    var tokens: [String] = []
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let token = Self.unescaped(part) else { return nil }
      tokens.append(token)
    }
    self.tokens = tokens
  }

  private static func unescaped(_ part: Substring) -> String? {
    var token = ""
    var characters = part.makeIterator()
    while let character = characters.next() {
      guard character == "~" else {
        token.append(character)
        continue
      }
      switch characters.next() {
      case "0": token.append("~")
      case "1": token.append("/")
      default: return nil
      }
    }
    return token
  }
}
