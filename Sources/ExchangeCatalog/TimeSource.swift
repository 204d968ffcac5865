package import JSONDocument

/// Where in an answer the time stands.
package enum TimeSource: Sendable, Equatable, CustomStringConvertible {
  /// A value of the JSON body.
  case body(JSONPointer)
  /// A header of the response; names are compared without regard to case.
  case header(String)

  /// Reads an RFC 6901 pointer such as "/data/0/ts" ("" is the whole body), or "header:Date".
  package init?(_ text: String) {
    if text.hasPrefix("header:") {
      let name = String(text.dropFirst("header:".count))
      guard HTTPText.isToken(name) else { return nil }
      self = .header(name)
    } else {
      guard let pointer = JSONPointer(text) else { return nil }
      self = .body(pointer)
    }
  }

  /// The source as messages name it: "/data/0/ts", "the whole body", "header Date".
  package var description: String {
    switch self {
    case .header(let name): "header \(name)"
    case .body(let pointer) where pointer.tokens.isEmpty: "the whole body"
    case .body(let pointer): pointer.text
    }
  }
}
