package import JSONDocument

/// The answers of JSON-RPC 2.0.
package enum Response {
  package static func result(_ result: JSONValue, id: JSONValue) -> JSONValue {
    .object([.init("jsonrpc", "2.0"), .init("id", id), .init("result", result)])
  }

  package static func error(_ error: RPCError, id: JSONValue) -> JSONValue {
    ["jsonrpc": "2.0", "id": id, "error": error.json]
  }

  /// The result that an answer carries, or its error.
  package static func result(of answer: JSONValue) throws(RPCError) -> JSONValue {
    if let result = answer["result"] { return result }
    throw answer["error"].flatMap(RPCError.init(json:))
      ?? RPCError(.internalError, "the daemon's answer is no JSON-RPC response: \(answer.text)")
  }
}
