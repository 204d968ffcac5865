package import JSONDocument

/// Where in a refusal a value stands.
package enum RefusalPlace: Sendable, Equatable, CustomStringConvertible {
  /// In the JSON body.
  case body(JSONPointer)
  /// Behind this text.
  case after(String)

  /// Reads a JSON pointer, or "after:" and the text that comes before the value.
  init?(_ text: String) {
    if text.hasPrefix("after:") {
      let before = String(text.dropFirst("after:".count))
      guard !before.isEmpty else { return nil }
      self = .after(before)
    } else {
      guard let pointer = JSONPointer(text) else { return nil }
      self = .body(pointer)
    }
  }

  package var description: String {
    switch self {
    case .body(let pointer): pointer.text
    case .after(let text): "behind \"\(text)\""
    }
  }

  /// The value there: a scalar of the body, or the digits behind the text, perhaps with a fraction.
  func number(in text: RefusalText?) -> String? {
    switch self {
    case .body(let pointer): return text?.scalar(at: pointer)
    case .after(let before):
      guard let behind = text?.text(after: before) else { return nil }
      var number = behind.prefix { $0.isASCII && $0.isNumber || $0 == "." }
      while number.last == "." { number.removeLast() }
      return number.isEmpty ? nil : String(number)
    }
  }
}
