internal import JSONDocument

/// Finds the answers of exchanges within the texts that libraries make of them:
/// `binance {"code":-1021,...}`, `b'{"code":-1021,...}'`, `... {"retCode":10002,...} at line 5`.
enum EmbeddedJSON {
  private static let mostDocuments = 8

  /// A text of nothing but brackets must not be gone through once for each of them.
  private static let mostAttempts = 32

  /// The JSON objects and arrays in a text, from first to last; what is within another one is not
  /// found by itself.
  static func documents(in text: [UInt8]) -> [JSONValue] {
    var documents: [JSONValue] = []
    var attempts = 0
    var index = 0
    while index < text.count, documents.count < mostDocuments, attempts < mostAttempts {
      guard mayBegin(at: index, in: text) else {
        index += 1
        continue
      }
      attempts += 1
      if let end = end(from: index, in: text),
        let found = try? JSONValue(parsing: text[index..<end])
      {
        documents.append(found)
        index = end
      } else {
        index += 1
      }
    }
    return documents
  }

  /// Brackets have many uses in texts: what follows one of JSON is told apart from most of them.
  private static func mayBegin(at index: Int, in text: [UInt8]) -> Bool {
    let next: String
    switch text[index] {
    case UInt8(ascii: "{"): next = "\"}"
    case UInt8(ascii: "["): next = "\"{[-0123456789"
    default: return false
    }
    let following = text[(index + 1)...].first { !isSpace($0) }
    return following.map(next.utf8.contains) ?? false
  }

  /// Behind the bracket that closes the one at `start`.
  private static func end(from start: Int, in text: [UInt8]) -> Int? {
    var depth = 0
    var isString = false
    var isEscaped = false
    for index in start..<text.count {
      if isEscaped {
        isEscaped = false
        continue
      }
      switch text[index] {
      case UInt8(ascii: "\\") where isString: isEscaped = true
      case UInt8(ascii: "\""): isString.toggle()
      case UInt8(ascii: "{") where !isString, UInt8(ascii: "[") where !isString: depth += 1
      case UInt8(ascii: "}") where !isString, UInt8(ascii: "]") where !isString:
        depth -= 1
        if depth == 0 { return index + 1 }
      default: break
      }
    }
    return nil
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (9...13).contains(byte)
  }

  /// What a Python program shows of bytes or of a string (`b'... server\'s time'`), as it was; nil
  /// where nothing in it is escaped.
  static func withoutPythonEscapes(_ text: [UInt8]) -> [UInt8]? {
    guard text.contains(UInt8(ascii: "\\")) else { return nil }
    var plain: [UInt8] = []
    plain.reserveCapacity(text.count)
    var rest = text[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
        plain.append(byte)
        continue
      }
      switch escaped {
      case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): plain.append(UInt8(ascii: " "))
      case UInt8(ascii: "x"):
        let digits = String(decoding: rest.prefix(2), as: UTF8.self)
        guard let value = UInt8(digits, radix: 16) else { return nil }
        plain.append(value)
        rest = rest.dropFirst(2)
      default: plain.append(escaped)
      }
    }
    return plain
  }
}
