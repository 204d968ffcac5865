internal import ClockCore
internal import JSONDocument

/// OKX v5.
///
/// A request is accepted within 30 seconds of the server's time, either way. OKX documents "will
/// expire 30 seconds after the timestamp"; that the future side is as wide is what its users report.
struct Okx: ListedEndpoints {
  let id = "okx"
  let rule =
    "at most 30 s from the exchange's time (documented for the past; reported for both sides)"
  let endpoints: [String: Endpoint] = [
    "GET /api/v5/public/time": .time,
    "POST /api/v5/trade/order": .placeOrder,
    "POST /api/v5/trade/batch-orders": .placeOrder,
    "GET /api/v5/trade/orders-pending": .openOrders,
  ]

  private static let windowMilliseconds: Int64 = 30_000

  func timeAnswer(
    to request: HTTPRequest, received: ExchangeInstant, now: ExchangeInstant, inWrongUnit: Bool
  ) -> HTTPAnswer {
    let time = inWrongUnit ? received.seconds : received.milliseconds
    return HTTPAnswer(json: #"{"code":"0","msg":"","data":[{"ts":"\#(time)"}]}"#)
  }

  func rejection(of request: HTTPRequest, at now: ExchangeInstant, ledger: inout Ledger)
    -> HTTPAnswer?
  {
    guard request.header("OK-ACCESS-KEY") != nil else {
      return error("50103", #"Request header OK-ACCESS-KEY can not be empty."#)
    }
    guard let stamp = request.header("OK-ACCESS-TIMESTAMP") else {
      return error("50107", #"Request header OK-ACCESS-TIMESTAMP can not be empty."#)
    }
    guard let time = ExchangeInstant(iso8601Milliseconds: stamp) else {
      return error("50112", "Invalid OK-ACCESS-TIMESTAMP")
    }
    guard (now.milliseconds - time.milliseconds).magnitude <= Self.windowMilliseconds else {
      return error("50102", "Timestamp request expired")
    }
    return nil
  }

  func acceptance(
    of request: HTTPRequest, at endpoint: Endpoint, now: ExchangeInstant, ledger: inout Ledger
  ) -> HTTPAnswer {
    guard endpoint == .placeOrder else {
      return HTTPAnswer(json: #"{"code":"0","data":[],"msg":""}"#)
    }
    let sent = try? JSONValue(parsing: request.body)
    let placed = (sent?.array ?? [sent ?? [:]]).map { order -> JSONValue in
      [
        "clOrdId": order["clOrdId"] ?? "",
        "ordId": .string(String(312_269_865_356_374_016 + ledger.newOrder())), "sCode": "0",
        "sMsg": "Order placed", "tag": order["tag"] ?? "",
        "ts": .string(String(now.milliseconds)),
      ]
    }
    let time = JSONValue.string(String(now.microseconds))
    let body: JSONValue = [
      "code": "0", "data": .array(placed), "inTime": time, "msg": "", "outTime": time,
    ]
    return HTTPAnswer(json: body.text)
  }

  func unknownPath(_ request: HTTPRequest, at now: ExchangeInstant) -> HTTPAnswer {
    HTTPAnswer(
      404,
      json:
        #"{"code":"404","data":{},"detailMsg":"","error_code":"404","error_message":"Not Found","msg":"Not Found"}"#
    )
  }

  func rateLimitBody(at now: ExchangeInstant, retryAfterSeconds: Int) -> String {
    #"{"msg":"Too Many Requests","code":"50011"}"#
  }

  private func error(_ code: String, _ message: String) -> HTTPAnswer {
    HTTPAnswer(401, json: #"{"msg":"\#(message)","code":"\#(code)"}"#)
  }
}
