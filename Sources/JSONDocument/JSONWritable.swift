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
  /// - Parameter fill: is given where the next `length` bytes belong, all of which it writes.
  @inline(__always) private mutating func extend(
    by length: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Void
  ) {
    withUnsafeMutableBufferPointer { room, count in
      guard let base = room.baseAddress, room.count - count >= length else {
        preconditionFailure("the text is longer than was said")
      }
      fill(base + count)
      count += length
    }
  }

  package mutating func append(contentsOf bytes: UnsafeBufferPointer<UInt8>) {
    guard let text = bytes.baseAddress else { return }
    extend(by: bytes.count) { $0.initialize(from: text, count: bytes.count) }
  }

  /// Appends text that is JSON already: braces, commas, names of members.
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
    if number < 0 { append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    var length = 1
    var limit: UInt64 = 10
    // The largest magnitude has 19 digits.
    while length < 19, rest >= limit {
      length += 1
      limit *= 10
    }
    extend(by: length) { digits in
      for place in stride(from: length - 1, through: 0, by: -1) {
        (digits + place).initialize(to: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
      }
    }
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
