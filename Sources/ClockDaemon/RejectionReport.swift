internal import ClockCore
internal import ClockProtocol
internal import ExchangeCatalog
internal import JSONDocument

/// The parameters of `report`, checked. Nothing in them is taken for true.
struct RejectionReport: Sendable {
  var exchange: String
  var refusal: Refusal
  var timestamp: String?
  var window: Duration?

  /// The user whose bot reports; nil where that cannot be told.
  var reporter: UInt32?

  init(_ parameters: Parameters, by reporter: UInt32?) throws(RPCError) {
    self.reporter = reporter
    exchange = try parameters.string("exchange")
    let status = try parameters.optionalInteger("http_status", in: 100...599)
    refusal = Refusal(
      code: try parameters.optionalScalar("code"), httpStatus: status.map(Int.init),
      message: try parameters.optionalString("message"))
    timestamp = try parameters.optionalScalar("timestamp")
    window = try parameters.milliseconds("recv_window_ms", in: 1...86_400_000)
    guard refusal.code != nil || refusal.httpStatus != nil || refusal.message != nil else {
      throw RPCError(
        .invalidParams, "what was refused is missing: a code, an http_status or a message")
    }
  }
}

extension Parameters {
  /// A string or a number, as text; null counts as absent.
  fileprivate func optionalScalar(_ name: String) throws(RPCError) -> String? {
    guard let value = value(of: name) else { return nil }
    guard let text = value.scalarText else {
      throw RPCError(.invalidParams, "\(name): a string or a number is expected")
    }
    return text
  }
}
