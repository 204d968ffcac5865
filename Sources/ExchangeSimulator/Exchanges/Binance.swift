internal import ClockCore
internal import JSONDocument

/// Binance's spot, futures and options markets, and Binance.US.
///
/// A request is accepted where `timestamp < serverTime + 1000 && serverTime - timestamp <=
/// recvWindow`, compared in microseconds, the finest unit that both may carry. The recheck before
/// the matching engine is not simulated. Source: binance-spot-api-docs, rest-api.md.
struct Binance: ListedEndpoints {
  let id: String
  let endpoints: [String: Endpoint]
  /// Microseconds are documented for the spot market alone.
  private let speaksMicroseconds: Bool
  /// Futures document none.
  private let largestWindowMicroseconds: Int64?

  static let all: [any ExchangeBehavior] = [
    Binance("binance", "/api/v3", speaksMicroseconds: true),
    Binance("binance-testnet", "/api/v3", speaksMicroseconds: true),
    Binance("binancecoinm", "/dapi/v1", largestWindowMicroseconds: nil),
    Binance("binanceoptions", "/eapi/v1"),
    Binance("binanceus", "/api/v3"),
    Binance("binanceusdm", "/fapi/v1", largestWindowMicroseconds: nil),
  ]

  private init(
    _ id: String, _ root: String, speaksMicroseconds: Bool = false,
    largestWindowMicroseconds: Int64? = 60_000_000
  ) {
    self.id = id
    endpoints = [
      "GET \(root)/time": .time,
      "POST \(root)/order": .placeOrder,
      "GET \(root)/order": .order,
      "GET \(root)/openOrders": .openOrders,
      "GET \(root)/account": .account,
    ]
    self.speaksMicroseconds = speaksMicroseconds
    self.largestWindowMicroseconds = largestWindowMicroseconds
  }

  var rule: String {
    "at most recvWindow old (5 s; \(largestWindowMicroseconds == nil ? "any" : "60 s at most")), "
      + "less than 1 s ahead"
  }

  private static let defaultWindowMicroseconds: Int64 = 5_000_000
  private static let toleranceMicroseconds: Int64 = 1_000_000
  /// A timestamp from here on is in microseconds; in milliseconds it would be the year 5138.
  private static let firstMicrosecondTimestamp: Int64 = 100_000_000_000_000

  func timeAnswer(
    to request: HTTPRequest, received: ExchangeInstant, now: ExchangeInstant, inWrongUnit: Bool
  ) -> HTTPAnswer {
    let fine =
      speaksMicroseconds && request.header("X-MBX-TIME-UNIT")?.uppercased() == "MICROSECOND"
    let time = inWrongUnit ? received.seconds : fine ? received.microseconds : received.milliseconds
    return HTTPAnswer(
      json: #"{"serverTime":\#(time)}"#, headers: [HTTPRequest.Field("x-mbx-used-weight-1m", "1")])
  }

  func rejection(of request: HTTPRequest, at now: ExchangeInstant, ledger: inout Ledger)
    -> HTTPAnswer?
  {
    guard request.header("X-MBX-APIKEY") != nil else {
      return error(-2014, "API-key format invalid.", status: 401)
    }
    guard let text = request.parameter("timestamp") else {
      return error(
        -1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.")
    }
    guard let timestamp = digits(text) else {
      return illegalCharacters("timestamp", "^[0-9]{1,20}$")
    }
    var window = Self.defaultWindowMicroseconds
    if let text = request.parameter("recvWindow") {
      guard let sent = Self.microseconds(ofMilliseconds: text) else {
        return illegalCharacters("recvWindow", "^[0-9]{1,20}(\\.[0-9]{1,3})?$")
      }
      guard sent <= largestWindowMicroseconds ?? .max else {
        return error(-1131, "recvWindow must be less than 60000")
      }
      window = sent
    }
    let isFine = speaksMicroseconds && timestamp >= Self.firstMicrosecondTimestamp
    let (milliseconds, isHuge) = timestamp.multipliedReportingOverflow(by: 1000)
    let stamped = isFine ? timestamp : isHuge ? .max : milliseconds
    guard stamped < now.microseconds + Self.toleranceMicroseconds else {
      return error(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    }
    guard now.microseconds.subtractingReportingOverflow(stamped).partialValue <= window else {
      return error(-1021, "Timestamp for this request is outside of the recvWindow.")
    }
    return nil
  }

  func acceptance(
    of request: HTTPRequest, at endpoint: Endpoint, now: ExchangeInstant, ledger: inout Ledger
  ) -> HTTPAnswer {
    switch endpoint {
    case .placeOrder:
      let number = ledger.newOrder()
      return HTTPAnswer(json: describe(request, number: number, timeKey: "transactTime", now).text)
    case .order:
      let number = Int(request.parameter("orderId") ?? "") ?? ledger.orders
      return HTTPAnswer(json: describe(request, number: number, timeKey: "time", now).text)
    case .account:
      let account: JSONValue = [
        "makerCommission": 10, "takerCommission": 10, "buyerCommission": 0,
        "sellerCommission": 0, "canTrade": true, "canWithdraw": true, "canDeposit": true,
        "brokered": false, "requireSelfTradePrevention": false, "preventSor": false,
        "updateTime": .integer(now.milliseconds), "accountType": "SPOT",
        "balances": [["asset": "USDT", "free": "10000.00000000", "locked": "0.00000000"]],
        "permissions": ["SPOT"], "uid": 354_937_868,
      ]
      return HTTPAnswer(json: account.text)
    case .openOrders, .time: return HTTPAnswer(json: "[]")
    }
  }

  func unknownPath(_ request: HTTPRequest, at now: ExchangeInstant) -> HTTPAnswer {
    error(-5000, "Path \(request.path), Method \(request.method) is invalid", status: 404)
  }

  func rateLimitBody(at now: ExchangeInstant, retryAfterSeconds: Int) -> String {
    let end = now.milliseconds + Int64(retryAfterSeconds) * 1000
    return
      #"{"code":-1003,"msg":"Way too much request weight used; IP banned until \#(end). Please use WebSocket Streams for live updates to avoid bans."}"#
  }

  private func describe(
    _ request: HTTPRequest, number: Int, timeKey: String, _ now: ExchangeInstant
  ) -> JSONValue {
    func sent(_ name: String, _ missing: String) -> JSONValue {
      .string(request.parameter(name) ?? missing)
    }
    return .object([
      .init("symbol", sent("symbol", "BTCUSDT")), .init("orderId", .integer(Int64(number))),
      .init("orderListId", -1),
      .init("clientOrderId", sent("newClientOrderId", "sim-\(number)")),
      .init(timeKey, .integer(now.milliseconds)), .init("price", sent("price", "0.00000000")),
      .init("origQty", sent("quantity", "0.00000000")), .init("executedQty", "0.00000000"),
      .init("origQuoteOrderQty", "0.00000000"), .init("cummulativeQuoteQty", "0.00000000"),
      .init("status", "NEW"), .init("timeInForce", sent("timeInForce", "GTC")),
      .init("type", sent("type", "LIMIT")), .init("side", sent("side", "BUY")),
      .init("workingTime", .integer(now.milliseconds)), .init("fills", []),
      .init("selfTradePreventionMode", "EXPIRE_MAKER"),
    ])
  }

  private func error(_ code: Int, _ message: String, status: Int = 400) -> HTTPAnswer {
    let body: JSONValue = ["code": .integer(Int64(code)), "msg": .string(message)]
    return HTTPAnswer(status, json: body.text)
  }

  private func illegalCharacters(_ name: String, _ range: String) -> HTTPAnswer {
    error(-1100, "Illegal characters found in parameter '\(name)'; legal range is '\(range)'.")
  }

  /// Milliseconds with up to three decimals.
  private static func microseconds(ofMilliseconds text: String) -> Int64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2, !parts[0].isEmpty, let whole = digits(parts[0]) else { return nil }
    guard whole <= Int64.max / 2000 else { return .max }
    guard parts.count == 2 else { return whole * 1000 }
    guard (1...3).contains(parts[1].count) else { return nil }
    return digits((parts[1] + "00").prefix(3).description).map { whole * 1000 + $0 }
  }
}
