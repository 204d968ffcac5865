extension Venue {
  /// As far ahead as behind.
  static let symmetricWindows = [
    Venue(
      id: "ascendex", rule: "at most 30 s from the exchange's time",
      time: ("GET", "/api/pro/v1/exchange-info"),
      timeBody:
        #"{"code":0,"data":{"requestTimeEcho":{echo},"requestReceiveAt":{ms},"latency":{latency}}}"#,
      signed: ["/api/pro/"], key: [.header("x-auth-key")], stamp: [.header("x-auth-timestamp")],
      judgedBy: .window(.symmetric(.within(30_000))),
      refusal: #"{"code":{code},"reason":"{message}","message":"{message}"}"#,
      complaints: [.tooOld: .init(200, "100011", "INVALID_TIMESTAMP")],
      placed:
        #"{"code":0,"data":{"ac":"CASH","action":"place-order","info":{"orderId":"{number}"}}}"#,
      listed: #"{"code":0,"data":[]}"#),
    Venue(
      id: "bitmart", rule: "at most 60 s from the exchange's time", time: ("GET", "/system/time"),
      timeBody:
        #"{"message":"OK","code":1000,"trace":"c4e5e5b7-fe9f-4191-89f7-53f6c5bf9030","data":{"server_time":{ms}}}"#,
      signed: ["/spot/", "/account/", "/contract/"], key: [.header("X-BM-KEY")],
      stamp: [.header("X-BM-TIMESTAMP")], judgedBy: .window(.symmetric(.within(60_000))),
      refusal:
        #"{"message":"{message}","code":{code},"trace":"c4e5e5b7-fe9f-4191-89f7-53f6c5bf9030","data":{}}"#,
      complaints: [
        .noKey: .init(401, "30002", "Header X-BM-KEY is empty"),
        .noStamp: .init(401, "30006", "Header X-BM-TIMESTAMP is empty"),
        .badStamp: .init(401, "30008", "Header X-BM-TIMESTAMP invalid format"),
        .tooOld: .init(401, "30007", "Header X-BM-TIMESTAMP range. Within a minute"),
        .rateLimited: .init(429, "30013", "Request too many requests"),
      ],
      placed: #"{"message":"OK","code":1000,"data":{"order_id":"{number}"}}"#,
      listed: #"{"message":"OK","code":1000,"data":[]}"#),
    Venue(
      id: "bitstamp", rule: "at most 150 s from the exchange's time; X-Auth-Nonce used once",
      time: ("GET", "/api/v2/ticker/btcusd/"),
      timeBody: #"{"timestamp":"{stale_s}","last":"104912","volume":"1520.10"}"#,
      signed: ["/api/v2/"], key: [.header("X-Auth")], stamp: [.header("X-Auth-Timestamp")],
      judgedBy: .window(.symmetric(.within(150_000))), uniqueNonce: .header("X-Auth-Nonce"),
      refusal: #"{"status":"error","reason":"{message}","code":"{code}"}"#,
      complaints: [
        .noKey: .init(403, "API0001", "API key not found"),
        .noStamp: .init(403, "API0015", "X-Auth-Timestamp header is missing"),
        .badStamp: .init(403, "API0018", "X-Auth-Timestamp header is invalid"),
        .tooOld: .init(403, "API0017", "X-Auth-Timestamp header is out of boundaries"),
        .usedNonce: .init(403, "API0004", "Invalid nonce"),
        .rateLimited: .init(429, "400.002", "Request rate limit exceeded"),
      ],
      placed: #"{"id":"{number}","market":"BTC/USD","datetime":"{iso_s}","type":"0"}"#, listed: "[]"
    ),
    Venue(
      id: "coinbaseexchange", rule: "at most 30 s from the exchange's time", time: ("GET", "/time"),
      timeBody: #"{"iso":"{iso}","epoch":{float_s}}"#,
      signed: ["/accounts", "/orders", "/fills", "/profiles", "/transfers", "/deposits"],
      key: [.header("CB-ACCESS-KEY")], stamp: [.header("CB-ACCESS-TIMESTAMP")],
      format: .decimalSeconds, judgedBy: .window(.symmetric(.within(30_000))),
      refusal: #"{"message":"{message}"}"#,
      complaints: [
        .noKey: .init(401, "", "CB-ACCESS-KEY header is required"),
        .noStamp: .init(401, "", "CB-ACCESS-TIMESTAMP header is required"),
        .badStamp: .init(400, "", "invalid timestamp"),
        .tooOld: .init(401, "", "request timestamp expired"),
        .rateLimited: .init(429, "", "Public rate limit exceeded"),
        .unknownPath: .init(404, "", "NotFound"),
      ],
      placed: #"{"id":"{number}","status":"pending","created_at":"{iso}"}"#, listed: "[]"),
    Venue(
      id: "cryptocom", rule: "at most 60 s from the exchange's time",
      time: ("GET", "/exchange/v1/public/get-tickers?instrument_name=BTC_USD"),
      timeBody:
        #"{"id":-1,"method":"public/get-tickers","code":0,"result":{"data":[{"i":"BTC_USD","a":"104912","t":{stale_ms}}]}}"#,
      signed: ["/exchange/v1/private/"], key: [.body("api_key")], stamp: [.body("nonce")],
      judgedBy: .window(.symmetric(.within(60_000))),
      refusal: #"{"id":-1,"code":{code},"message":"{message}"}"#,
      complaints: [
        .noKey: .init(401, "40101", "UNAUTHORIZED"), .tooOld: .init(400, "40102", "INVALID_NONCE"),
        .rateLimited: .init(429, "42901", "RATE_LIMIT_EXCEEDED"),
      ],
      placed: #"{"id":-1,"code":0,"result":{"order_id":"{number}"}}"#,
      listed: #"{"id":-1,"code":0,"result":{"data":[]}}"#),
    Venue(
      id: "gate", rule: "at most 60 s from the exchange's time, both in whole seconds",
      time: ("GET", "/api/v4/spot/time"), timeBody: #"{"server_time":{ms}}"#,
      headers: [.init("X-In-Time", "{in_us}"), .init("X-Out-Time", "{out_us}")],
      signed: ["/api/v4/"], key: [.header("KEY")], stamp: [.header("Timestamp")], format: .seconds,
      judgedBy: .window(.symmetric(.within(60_000), isOfSeconds: true)),
      refusal: #"{"label":"{code}","message":"{message}"}"#,
      complaints: [
        .noKey: .init(401, "MISSING_REQUIRED_HEADER", "Missing required header: KEY"),
        .noStamp: .init(400, "MISSING_REQUIRED_HEADER", "Missing required header: Timestamp"),
        .tooOld: .init(
          403, "REQUEST_EXPIRED",
          "gap between request Timestamp and server time exceeds 60, current_time:{s}, "
            + "header.timestamp:{stamp}"),
        .rateLimited: .init(429, "TOO_MANY_REQUESTS", "Request Rate limit Exceeded"),
        .unknownPath: .init(404, "NOT_FOUND", "Not Found"),
      ],
      placed: #"{"id":"{number}","status":"open","create_time_ms":{ms}}"#, listed: "[]"),
    Venue(
      id: "gemini",
      rule:
        "at most 30 s from the exchange's time, both in whole seconds; keys with \"increasing\" "
        + "in their name: a nonce above the last one of the key",
      time: ("GET", "/v1/symbols"), timeBody: #"["btcusd","ethbtc"]"#, signed: ["/v1/"],
      key: [.header("X-GEMINI-APIKEY")], stamp: [.payload(header: "X-GEMINI-PAYLOAD", "nonce")],
      format: .seconds,
      judgedBy: .growingForKeys(
        containing: "increasing", .symmetric(.within(30_000), isOfSeconds: true)),
      refusal: #"{"result":"error","reason":"{code}","message":"{message}"}"#,
      complaints: [
        .noKey: .init(
          400, "MissingApikeyHeader", "Must provide 'X-GEMINI-APIKEY' header"),
        .noStamp: .init(400, "MissingNonce", "Must provide 'nonce' in the payload"),
        .badStamp: .init(400, "InvalidTimestampInPayload", "Invalid nonce '{stamp}'"),
        .tooOld: .init(
          400, "InvalidNonce",
          "Nonce '{stamp}' is not within 30 seconds of server time '{s}'"),
        .smallNonce: .init(
          400, "InvalidNonce", "Nonce '{stamp}' has not increased since your last call"),
        .rateLimited: .init(429, "RateLimit", "Requests were made too frequently"),
      ],
      placed: #"{"order_id":"{number}","timestampms":{ms},"is_live":true}"#, listed: "[]"),
    Venue(
      id: "htx",
      rule: "less than 60 s from the exchange's time (documented: 60 s in one place, 5 min in "
        + "another)",
      time: ("GET", "/v1/common/timestamp"), timeBody: #"{"status":"ok","data":{ms}}"#,
      signed: ["/v1/", "/v2/"], key: [.parameter("AccessKeyId")], stamp: [.parameter("Timestamp")],
      format: .bareISOSeconds, judgedBy: .window(.symmetric(.below(60_000))),
      refusal: #"{"status":"error","err-code":"{code}","err-msg":"{message}","data":null}"#,
      complaints: [
        .noKey: .init(200, "login-required", "User must be logged in"),
        .tooOld: .init(
          200, "api-signature-not-valid",
          "Signature not valid: Invalid submission time or incorrect time format"),
      ],
      placed: #"{"status":"ok","data":"{number}"}"#, listed: #"{"status":"ok","data":[]}"#),
    Venue(
      id: "htxlinear",
      rule: "less than 60 s from the exchange's time (documented for the spot market alone)",
      time: ("GET", "/api/v1/timestamp"), timeBody: #"{"status":"ok","ts":{ms}}"#,
      signed: ["/linear-swap-", "/swap-", "/api/v1/contract_"], key: [.parameter("AccessKeyId")],
      stamp: [.parameter("Timestamp")], format: .bareISOSeconds,
      judgedBy: .window(.symmetric(.below(60_000))),
      refusal: #"{"status":"error","err_code":{code},"err_msg":"{message}","ts":{ms}}"#,
      complaints: [
        .noKey: .init(200, "12002", "Incorrect Access key"),
        .noStamp: .init(200, "12006", "Submission time can't be empty"),
        .tooOld: .init(200, "12001", "Invalid submission time."),
      ],
      placed: #"{"status":"ok","data":{"order_id":{number}},"ts":{ms}}"#,
      listed: #"{"status":"ok","data":[],"ts":{ms}}"#),
    Venue(
      id: "mexccontract",
      rule: "at most Recv-Window from the exchange's time (10 s; 60 s at most, taken as ms)",
      time: ("GET", "/api/v1/contract/ping"), timeBody: #"{"success":true,"code":0,"data":{ms}}"#,
      signed: ["/api/v1/private/"], key: [.header("ApiKey")], stamp: [.header("Request-Time")],
      judgedBy: .window(
        .init(
          past: .within(10_000), future: .within(10_000), chosen: [.header("Recv-Window")],
          choice: 0...60_000, widensFuture: true)),
      refusal: #"{"success":false,"code":{code},"message":"{message}"}"#,
      complaints: [
        .noKey: .init(200, "401", "Not logged in or login has expired!"),
        .tooOld: .init(200, "513", "Invalid request"),
        .rateLimited: .init(429, "510", "Requests are too frequent!"),
      ],
      placed: #"{"success":true,"code":0,"data":"{number}"}"#,
      listed: #"{"success":true,"code":0,"data":[]}"#),
  ]
}
