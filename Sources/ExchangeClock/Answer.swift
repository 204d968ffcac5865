internal import ClockProtocol
internal import JSONDocument

/// What a line of the daemon says.
enum Answer {
  /// A line as a message.
  static func message(_ line: [UInt8]) throws(ClockError) -> JSONValue {
    guard let message = try? JSONValue(parsing: line), message["jsonrpc"] == "2.0" else {
      throw ClockError(.protocol, "this is no message of the daemon: \(excerpt(line))")
    }
    return message
  }

  /// The result that a line answers request `id` with.
  static func result(of line: [UInt8], id: Int64) throws(ClockError) -> JSONValue {
    let answer = try message(line)
    // What cannot be read is answered with no id, and so is a client that is one too many.
    let isOurs = answer["id"] == .integer(id)
    guard isOurs || (answer["id"] == .null && answer["error"] != nil) else {
      throw ClockError(.protocol, "this answers another request: \(excerpt(line))")
    }
    if let result = answer["result"] { return result }
    throw refusal(answer["error"])
      ?? ClockError(.protocol, "the answer has neither a result nor an error: \(excerpt(line))")
  }

  /// Requires a result to be about the exchange that was asked for; nil: none was.
  static func check(_ result: JSONValue, isAbout exchange: JSONValue?) throws(ClockError) {
    guard let exchange, let told = result["exchange"], told != exchange else { return }
    throw ClockError(
      .protocol, "this answers about another exchange: \(excerpt(Array(result.text.utf8)))")
  }

  /// Whether a line came unasked.
  static func isNotification(_ line: [UInt8]) throws(ClockError) -> Bool {
    let isOne = try message(line)["method"] != nil
    if isOne { _ = try notification(of: line) }
    return isOne
  }

  /// What a line tells unasked, and to which subscription; nil for what is not known here, and is
  /// to be passed over.
  static func notification(
    of line: [UInt8]
  ) throws(ClockError) -> (subscription: Int64, offset: ClockOffset)? {
    let message = try message(line)
    guard let method = message["method"]?.string else {
      throw ClockError(.protocol, "this is no notification: \(excerpt(line))")
    }
    guard method == OffsetNotification.method else { return nil }
    let params = try Members(message["params"])
    return (
      try params.value("subscription", \.integer), try ClockOffset(message["params"] ?? .null)
    )
  }

  private static func refusal(_ error: JSONValue?) -> ClockError? {
    guard let number = error?["code"]?.integer, let message = error?["message"]?.string else {
      return nil
    }
    let data = error?["data"]
    var refusal = ClockError(code(number), message)
    refusal.number = number
    refusal.exchange = data?["exchange"]?.string.map { ExchangeID($0) }
    refusal.state = data?["state"]?.string.flatMap(ClockState.init)
    refusal.reason = data?["reason"]?.string
    refusal.retryAfter = data?["retry_after_ms"]?.integer.map { .milliseconds($0) }
    return refusal
  }

  private static func code(_ number: Int64) -> ClockError.Code {
    switch RPCError.Code(rawValue: number) {
    case .parseError: .parseError
    case .invalidRequest: .invalidRequest
    case .methodNotFound: .methodNotFound
    case .invalidParams: .invalidParams
    case .internalError: .internalError
    case .notSynchronized: .notSynchronized
    case .unknownExchange: .unknownExchange
    case .errorTooLarge: .errorTooLarge
    case .refused: .refused
    case .overloaded: .overloaded
    case nil: .serverError
    }
  }

  private static func excerpt(_ line: [UInt8]) -> String {
    String(decoding: line.prefix(200), as: UTF8.self)
  }
}
