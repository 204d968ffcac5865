package import JSONDocument

/// What a bot reports as the message of a refusal: the message alone, the whole body, or either
/// inside of what a client library makes of it.
package struct RefusalText: Sendable, Equatable {
  /// The longest body that is read: as long as a line of the protocol may be.
  private static let longestBody = 65_536

  /// Texts are looked for in so much of the beginning, and in so much of the body's strings: longer
  /// ones are no refusal of an exchange.
  private static let longest = 8_192

  /// The text; where it is Python's way of writing one, also what that stands for; and every string
  /// of the bodies, as it reads without JSON's escapes.
  let texts: [[UInt8]]
  /// What the text is or contains that is JSON, in order.
  private let bodies: [JSONValue]

  package init(_ text: String) {
    let whole = Array(text.utf8.prefix(Self.longestBody))
    let plain = EmbeddedJSON.withoutPythonEscapes(whole)
    var bodies = EmbeddedJSON.documents(in: whole)
    if bodies.isEmpty, let plain { bodies = EmbeddedJSON.documents(in: plain) }
    self.bodies = bodies
    var texts = [whole, plain].compactMap { $0.map { Array($0.prefix(Self.longest)) } }
    var room = Self.longest
    for body in bodies { Self.collect(body, into: &texts, room: &room) }
    self.texts = texts
  }

  package func contains(_ fragment: String) -> Bool {
    end(of: fragment) != nil
  }

  /// What comes after a text.
  func text(after fragment: String) -> String? {
    end(of: fragment).map { String(decoding: $0.prefix(64), as: UTF8.self) }
  }

  /// A string or a number of the first body that has it there, as text.
  func scalar(at pointer: JSONPointer) -> String? {
    scalars(at: pointer).first
  }

  /// The same of every body.
  func scalars(at pointer: JSONPointer) -> [String] {
    bodies.compactMap { $0[pointer: pointer]?.scalarText }
  }

  private func end(of fragment: String) -> ArraySlice<UInt8>? {
    let wanted = Array(fragment.utf8)
    for text in texts {
      if let range = text.firstRange(of: wanted) { return text[range.upperBound...] }
    }
    return nil
  }

  private static func collect(
    _ value: JSONValue, into strings: inout [[UInt8]], room: inout Int, depth: Int = 0
  ) {
    // Nothing that an exchange sends is deeper, and this calls itself.
    guard depth < 16, room > 0 else { return }
    switch value {
    case .string(let text):
      strings.append(Array(text.utf8.prefix(room)))
      // Each is looked through for every text of a table.
      room -= text.utf8.count + 64
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
