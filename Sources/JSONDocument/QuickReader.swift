/// Reads the JSON documents that clients usually send: small, in ASCII, without escapes and without
/// fractions.
///
/// It gives up on everything else, and on whatever is wrong, so that the real parser decides, and
/// finds the words for it. What it does read, the real parser would read alike; that is worth
/// having because requests come often, and this takes a fraction of the time.
struct QuickReader {
  private var scanner: JSONScanner

  private static let deepest = 16
  /// Members are looked through for a key that is there already.
  private static let mostMembers = 16

  // Where it gives up is spelt `.none` here: `nil` is a JSON value too, null.

  /// - Returns: nil where it gives up.
  static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONValue? {
    var reader = QuickReader(scanner: JSONScanner(bytes))
    guard let value = reader.value(deepest) else { return .none }
    reader.scanner.skipSpace()
    guard reader.scanner.isAtEnd else { return .none }
    return value
  }

  private mutating func value(_ depth: Int) -> JSONValue? {
    guard depth > 0 else { return .none }
    scanner.skipSpace()
    switch scanner.next {
    case UInt8(ascii: "{"): return object(depth)
    case UInt8(ascii: "["): return array(depth)
    case UInt8(ascii: "\""): return string().map(JSONValue.string)
    case UInt8(ascii: "t"): return scanner.take("true") ? .some(.bool(true)) : .none
    case UInt8(ascii: "f"): return scanner.take("false") ? .some(.bool(false)) : .none
    case UInt8(ascii: "n"): return scanner.take("null") ? .some(.null) : .none
    default: return scanner.integer().map(JSONValue.integer)
    }
  }

  private mutating func object(_ depth: Int) -> JSONValue? {
    var members: [JSONValue.Member] = []
    guard scanner.take("{" as Unicode.Scalar) else { return .none }
    scanner.skipSpace()
    if scanner.take("}" as Unicode.Scalar) { return .object(members) }
    members.reserveCapacity(4)
    while members.count < Self.mostMembers {
      scanner.skipSpace()
      guard let key = string() else { return .none }
      scanner.skipSpace()
      guard scanner.take(":" as Unicode.Scalar), !members.contains(where: { $0.key == key }),
        let value = value(depth - 1)
      else { return .none }
      members.append(JSONValue.Member(key, value))
      scanner.skipSpace()
      if scanner.take("}" as Unicode.Scalar) { return .object(members) }
      guard scanner.take("," as Unicode.Scalar) else { return .none }
    }
    return .none
  }

  private mutating func array(_ depth: Int) -> JSONValue? {
    var elements: [JSONValue] = []
    guard scanner.take("[" as Unicode.Scalar) else { return .none }
    scanner.skipSpace()
    if scanner.take("]" as Unicode.Scalar) { return .array(elements) }
    while let value = value(depth - 1) {
      elements.append(value)
      scanner.skipSpace()
      if scanner.take("]" as Unicode.Scalar) { return .array(elements) }
      guard scanner.take("," as Unicode.Scalar) else { return .none }
    }
    return .none
  }

  private mutating func string() -> String? {
    scanner.plainText().map { String(decoding: $0, as: UTF8.self) }
  }
}
