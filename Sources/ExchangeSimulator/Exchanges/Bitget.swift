internal import ClockCore
internal import JSONDocument

/// Bitget v2 spot.
///
/// A request is accepted within 30 seconds of the server's time, either way.
struct Bitget: ListedEndpoints {
  let id = "bitget"
  let rule = "at most 30 s from the exchange's time"
  let endpoints: [String: Endpoint] = [
    "GET /api/v2/public/time": .time,
    "POST /api/v2/spot/trade/place-order": .placeOrder,
    "GET /api/v2/spot/trade/unfilled-orders": .openOrders,
  ]

  private static let windowMilliseconds: Int64 = 30_000

  func timeAnswer(
    to request: HTTPRequest, received: ExchangeInstant, now: ExchangeInstant, inWrongUnit: Bool
  ) -> HTTPAnswer {
    let time = inWrongUnit ? received.seconds : received.milliseconds
    return HTTPAnswer(
      json:
        #"{"code":"00000","msg":"success","requestTime":\#(time),"data":{"serverTime":"\#(time)"}}"#
    )
  }

  func rejection(of request: HTTPRequest, at now: ExchangeInstant, ledger: inout Ledger)
    -> HTTPAnswer?
  {
    guard request.header("ACCESS-KEY") != nil else {
      return answer("40001", "ACCESS_KEY cannot be empty", status: 400, at: now)
    }
    guard let stamp = request.header("ACCESS-TIMESTAMP"), let timestamp = digits(stamp) else {
      return answer("40005", "Invalid ACCESS_TIMESTAMP", status: 400, at: now)
    }
    let age = now.milliseconds.subtractingReportingOverflow(timestamp).partialValue
    guard age.magnitude <= Self.windowMilliseconds else {
      return answer("40008", "Request timestamp expired", status: 400, at: now)
    }
    return nil
  }

  func acceptance(
    of request: HTTPRequest, at endpoint: Endpoint, now: ExchangeInstant, ledger: inout Ledger
  ) -> HTTPAnswer {
    guard endpoint == .placeOrder else {
      return answer("00000", "success", [], at: now)
    }
    let number = 1_111_397_214_281_175_046 + ledger.newOrder()
    let client = order(request, "clientOid", default: "sim-\(ledger.orders)")
    return answer(
      "00000", "success", ["orderId": .string(String(number)), "clientOid": .string(client)],
      at: now)
  }

  func unknownPath(_ request: HTTPRequest, at now: ExchangeInstant) -> HTTPAnswer {
    answer("40404", "Request URL NOT FOUND", status: 404, at: now)
  }

  func rateLimitBody(at now: ExchangeInstant, retryAfterSeconds: Int) -> String {
    answer("429", "Too Many Requests", at: now).text
  }

  private func answer(
    _ code: String, _ message: String, _ data: JSONValue = .null, status: Int = 200,
    at now: ExchangeInstant
  ) -> HTTPAnswer {
    let body: JSONValue = [
      "code": .string(code), "msg": .string(message), "requestTime": .integer(now.milliseconds),
      "data": data,
    ]
    return HTTPAnswer(status, json: body.text)
  }
}
