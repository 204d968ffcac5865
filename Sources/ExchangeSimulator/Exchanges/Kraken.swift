internal import ClockCore
internal import JSONDocument

/// Kraken spot REST.
///
/// A request is accepted where its nonce exceeds the last accepted one of its API key, whatever the
/// clocks show; a key's nonce window is taken as zero. Errors come with HTTP status 200.
struct Kraken: ListedEndpoints {
  let id = "kraken"
  let rule = "a nonce above the last one of its key"
  let endpoints: [String: Endpoint] = [
    "GET /0/public/Time": .time,
    "POST /0/private/AddOrder": .placeOrder,
    "POST /0/private/OpenOrders": .openOrders,
  ]

  func timeAnswer(
    to request: HTTPRequest, received: ExchangeInstant, now: ExchangeInstant, inWrongUnit: Bool
  ) -> HTTPAnswer {
    let time = inWrongUnit ? received.milliseconds : received.seconds
    return HTTPAnswer(
      json:
        #"{"error":[],"result":{"unixtime":\#(time),"rfc1123":"\#(received.shortYearDate)"}}"#)
  }

  func rejection(of request: HTTPRequest, at now: ExchangeInstant, ledger: inout Ledger)
    -> HTTPAnswer?
  {
    guard let key = request.header("API-Key") else { return error("EAPI:Invalid key") }
    let text = order(request, "nonce")
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let nonce = UInt64(text),
      nonce > ledger.nonces[key] ?? 0
    else {
      return error("EAPI:Invalid nonce")
    }
    ledger.nonces[key] = nonce
    return nil
  }

  func acceptance(
    of request: HTTPRequest, at endpoint: Endpoint, now: ExchangeInstant, ledger: inout Ledger
  ) -> HTTPAnswer {
    guard endpoint == .placeOrder else {
      return HTTPAnswer(json: #"{"error":[],"result":{"open":{}}}"#)
    }
    func sent(_ name: String, _ missing: String) -> String {
      order(request, name, default: missing)
    }
    let number = ledger.newOrder()
    let price = sent("price", "")
    let limit = price.isEmpty ? "market" : "limit \(price)"
    let text =
      "\(sent("type", "buy")) \(sent("volume", "1.00000000")) \(sent("pair", "XBTUSD")) @ \(limit)"
    let body: JSONValue = [
      "error": [],
      "result": [
        "descr": ["order": .string(text)],
        "txid": [.string("OSIM00-00000-\(padded(number, 6))")],
      ],
    ]
    return HTTPAnswer(json: body.text)
  }

  func unknownPath(_ request: HTTPRequest, at now: ExchangeInstant) -> HTTPAnswer {
    var answer = error("EGeneral:Unknown method")
    answer.status = 404
    return answer
  }

  func rateLimitBody(at now: ExchangeInstant, retryAfterSeconds: Int) -> String {
    error("EAPI:Rate limit exceeded").text
  }

  private func error(_ text: String) -> HTTPAnswer {
    HTTPAnswer(json: #"{"error":["\#(text)"]}"#)
  }
}
