/// What can be written as a JSON document, without white space.
///
/// Everything can be made a `JSONValue` first. What is asked for often is spared the tree.
package protocol JSONWritable: Sendable {
  /// Appends the document.
  func write(to bytes: inout [UInt8])
}

extension JSONValue: JSONWritable {}

/// A document that knows how long it can be, so that room is made for it once.
package protocol BoundedJSON: JSONWritable {
  /// Bytes of the document at most. A byte of text is six where it has to be escaped.
  var longestText: Int { get }

  /// Appends the document where there is room for that much.
  func write(to text: inout OutputSpan<UInt8>)
}

extension BoundedJSON {
  package func write(to bytes: inout [UInt8]) {
    bytes.append(addingCapacity: longestText) { write(to: &$0) }
  }
}

/// To append where there is no room is a crash.
extension OutputSpan<UInt8> {
  @inline(__always) @inlinable
  package mutating func append(contentsOf bytes: UnsafeBufferPointer<UInt8>) {
    guard let text = bytes.baseAddress else { return }
    withUnsafeMutableBufferPointer { room, count in
      guard let base = room.baseAddress, room.count - count >= bytes.count else {
        preconditionFailure("the text is longer than was said")
      }
      (base + count).initialize(from: text, count: bytes.count)
      count += bytes.count
    }
  }

  /// Appends text that is JSON already: braces, commas, names of members.
  @inline(__always) @inlinable
  package mutating func append(json text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  package mutating func append(json text: String) {
    var text = text
    text.withUTF8 { utf8 in
      if JSONValue.isPlain(utf8) {
        append(UInt8(ascii: "\""))
        append(contentsOf: utf8)
        append(UInt8(ascii: "\""))
      } else {
        append(json: .string(String(decoding: utf8, as: UTF8.self)))
      }
    }
  }

  package mutating func append(json number: Int64) {
    // The largest magnitude has 19 digits.
    let (high, low) = number.magnitude.quotientAndRemainder(dividingBy: 100_000_000)
    let parts =
      high == 0
      ? (0, 0, Self.eightDigits(low))
      : (
        Self.eightDigits(high / 100_000_000), Self.eightDigits(high % 100_000_000),
        Self.eightDigits(low)
      )
    // In front; a part that is zero has 64 bits of them.
    var zeros = parts.0.trailingZeroBitCount / 8
    if zeros == 8 { zeros += parts.1.trailingZeroBitCount / 8 }
    if zeros == 16 { zeros += parts.2.trailingZeroBitCount / 8 }
    let ascii: UInt64 = 0x3030_3030_3030_3030
    let digits = (
      (parts.0 | ascii).littleEndian, (parts.1 | ascii).littleEndian, (parts.2 | ascii).littleEndian
    )
    if number < 0 { append(UInt8(ascii: "-")) }
    withUnsafeBytes(of: digits) { bytes in
      bytes.withMemoryRebound(to: UInt8.self) {
        append(contentsOf: UnsafeBufferPointer(rebasing: $0[min(zeros, 23)...]))
      }
    }
  }

  /// The digits of a number below 10^8, each a byte of a word, the first one lowest: it is halved
  /// into numbers of four digits, of two, and of one, all of a kind at the same time. Digit by
  /// digit it takes twice as many instructions, and an answer has forty digits.
  private static func eightDigits(_ number: UInt64) -> UInt64 {
    let fours = number / 10_000 | (number % 10_000) << 32
    // Times 10486 / 2^20 is divided by 100, and times 103 / 2^10 by 10, for numbers as small.
    let hundreds = (fours &* 10_486) >> 20 & 0x0000_007F_0000_007F
    let twos = hundreds | (fours &- hundreds &* 100) << 16
    let tens = (twos &* 103) >> 10 & 0x000F_000F_000F_000F
    return tens | (twos &- tens &* 10) << 8
  }

  /// Null where there is none.
  package mutating func append(json number: Int64?) {
    if let number { append(json: number) } else { append(json: "null" as StaticString) }
  }

  package mutating func append(json flag: Bool) {
    append(json: flag ? "true" : "false" as StaticString)
  }

  package mutating func append(json value: JSONValue) {
    if case .integer(let number) = value {
      append(json: number)
    } else {
      var bytes: [UInt8] = []
      value.write(to: &bytes)
      bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
  }
}
