internal import ClockCore
internal import JSONDocument

/// KuCoin's spot and futures markets.
///
/// A request is accepted where its timestamp differs from the server's time by less than 5 seconds.
/// Every answer to the time endpoint carries when the gateway took the request in and let it out.
struct Kucoin: ListedEndpoints {
  let id: String
  /// What the time answer has between its code and its data.
  private let timeMessage: String
  let rule = "less than 5 s from the exchange's time"
  let endpoints: [String: Endpoint] = [
    "GET /api/v1/timestamp": .time,
    "POST /api/v1/orders": .placeOrder,
    "POST /api/v1/hf/orders": .placeOrder,
    "GET /api/v1/orders": .openOrders,
    "GET /api/v1/hf/orders/active": .openOrders,
    "GET /api/ua/v1/account/mode": .account,
  ]

  static let all: [any ExchangeBehavior] = [
    Kucoin(id: "kucoin", timeMessage: #","msg":"success""#),
    Kucoin(id: "kucoinfutures", timeMessage: ""),
  ]

  private static let windowMilliseconds: Int64 = 5000

  func timeAnswer(
    to request: HTTPRequest, received: ExchangeInstant, now: ExchangeInstant, inWrongUnit: Bool
  ) -> HTTPAnswer {
    let time = inWrongUnit ? received.seconds : received.milliseconds
    let fine = request.header("kc-enable-ns")?.lowercased() == "true"
    return HTTPAnswer(
      json: #"{"code":"200000"\#(timeMessage),"data":\#(time)}"#,
      headers: [
        HTTPRequest.Field("x-in-time", "\(fine ? received.nanoseconds : received.microseconds)"),
        HTTPRequest.Field("x-out-time", "\(fine ? now.nanoseconds : now.microseconds)"),
      ])
  }

  func rejection(of request: HTTPRequest, at now: ExchangeInstant, ledger: inout Ledger)
    -> HTTPAnswer?
  {
    guard request.header("KC-API-KEY") != nil, let stamp = request.header("KC-API-TIMESTAMP") else {
      return error(
        400, "400001",
        "Please check the header of your request for KC-API-KEY, KC-API-SIGN, KC-API-TIMESTAMP, "
          + "KC-API-PASSPHRASE")
    }
    guard let timestamp = digits(stamp),
      now.milliseconds.subtractingReportingOverflow(timestamp).partialValue.magnitude
        < Self.windowMilliseconds
    else {
      return error(400, "400002", "Invalid KC-API-TIMESTAMP")
    }
    return nil
  }

  func acceptance(
    of request: HTTPRequest, at endpoint: Endpoint, now: ExchangeInstant, ledger: inout Ledger
  ) -> HTTPAnswer {
    if endpoint == .account {
      return HTTPAnswer(json: #"{"code":"200000","data":{"selfAccountMode":"CLASSIC"}}"#)
    }
    guard endpoint == .placeOrder else {
      guard !request.path.contains("/hf/") else {
        return HTTPAnswer(json: #"{"code":"200000","data":[]}"#)
      }
      return HTTPAnswer(
        json:
          #"{"code":"200000","data":{"currentPage":1,"pageSize":50,"totalNum":0,"totalPage":0,"items":[]}}"#
      )
    }
    let number = "5bd6e9286d99522a" + padded(ledger.newOrder(), 8)
    guard request.path.contains("/hf/") else {
      return HTTPAnswer(json: #"{"code":"200000","data":{"orderId":"\#(number)"}}"#)
    }
    let body: JSONValue = [
      "code": "200000",
      "data": ["orderId": .string(number), "clientOid": .string(order(request, "clientOid"))],
    ]
    return HTTPAnswer(json: body.text)
  }

  func unknownPath(_ request: HTTPRequest, at now: ExchangeInstant) -> HTTPAnswer {
    error(404, "404000", "URL Not Found")
  }

  func rateLimitBody(at now: ExchangeInstant, retryAfterSeconds: Int) -> String {
    error(429, "429000", "Too many requests in a short period of time, please retry later").text
  }

  private func error(_ status: Int, _ code: String, _ message: String) -> HTTPAnswer {
    HTTPAnswer(status, json: #"{"code":"\#(code)","msg":"\#(message)"}"#)
  }
}
