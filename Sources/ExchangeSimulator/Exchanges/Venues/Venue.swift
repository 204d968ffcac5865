internal import ClockCore
internal import JSONDocument

/// An exchange that is described by data alone.
///
/// Codes, statuses and texts are those that are documented or were captured. Where none is known
/// for a grievance, the code of what comes nearest is taken, and the HTTP status 200 where the body
/// has a code for success as well, else 400, 401 or 403.
struct Venue: ExchangeBehavior {
  /// What a refusal says.
  struct Complaint: Sendable {
    var status: Int
    /// As it stands in the answer, without quotes.
    var code: String
    /// May name `{stamp}`, `{window}` and what `AnswerText` names.
    var message: String

    init(_ status: Int, _ code: String, _ message: String) {
      self.status = status
      self.code = code
      self.message = message
    }
  }

  let id: String
  /// Which signed requests are accepted, in words.
  let rule: String
  /// Method, path and query of the time endpoint.
  let time: (method: String, path: String)
  /// The body of the time endpoint's answer.
  let timeBody: String
  var timeContentType = "application/json"
  /// The headers of every answer.
  var headers: [HTTPRequest.Field] = []

  /// What the path of a signed request has in it; every other path is unknown.
  let signed: [String]
  let key: [StampPlace]
  var stamp: [StampPlace] = []
  var format = StampFormat.milliseconds
  /// A request without a timestamp is accepted.
  var isStampOptional = false
  let judgedBy: TimestampRule
  /// Of no use twice within 150 s.
  var uniqueNonce: StampPlace?

  /// The body of a refusal, with `{code}` and `{message}`.
  let refusal: String
  let complaints: [Grievance: Complaint]
  /// The answer to an order, with `{number}`, and to any other signed request.
  let placed: String
  let listed: String

  var timePath: String { time.path }

  func endpoint(of request: HTTPRequest) -> Endpoint? {
    let method = request.method == "HEAD" ? "GET" : request.method
    if method == time.method, request.path == time.path.prefix(while: { $0 != "?" }) {
      return .time
    }
    guard signed.contains(where: { request.path.contains($0) }) else { return nil }
    return method == "GET" || method == "DELETE" ? .openOrders : .placeOrder
  }

  func timeAnswer(
    to request: HTTPRequest, received: ExchangeInstant, now: ExchangeInstant, inWrongUnit: Bool
  ) -> HTTPAnswer {
    var text = AnswerText(received: received, now: now, inWrongUnit: inWrongUnit)
    // AscendEX tells the client's own time again.
    if let sent = request.parameter("requestTime").flatMap(digits) {
      text["echo"] = "\(sent)"
      text["latency"] = "\(received.milliseconds.subtractingReportingOverflow(sent).partialValue)"
    }
    return HTTPAnswer(
      contentType: timeContentType, headers: headers(text), body: text.filling(timeBody).utf8)
  }

  func rejection(of request: HTTPRequest, at now: ExchangeInstant, ledger: inout Ledger)
    -> HTTPAnswer?
  {
    guard let key = key.text(in: request) else { return answer(.noKey, to: request, at: now) }
    if case .untimed = judgedBy { return nil }
    guard let text = stamp.text(in: request) else {
      return isStampOptional ? nil : answer(.noStamp, to: request, at: now)
    }
    let grievance = judgedBy.grievance(
      against: text, format, of: request, key: key, at: now.milliseconds, &ledger)
    if let grievance { return answer(grievance, to: request, at: now) }
    guard let nonce = uniqueNonce?.text(in: request) else { return nil }
    ledger.usedNonces = ledger.usedNonces.filter { now.milliseconds - $0.value <= 150_000 }
    guard ledger.usedNonces.updateValue(now.milliseconds, forKey: nonce) == nil else {
      return answer(.usedNonce, to: request, at: now)
    }
    return nil
  }

  func acceptance(
    of request: HTTPRequest, at endpoint: Endpoint, now: ExchangeInstant, ledger: inout Ledger
  ) -> HTTPAnswer {
    var text = AnswerText(received: now, now: now)
    guard endpoint == .placeOrder else {
      return HTTPAnswer(json: text.filling(listed), headers: headers(text))
    }
    text["number"] = "\(1_000_000 + ledger.newOrder())"
    return HTTPAnswer(json: text.filling(placed), headers: headers(text))
  }

  func unknownPath(_ request: HTTPRequest, at now: ExchangeInstant) -> HTTPAnswer {
    answer(.unknownPath, to: request, at: now)
  }

  func rateLimitBody(at now: ExchangeInstant, retryAfterSeconds: Int) -> String {
    answer(.rateLimited, to: HTTPRequest("GET", "/"), at: now).text
  }

  private func headers(_ text: AnswerText) -> [HTTPRequest.Field] {
    headers.map { HTTPRequest.Field($0.name, text.filling($0.value)) }
  }

  private func answer(
    _ grievance: Grievance, to request: HTTPRequest, at now: ExchangeInstant
  ) -> HTTPAnswer {
    var text = AnswerText(received: now, now: now)
    let complaint = complaint(grievance)
    text["stamp"] = stamp.text(in: request) ?? ""
    if case .window(let window) = judgedBy {
      text["window"] = window.chosen.text(in: request) ?? ""
    }
    let message = JSONValue.string(text.filling(complaint.message)).text
    text["code"] = complaint.code
    text["message"] = String(message.dropFirst().dropLast())
    return HTTPAnswer(
      complaint.status, json: text.filling(refusal), headers: headers(text))
  }

  /// The exchange's own words, or those for what comes nearest.
  private func complaint(_ grievance: Grievance) -> Complaint {
    var current: Grievance? = grievance
    while let grievance = current {
      if let complaint = complaints[grievance] { return complaint }
      current = grievance.next
    }
    switch grievance {
    case .unknownPath: return Complaint(404, "404", "Not Found")
    case .rateLimited: return Complaint(429, "429", "Too Many Requests")
    default: return Complaint(401, "401", "Unauthorized")
    }
  }
}
