/// One complete HTTP request, as a handler sees it.
package struct HTTPRequest: Sendable {
  package struct Field: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Upper case, as received.
  package var method: String
  /// Without the query.
  package var path: String
  /// The query's parameters, decoded.
  package var query: [Field]
  package var headers: [Field]
  package var body: [UInt8]

  package init(
    _ method: String, _ path: String, query: [Field] = [], headers: [Field] = [],
    body: String = ""
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = Array(body.utf8)
  }

  /// The first header of that name, in whatever case; nil where it is missing or empty.
  package func header(_ name: String) -> String? {
    let name = name.lowercased()
    guard let field = headers.first(where: { $0.name.lowercased() == name }) else { return nil }
    return field.value.isEmpty ? nil : field.value
  }

  /// The form parameters of the body, decoded.
  package var form: [Field] {
    String(decoding: body, as: UTF8.self).split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return Field(Self.decoded(parts[0]), parts.count == 2 ? Self.decoded(parts[1]) : "")
    }
  }

  /// A parameter of the query or else of the form in the body; nil where it is missing or empty.
  package func parameter(_ name: String) -> String? {
    let field = query.first { $0.name == name } ?? form.first { $0.name == name }
    guard let field, !field.value.isEmpty else { return nil }
    return field.value
  }

  /// Form decoding: `+` is a space, `%41` a byte; a broken escape stays as it is.
  private static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
