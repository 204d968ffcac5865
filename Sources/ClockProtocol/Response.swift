package import JSONDocument

/// An answer of JSON-RPC 2.0: the bytes of its line, without the newline.
package struct Response: Sendable, Equatable {
  package private(set) var bytes: [UInt8] = []

  private init(id: JSONValue, writing content: (inout [UInt8]) -> Void) {
    // What most answers need.
    bytes.reserveCapacity(512)
    bytes += #"{"jsonrpc":"2.0","id":"#.utf8
    id.write(to: &bytes)
    content(&bytes)
    bytes.append(UInt8(ascii: "}"))
  }

  package static func result(_ result: some JSONWritable, id: JSONValue) -> Response {
    Response(id: id) { bytes in
      bytes += #","result":"#.utf8
      result.write(to: &bytes)
    }
  }

  package static func error(_ error: RPCError, id: JSONValue) -> Response {
    Response(id: id) { bytes in
      bytes += #","error":"#.utf8
      error.json.write(to: &bytes)
    }
  }

  /// Appends the line of an answer, with its newline, without a response in between.
  ///
  /// - Parameters:
  ///   - result: JSON text.
  ///   - id: JSON text.
  package static func write(
    _ result: [UInt8], id: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]
  ) {
    bytes.append(addingCapacity: 64 + id.count + result.count) { text in
      text.append(json: #"{"jsonrpc":"2.0","id":"# as StaticString)
      text.append(contentsOf: id)
      text.append(json: #","result":"# as StaticString)
      result.withUnsafeBufferPointer { text.append(contentsOf: $0) }
      text.append(json: "}\n" as StaticString)
    }
  }

  /// The answer to a batch, from the answers to its requests.
  package init(batch: [Response]) {
    for response in batch {
      bytes.append(bytes.isEmpty ? UInt8(ascii: "[") : UInt8(ascii: ","))
      bytes += response.bytes
    }
    bytes.append(UInt8(ascii: "]"))
  }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The result that an answer carries, or its error.
  package static func result(of answer: JSONValue) throws(RPCError) -> JSONValue {
    if let result = answer["result"] { return result }
    throw answer["error"].flatMap(RPCError.init(json:))
      ?? RPCError(.internalError, "the daemon's answer is no JSON-RPC response: \(answer.text)")
  }
}
