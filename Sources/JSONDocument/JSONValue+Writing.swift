extension JSONValue {
  /// The document on one line, without white space and without a final newline. A real that is not
  /// finite is written as null.
  package var text: String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512)
    write(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the document as `text` has it.
  package func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let flag): bytes += flag ? "true".utf8 : "false".utf8
    case .integer(let number):
      bytes.append(addingCapacity: 20) { $0.append(json: number) }
    case .real(let number): bytes += number.isFinite ? number.description.utf8 : "null".utf8
    case .string(let text): Self.write(text, to: &bytes)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        element.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.write(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      if isPlain(utf8) {
        bytes += utf8
      } else {
        for byte in utf8 { writeEscaped(byte, to: &bytes) }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Whether nothing in there has to be escaped. Looks at eight bytes at a time, at some
  /// of the last ones twice: a byte of `word` has its high bit set in `(word - ones * n) & ~word`
  /// if it is below n, and perhaps if the byte before it is.
  static func isPlain(_ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
    let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
    func suspicious(_ word: UInt64) -> UInt64 {
      let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
      let slashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
      return
        ((word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes
        | (slashes &- ones) & ~slashes) & highs
    }
    let raw = UnsafeRawBufferPointer(utf8)
    guard raw.count >= 8 else {
      return raw.allSatisfy {
        $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
      }
    }
    var found = suspicious(raw.loadUnaligned(fromByteOffset: raw.count - 8, as: UInt64.self))
    for start in stride(from: 0, to: raw.count - 8, by: 8) {
      found |= suspicious(raw.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    }
    return found == 0
  }

  private static func writeEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
    case 0x08: bytes += "\\b".utf8
    case 0x0C: bytes += "\\f".utf8
    case UInt8(ascii: "\n"): bytes += "\\n".utf8
    case UInt8(ascii: "\r"): bytes += "\\r".utf8
    case UInt8(ascii: "\t"): bytes += "\\t".utf8
    case ..<0x20:
      let digits = Array("0123456789ABCDEF".utf8)
      bytes += "\\u00".utf8
      bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    default: bytes.append(byte)
    }
  }
}
