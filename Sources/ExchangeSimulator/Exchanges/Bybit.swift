internal import ClockCore
internal import JSONDocument

/// Bybit v5.
///
/// A request is accepted where `server_time - recv_window <= timestamp < server_time + 1000`, in
/// milliseconds. Errors come with HTTP status 200. Source: bybit-exchange.github.io, "Integration
/// guidance".
struct Bybit: ListedEndpoints {
  let id: String
  let rule = "at most X-BAPI-RECV-WINDOW old (5 s), less than 1 s ahead"
  let endpoints: [String: Endpoint] = [
    "GET /v5/market/time": .time,
    "POST /v5/order/create": .placeOrder,
    "GET /v5/order/realtime": .openOrders,
    "GET /v5/user/query-api": .account,
    "GET /v5/account/info": .account,
  ]

  static let all: [any ExchangeBehavior] = [Bybit(id: "bybit"), Bybit(id: "bybit-testnet")]

  private static let defaultWindowMilliseconds: Int64 = 5000
  private static let toleranceMilliseconds: Int64 = 1000

  func timeAnswer(
    to request: HTTPRequest, received: ExchangeInstant, now: ExchangeInstant, inWrongUnit: Bool
  ) -> HTTPAnswer {
    let nano = inWrongUnit ? received.seconds : received.nanoseconds
    let time = inWrongUnit ? received.seconds : received.milliseconds
    return HTTPAnswer(
      json:
        #"{"retCode":0,"retMsg":"OK","result":{"timeSecond":"\#(received.seconds)","timeNano":"\#(nano)"},"retExtInfo":{},"time":\#(time)}"#
    )
  }

  func rejection(of request: HTTPRequest, at now: ExchangeInstant, ledger: inout Ledger)
    -> HTTPAnswer?
  {
    let key = request.header("X-BAPI-API-KEY") ?? ""
    let stamp = request.header("X-BAPI-TIMESTAMP") ?? ""
    guard !key.isEmpty, !stamp.isEmpty else {
      let signature = request.header("X-BAPI-SIGN") ?? ""
      return answer(
        10001,
        "empty value: apiTimestamp[\(stamp)] apiKey[\(key)] apiSignature[\(signature)]: "
          + "openapi sign params error!", at: now)
    }
    let sentWindow = request.header("X-BAPI-RECV-WINDOW")
    let windowText = sentWindow ?? String(Self.defaultWindowMilliseconds)
    if let timestamp = digits(stamp), let window = digits(windowText),
      timestamp >= now.milliseconds.subtractingReportingOverflow(window).partialValue,
      timestamp < now.milliseconds + Self.toleranceMilliseconds
    {
      return nil
    }
    return answer(
      10002,
      "invalid request, please check your server timestamp or recv_window param. "
        + "req_timestamp[\(stamp)],server_timestamp[\(now.milliseconds)],recv_window[\(windowText)]",
      at: now)
  }

  func acceptance(
    of request: HTTPRequest, at endpoint: Endpoint, now: ExchangeInstant, ledger: inout Ledger
  ) -> HTTPAnswer {
    if endpoint == .account {
      return answer(
        0, "", ["apiKey": "sim", "readOnly": 0, "unified": 0, "uta": 1, "unifiedMarginStatus": 6],
        at: now)
    }
    guard endpoint == .placeOrder else {
      let category = request.parameter("category") ?? "spot"
      return answer(
        0, "OK", ["category": .string(category), "list": [], "nextPageCursor": ""], at: now)
    }
    let link = order(request, "orderLinkId")
    let number = 1_321_003_749_386_327_552 + ledger.newOrder()
    return answer(
      0, "OK", ["orderId": .string(String(number)), "orderLinkId": .string(link)], at: now)
  }

  func unknownPath(_ request: HTTPRequest, at now: ExchangeInstant) -> HTTPAnswer {
    answer(10017, "Route not found.", status: 404, at: now)
  }

  func rateLimitBody(at now: ExchangeInstant, retryAfterSeconds: Int) -> String {
    answer(10006, "Too many visits. Exceeded the API Rate Limit.", at: now).text
  }

  private func answer(
    _ code: Int64, _ message: String, _ result: JSONValue = [:], status: Int = 200,
    at now: ExchangeInstant
  ) -> HTTPAnswer {
    let body: JSONValue = [
      "retCode": .integer(code), "retMsg": .string(message), "result": result,
      "retExtInfo": [:], "time": .integer(now.milliseconds),
    ]
    return HTTPAnswer(status, json: body.text)
  }
}
