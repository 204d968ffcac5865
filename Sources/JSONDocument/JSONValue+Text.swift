internal import CJansson

/// Why a text is not a JSON document.
package struct JSONError: Error, Equatable, CustomStringConvertible {
  /// One-based; the column counts characters.
  package var line: Int
  package var column: Int
  package var message: String

  package var description: String { "line \(line), column \(column): \(message)" }
}

extension JSONValue {
  /// Reads one JSON document in UTF-8.
  ///
  /// Refused: invalid UTF-8, a key that appears twice, a whole number beyond 64 bits, the
  /// character U+0000, more than 2,048 levels of nesting, text after the document.
  package init(parsing text: some Sequence<UInt8>) throws(JSONError) {
    let quick = text.withContiguousStorageIfAvailable { QuickReader.read($0) }
    if let quick, let value = quick {
      self = value
    } else {
      try self.init(parsingAnything: text)
    }
  }

  init(parsingAnything text: some Sequence<UInt8>) throws(JSONError) {
    var failure = json_error_t()
    let bytes = ContiguousArray(text)
    // The parser takes a zero byte for the end and what follows for nothing.
    if let zero = bytes.firstIndex(of: 0) { throw Self.zeroByte(at: zero, of: bytes) }
    let root = bytes.withUnsafeBytes { bytes in
      json_loadb(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count,
        ec_json_decode_flags, &failure)
    }
    guard let root else {
      let message = withUnsafeBytes(of: failure.text) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      throw JSONError(
        line: Int(failure.line), column: Int(failure.column),
        message: bytes.isEmpty ? "the text is empty" : message)
    }
    defer { json_decref(root) }
    self = Self(root)
  }

  private static func zeroByte(at index: Int, of bytes: ContiguousArray<UInt8>) -> JSONError {
    let lines = String(decoding: bytes[..<index], as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    return JSONError(
      line: lines.count, column: (lines.last?.count ?? 0) + 1, message: "the text has a zero byte")
  }

  /// The same for an array, which need not be asked whether it is one.
  package init(parsing bytes: [UInt8]) throws(JSONError) {
    if let value = bytes.withUnsafeBufferPointer({ QuickReader.read($0) }) {
      self = value
    } else {
      try self.init(parsingAnything: bytes)
    }
  }

  package init(parsing text: String) throws(JSONError) {
    try self.init(parsing: text.utf8)
  }

  private init(_ value: UnsafeMutablePointer<json_t>) {
    switch json_type(UInt32(ec_json_type(value))) {
    case JSON_OBJECT:
      var members: [Member] = []
      members.reserveCapacity(json_object_size(value))
      var iterator = json_object_iter(value)
      while let current = iterator {
        if let key = json_object_iter_key(current), let member = json_object_iter_value(current) {
          members.append(Member(String(cString: key), Self(member)))
        }
        iterator = json_object_iter_next(value, current)
      }
      self = .object(members)
    case JSON_ARRAY:
      self = .array(
        (0..<json_array_size(value)).compactMap { json_array_get(value, $0).map(Self.init) })
    case JSON_STRING:
      let bytes = UnsafeRawBufferPointer(
        start: json_string_value(value), count: json_string_length(value))
      self = .string(String(decoding: bytes, as: UTF8.self))
    case JSON_INTEGER: self = .integer(Int64(json_integer_value(value)))
    case JSON_REAL: self = .real(json_real_value(value))
    case JSON_TRUE: self = .bool(true)
    case JSON_FALSE: self = .bool(false)
    default: self = .null
    }
  }
}
