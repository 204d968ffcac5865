package import JSONDocument

/// What a bot reports as the message of a refusal: the message alone, the whole body, or either
/// inside of what a client library makes of it.
package struct RefusalText: Sendable, Equatable {
  /// The longest body that is read: as long as a line of the protocol may be.
  private static let longestBody = 65_536

  /// Texts are looked for in so much of the beginning, and in so much of the body's strings: longer
  /// ones are no refusal of an exchange.
  private static let longest = 8_192

  private let bytes: [UInt8]
  /// The body, where the text is or contains one.
  private let document: JSONValue?
  /// Every string of the body, as it reads without JSON's escapes.
  private let strings: [[UInt8]]

  package init(_ text: String) {
    let whole = Array(text.utf8.prefix(Self.longestBody))
    bytes = Array(whole.prefix(Self.longest))
    document = Self.document(in: whole)
    var strings: [[UInt8]] = []
    var room = Self.longest
    if let document { Self.collect(document, into: &strings, room: &room) }
    self.strings = strings
  }

  package func contains(_ fragment: String) -> Bool {
    end(of: fragment) != nil
  }

  /// What comes after a text.
  func text(after fragment: String) -> String? {
    end(of: fragment).map { String(decoding: $0.prefix(64), as: UTF8.self) }
  }

  /// A string or a number of the body, as text.
  func scalar(at pointer: JSONPointer) -> String? {
    document?[pointer: pointer]?.scalarText
  }

  private func end(of fragment: String) -> ArraySlice<UInt8>? {
    let wanted = Array(fragment.utf8)
    for text in [bytes] + strings {
      if let range = text.firstRange(of: wanted) { return text[range.upperBound...] }
    }
    return nil
  }

  /// Libraries put words before the body: `binance {"code":-1021,...}`.
  private static func document(in bytes: [UInt8]) -> JSONValue? {
    let start = bytes.firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }
    guard let start else { return nil }
    return try? JSONValue(parsing: bytes[start...])
  }

  private static func collect(
    _ value: JSONValue, into strings: inout [[UInt8]], room: inout Int, depth: Int = 0
  ) {
    // Nothing that an exchange sends is deeper, and this calls itself.
    guard depth < 16, room > 0 else { return }
    switch value {
    case .string(let text):
      strings.append(Array(text.utf8.prefix(room)))
      room -= text.utf8.count
    case .array(let elements):
      for element in elements { collect(element, into: &strings, room: &room, depth: depth + 1) }
    case .object(let members):
      for member in members {
        collect(member.value, into: &strings, room: &room, depth: depth + 1)
      }
    default: break
    }
  }
}

extension JSONValue {
  /// A string, or a number as it is written; nil for anything else.
  package var scalarText: String? {
    switch self {
    case .string(let text): text
    case .integer(let number): String(number)
    case .real(let number): number.description
    default: nil
    }
  }
}
