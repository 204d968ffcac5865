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

  package init(parsing text: String) throws(JSONError) {
    try self.init(parsing: text.utf8)
  }

  /// The document on one line, without white space and without a final newline.
  package var text: String {
    guard let root = jansson() else { return "null" }
    defer { json_decref(root) }
    guard let text = json_dumps(root, ec_json_encode_flags) else { return "null" }
    defer { ec_json_free(text) }
    return String(cString: text)
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

  /// A new jansson value that the caller releases; nil for a real that is not finite.
  private func jansson() -> UnsafeMutablePointer<json_t>? {
    switch self {
    case .null: return json_null()
    case .bool(let flag): return flag ? json_true() : json_false()
    case .integer(let number): return json_integer(json_int_t(number))
    case .real(let number): return json_real(number)
    case .string(var text):
      return text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          json_stringn_nocheck($0.baseAddress ?? ec_json_empty, $0.count)
        }
      }
    case .array(let elements):
      let array = json_array()
      for element in elements { json_array_append_new(array, element.jansson() ?? json_null()) }
      return array
    case .object(let members):
      let object = json_object()
      for member in members {
        json_object_set_new_nocheck(object, member.key, member.value.jansson() ?? json_null())
      }
      return object
    }
  }
}
