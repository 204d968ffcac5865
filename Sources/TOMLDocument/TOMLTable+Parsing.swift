internal import CToml

extension TOMLTable {
  /// Reads one TOML 1.0 document in UTF-8.
  package init(parsing text: some Sequence<UInt8>) throws(TOMLError) {
    var failure = ec_toml_failure()
    let bytes = ContiguousArray(text)
    let document = bytes.withUnsafeBytes { bytes in
      ec_toml_parse(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, &failure)
    }
    guard let document else {
      let message = withUnsafeBytes(of: failure.message) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      // The parser quotes the text as it is, line ends and all.
      let line = message.unicodeScalars.reduce(into: "") { line, scalar in
        line +=
          scalar.properties.generalCategory == .control
          ? scalar.escaped(asASCII: true) : "\(scalar)"
      }
      throw TOMLError(position: TOMLPosition(failure.position), message: line)
    }
    defer { ec_toml_free(document) }
    self.init(children: ec_toml_root(document))
  }

  package init(parsing text: String) throws(TOMLError) {
    try self.init(parsing: text.utf8)
  }

  fileprivate init(children node: OpaquePointer) {
    self.init(
      Self.children(of: node).map { child in
        Entry(
          String(child, bytes: ec_toml_node_key),
          at: TOMLPosition(ec_toml_node_key_position(child)), TOMLValue(child))
      })
  }

  fileprivate static func children(of node: OpaquePointer) -> [OpaquePointer] {
    (0..<ec_toml_node_count(node)).compactMap { ec_toml_node_child(node, $0) }
  }
}

extension TOMLValue {
  fileprivate init(_ node: OpaquePointer) {
    let content: Content =
      switch ec_toml_node_kind(node) {
      case EC_TOML_TABLE: .table(TOMLTable(children: node))
      case EC_TOML_ARRAY: .array(TOMLTable.children(of: node).map(TOMLValue.init))
      case EC_TOML_STRING: .string(String(node, bytes: ec_toml_node_string))
      case EC_TOML_INTEGER: .integer(ec_toml_node_integer(node))
      case EC_TOML_FLOAT: .float(ec_toml_node_float(node))
      case EC_TOML_BOOL: .bool(ec_toml_node_bool(node))
      default: .date
      }
    self.init(content, at: TOMLPosition(ec_toml_node_position(node)))
  }
}

extension TOMLPosition {
  fileprivate init(_ position: ec_toml_position) {
    self.init(line: Int(position.line), column: Int(position.column))
  }
}

extension String {
  /// The bytes that `get` hands out for `node`, as UTF-8.
  fileprivate init(
    _ node: OpaquePointer,
    bytes get: (OpaquePointer, UnsafeMutablePointer<Int>) -> UnsafePointer<CChar>?
  ) {
    var length = 0
    let start = get(node, &length)
    self.init(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
  }
}
