/// What can be written as a JSON document, without white space.
///
/// Everything can be made a `JSONValue` first. What is asked for often is spared the tree.
package protocol JSONWritable: Sendable {
  /// Appends the document.
  func write(to bytes: inout [UInt8])
}

extension JSONValue: JSONWritable {}

extension [UInt8] {
  /// Appends text that is JSON already: braces, commas, names of members.
  package mutating func append(json text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  package mutating func append(json text: String) {
    JSONValue.write(text, to: &self)
  }

  package mutating func append(json number: Int64) {
    JSONValue.write(number, to: &self)
  }

  /// Null where there is none.
  package mutating func append(json number: Int64?) {
    if let number { append(json: number) } else { append(json: "null" as StaticString) }
  }

  package mutating func append(json flag: Bool) {
    append(json: flag ? "true" : "false" as StaticString)
  }
}
