extension Venue {
  /// How old a timestamp may be is documented and can be chosen. How far ahead is documented for
  /// MEXC and Poloniex; the others are given the second that Binance allows.
  static let pastWindows = [
    Venue(
      id: "backpack",
      rule: "at most X-Window old (5 s; 60 s at most), less than 1 s ahead (presumed)",
      time: ("GET", "/api/v1/time"), timeBody: "{ms}", timeContentType: "text/plain",
      signed: ["/api/v1/", "/wapi/v1/"], key: [.header("X-API-Key")],
      stamp: [.header("X-Timestamp")],
      judgedBy: .window(
        .init(
          past: .within(5000), future: .below(1000), chosen: [.header("X-Window")],
          choice: 0...60_000)),
      refusal: #"{"code":"{code}","message":"{message}"}"#,
      complaints: [
        .noKey: .init(401, "UNAUTHORIZED", "Missing X-API-Key header"),
        .badWindow: .init(400, "INVALID_CLIENT_REQUEST", "Invalid window"),
        .badStamp: .init(400, "INVALID_CLIENT_REQUEST", "Invalid timestamp"),
        .tooNew: .init(400, "INVALID_CLIENT_REQUEST", "Invalid timestamp"),
        .tooOld: .init(400, "INVALID_CLIENT_REQUEST", "Request has expired"),
        .rateLimited: .init(429, "TOO_MANY_REQUESTS", "Too many requests"),
        .unknownPath: .init(404, "RESOURCE_NOT_FOUND", "Not Found"),
      ],
      placed: #"{"id":"{number}","status":"New","createdAt":{ms}}"#, listed: "[]"),
    Venue(
      id: "bitvavo",
      rule:
        "at most Bitvavo-Access-Window old (10 s; 60 s at most), less than 1 s ahead (presumed)",
      time: ("GET", "/v2/time"), timeBody: #"{"time":{ms}}"#, signed: ["/v2/"],
      key: [.header("Bitvavo-Access-Key")], stamp: [.header("Bitvavo-Access-Timestamp")],
      judgedBy: .window(
        .init(
          past: .within(10_000), future: .below(1000), chosen: [.header("Bitvavo-Access-Window")],
          choice: 100...60_000)),
      refusal: #"{"errorCode":{code},"error":"{message}"}"#,
      complaints: [
        .noKey: .init(403, "301", "API Key must be of length 64."),
        .badStamp: .init(403, "302", "Timestamp is invalid. This must be a timestamp in ms."),
        .badWindow: .init(403, "303", "Window must be between 100 and 60000 ms."),
        .tooOld: .init(
          403, "304",
          "Request was not received within acceptable window (default 30s, max 60s)."),
        .rateLimited: .init(429, "105", "Your IP or API key has been banned."),
        .unknownPath: .init(404, "110", "Invalid endpoint."),
      ],
      placed: #"{"orderId":"{number}","status":"new","created":{ms}}"#, listed: "[]"),
    Venue(
      id: "coinex",
      rule: "at most X-COINEX-WINDOWTIME old (5 s), less than 1 s ahead (presumed)",
      time: ("GET", "/v2/time"), timeBody: #"{"code":0,"data":{"timestamp":{ms}},"message":"OK"}"#,
      signed: ["/v2/"], key: [.header("X-COINEX-KEY")], stamp: [.header("X-COINEX-TIMESTAMP")],
      judgedBy: .window(
        .init(
          past: .within(5000), future: .below(1000), chosen: [.header("X-COINEX-WINDOWTIME")])),
      refusal: #"{"code":{code},"data":{},"message":"{message}"}"#,
      complaints: [
        .noKey: .init(200, "4005", "Access ID is invalid"),
        .tooOld: .init(200, "4010", "Request has expired"),
        .rateLimited: .init(429, "4213", "Rate limit triggered"),
      ],
      placed: #"{"code":0,"data":{"order_id":{number},"created_at":{ms}},"message":"OK"}"#,
      listed: #"{"code":0,"data":[],"message":"OK"}"#),
    Venue(
      id: "mexc",
      rule: "at most recvWindow old (5 s; 60 s at most), less than 1 s ahead",
      time: ("GET", "/api/v3/time"),
      // Every documented answer has whole seconds.
      timeBody: #"{"serverTime":{coarse_ms}}"#,
      signed: ["/api/v3/"], key: [.header("X-MEXC-APIKEY")], stamp: [.parameter("timestamp")],
      judgedBy: .window(
        .init(
          past: .within(5000), future: .below(1000), chosen: [.parameter("recvWindow")],
          choice: 0...60_000)),
      refusal: #"{"code":{code},"msg":"{message}"}"#,
      complaints: [
        .noKey: .init(400, "700001", "Invalid api-key"),
        .noStamp: .init(400, "700004", "Mandatory parameter 'timestamp' was not sent"),
        .badStamp: .init(400, "700004", "Mandatory parameter 'timestamp' was malformed"),
        .badWindow: .init(400, "700005", "recvWindow must less than 60000"),
        .tooOld: .init(
          400, "700003", "Timestamp for this request is outside of the recvWindow."),
        .rateLimited: .init(429, "429", "Too many requests"),
      ],
      placed: #"{"symbol":"BTCUSDT","orderId":"{number}","transactTime":{ms}}"#, listed: "[]"),
    Venue(
      id: "poloniex",
      rule: "at most recvWindow old, at most 1 s ahead; without recvWindow 1 s either way",
      time: ("GET", "/timestamp"), timeBody: #"{"serverTime":{ms}}"#,
      signed: ["/orders", "/accounts", "/trades", "/smartorders", "/v3/"], key: [.header("key")],
      stamp: [.header("signTimestamp")],
      judgedBy: .window(
        .init(
          past: .within(1000), future: .within(1000), chosen: [.header("recvWindow")])),
      refusal: #"{"code":{code},"message":"{message}"}"#,
      complaints: [
        .noKey: .init(401, "401", "Unauthorized"),
        .badStamp: .init(400, "400", "Invalid signTimestamp"),
        .tooNew: .init(400, "400", "signTimestamp is more than 1 second from poloniex system time"),
        .tooOld: .init(400, "400", "signTimestamp is more than 1 second from poloniex system time"),
        .late: .init(408, "408", "Request Timeout"),
      ],
      placed: #"{"id":"{number}","clientOrderId":""}"#, listed: "[]"),
  ]
}
