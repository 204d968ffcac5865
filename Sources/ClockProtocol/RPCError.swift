package import JSONDocument

/// Why a request was not answered with a result.
package struct RPCError: Error, Sendable, Equatable {
  /// The closed set of codes on the wire; the first five are JSON-RPC's own.
  package enum Code: Int64, Sendable, CaseIterable {
    case parseError = -32700
    case invalidRequest = -32600
    case methodNotFound = -32601
    case invalidParams = -32602
    case internalError = -32603
    case notSynchronized = -32001
    case unknownExchange = -32002
    case errorTooLarge = -32003
    case refused = -32004
    case overloaded = -32005
  }

  package var code: Code
  package var message: String

  /// The exchange asked for, its state, why, and how long to wait, where they apply.
  package var exchange: String?
  package var state: String?
  package var reason: String?
  package var retryAfterMilliseconds: Int64?

  package init(
    _ code: Code, _ message: String, exchange: String? = nil, state: String? = nil,
    reason: String? = nil, retryAfterMilliseconds: Int64? = nil
  ) {
    self.code = code
    self.message = message
    self.exchange = exchange
    self.state = state
    self.reason = reason
    self.retryAfterMilliseconds = retryAfterMilliseconds
  }

  package var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("code", .integer(code.rawValue)), .init("message", .string(message)),
    ]
    let data = JSONValue.members(
      ("exchange", exchange.map(JSONValue.string)), ("state", state.map(JSONValue.string)),
      ("reason", reason.map(JSONValue.string)),
      ("retry_after_ms", retryAfterMilliseconds.map(JSONValue.integer)))
    if data != .object([]) { members.append(.init("data", data)) }
    return .object(members)
  }

  /// Reads an error object; nil when it is none of this protocol's.
  package init?(json: JSONValue) {
    guard let code = json["code"]?.integer.flatMap(Code.init(rawValue:)),
      let message = json["message"]?.string
    else { return nil }
    let data = json["data"]
    self.init(
      code, message, exchange: data?["exchange"]?.string, state: data?["state"]?.string,
      reason: data?["reason"]?.string, retryAfterMilliseconds: data?["retry_after_ms"]?.integer)
  }
}

extension JSONValue {
  /// An object of those members whose value is not nil.
  package static func members(_ members: (String, JSONValue?)...) -> JSONValue {
    .object(members.compactMap { key, value in value.map { Member(key, $0) } })
  }
}
