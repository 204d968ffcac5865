internal import ClockProtocol
internal import JSONDocument

/// What a line of the daemon says.
enum Answer {
  /// The result that a line answers request `id` with.
  static func result(of line: [UInt8], id: Int64) throws(ClockError) -> JSONValue {
    guard let answer = try? JSONValue(parsing: line), answer["jsonrpc"] == "2.0" else {
      throw ClockError(.protocol, "this is no answer of the daemon: \(excerpt(line))")
    }
    // What cannot be read is answered with no id: there is only ours.
    let isOurs = answer["id"] == .integer(id)
    guard isOurs || (answer["id"] == .null && answer["error"] != nil) else {
      throw ClockError(.protocol, "this answers another request: \(excerpt(line))")
    }
    if let result = answer["result"] { return result }
    throw refusal(answer["error"])
      ?? ClockError(.protocol, "the answer has neither a result nor an error: \(excerpt(line))")
  }

  /// What a line tells unasked, and to which subscription.
  static func notification(
    of line: [UInt8]
  ) throws(ClockError) -> (subscription: Int64, offset: ClockOffset) {
    guard let json = try? JSONValue(parsing: line), json["jsonrpc"] == "2.0",
      let told = OffsetNotification(json: json), let offset = ClockOffset(told.offset)
    else { throw ClockError(.protocol, "this is no notification: \(excerpt(line))") }
    return (told.subscription, offset)
  }

  /// A result in a shape; an error where members are missing.
  static func shape<Shape>(_ shape: Shape?, of result: JSONValue) throws(ClockError) -> Shape {
    guard let shape else {
      throw ClockError(.protocol, "a result lacks a member: \(excerpt(Array(result.text.utf8)))")
    }
    return shape
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
