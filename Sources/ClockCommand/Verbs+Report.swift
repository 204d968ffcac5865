internal import ClockCore
internal import ClockProtocol
internal import JSONDocument

extension Verbs {
  /// Why a request was refused, and what to do about it.
  static func report(_ invocation: Invocation) throws -> ExitCode {
    let params = JSONValue.members(
      ("exchange", .string(invocation.names[0])),
      ("code", invocation.names.dropFirst().first.map(JSONValue.string)),
      ("http_status", invocation.httpStatus.map(JSONValue.integer)),
      ("message", invocation.message.map(JSONValue.string)),
      ("timestamp", invocation.timestamp.map(JSONValue.string)),
      ("recv_window_ms", invocation.windowMilliseconds.map(JSONValue.integer)))
    let json = try ask(invocation, .report, params)
    try show(invocation, json, ReportResult.init(json:), ReportText.lines)
    return json["verdict"] == .string(RejectionVerdict.unknown.rawValue) ? .refused : .success
  }
}
