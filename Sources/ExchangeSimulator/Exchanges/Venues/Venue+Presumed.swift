extension Venue {
  /// Their rules are not documented in what was read, only how they refuse. Binance's stands in,
  /// one of the strictest: at most 5 s old, or what the request asks for, less than 1 s ahead.
  static let presumedWindows = [
    Venue(
      id: "bingx", rule: presumed("recvWindow"), time: ("GET", "/openApi/swap/v2/server/time"),
      timeBody: #"{"code":0,"msg":"","data":{"serverTime":{ms}}}"#, signed: ["/openApi/"],
      key: [.header("X-BX-APIKEY")], stamp: [.parameter("timestamp"), .body("timestamp")],
      judgedBy: presumed(.parameter("recvWindow")),
      refusal: #"{"code":{code},"msg":"{message}","timestamp":{ms}}"#,
      complaints: [
        .noKey: .init(200, "100413", "Incorrect apiKey"),
        .tooOld: .init(
          200, "100421",
          "Null timestamp or timestamp mismatch, please check the timestamp of your request"),
        .rateLimited: .init(429, "100410", "rate limited"),
        .unknownPath: .init(404, "100400", "this api is not exist"),
      ],
      placed: #"{"code":0,"msg":"","data":{"orderId":{number}}}"#,
      listed: #"{"code":0,"msg":"","data":{"orders":[]}}"#),
    Venue(
      id: "bithumb", rule: presumed(nil), time: ("GET", "/v1/market/all"),
      timeBody: #"[{"market":"KRW-BTC","korean_name":"비트코인","english_name":"Bitcoin"}]"#,
      signed: ["/v1/", "/v2/", "/info/", "/trade/"],
      key: [.claim("access_key"), .header("Api-Key")],
      stamp: [.claim("timestamp"), .header("Api-Nonce")], judgedBy: presumed(),
      refusal: #"{"error":{"name":"{code}","message":"{message}"}}"#,
      complaints: [
        .noKey: .init(401, "jwt_verification", "Jwt verification failed"),
        .badStamp: .init(401, "jwt_verification", "Jwt verification failed"),
        .tooOld: .init(401, "expired_jwt", "Jwt has expired"),
        .unknownPath: .init(404, "not_found", "Not Found"),
      ],
      placed: #"{"uuid":"{number}","state":"wait"}"#, listed: "[]"),
    Venue(
      id: "deribit", rule: presumed(nil) + "; OAuth tokens carry no timestamp",
      time: ("GET", "/api/v2/public/get_time"),
      timeBody:
        #"{"jsonrpc":"2.0","result":{ms},"usIn":{in_us},"usOut":{out_us},"usDiff":{diff_us},"testnet":false}"#,
      signed: ["/api/v2/private/"], key: [.header("Authorization")],
      stamp: [.authorization("ts")], isStampOptional: true, judgedBy: presumed(),
      refusal:
        #"{"jsonrpc":"2.0","error":{"message":"{message}","code":{code}},"usIn":{in_us},"usOut":{out_us},"usDiff":{diff_us},"testnet":false}"#,
      complaints: [
        .noKey: .init(401, "10000", "authorization_required"),
        .tooOld: .init(400, "13004", "invalid_credentials"),
        .rateLimited: .init(429, "10028", "too_many_requests"),
        .unknownPath: .init(404, "-32601", "Method not found"),
      ],
      placed:
        #"{"jsonrpc":"2.0","result":{"order":{"order_id":"{number}"},"trades":[]},"usIn":{in_us},"usOut":{out_us},"usDiff":{diff_us},"testnet":false}"#,
      listed:
        #"{"jsonrpc":"2.0","result":[],"usIn":{in_us},"usOut":{out_us},"usDiff":{diff_us},"testnet":false}"#
    ),
    Venue(
      id: "hashkey", rule: presumed("recvWindow"), time: ("GET", "/api/v1/time"),
      timeBody: #"{"serverTime":{ms}}"#, signed: ["/api/v1/"], key: [.header("X-HK-APIKEY")],
      stamp: [.parameter("timestamp")], judgedBy: presumed(.parameter("recvWindow")),
      refusal: #"{"code":"{code}","msg":"{message}"}"#,
      complaints: [
        .noKey: .init(401, "0001", "Required field 'X-HK-APIKEY' missing or invalid."),
        .tooOld: .init(
          400, "-1021", "Timestamp for this request is outside of the recvWindow."),
        .rateLimited: .init(429, "0003", "Rate limit exceeded."),
      ],
      placed: #"{"orderId":"{number}","status":"NEW","transactTime":"{ms}"}"#, listed: "[]"),
    Venue(
      id: "lbank", rule: presumed(nil), time: ("GET", "/v2/timestamp.do"),
      timeBody: #"{"result":"true","data":{ms},"error_code":0,"ts":{ms}}"#, signed: ["/v2/"],
      key: [.parameter("api_key")], stamp: [.header("timestamp"), .parameter("timestamp")],
      judgedBy: presumed(),
      refusal: #"{"result":"false","msg":"{message}","error_code":{code},"ts":{ms}}"#,
      complaints: [
        .noKey: .init(200, "10005", "Secret key does not exist"),
        .tooOld: .init(
          200, "10600", "intercepted by replay attacks filter, check timestamp"),
        .rateLimited: .init(429, "10004", "Request frequency exceeds the limit"),
      ],
      placed: #"{"result":"true","data":{"order_id":"{number}"},"error_code":0,"ts":{ms}}"#,
      listed: #"{"result":"true","data":{"orders":[]},"error_code":0,"ts":{ms}}"#),
    Venue(
      id: "woo", rule: presumed(nil), time: ("GET", "/v3/public/systemInfo"),
      timeBody:
        #"{"success":true,"data":{"status":0,"msg":"System is functioning properly.","estimatedEndTime":1749963600362},"timestamp":{ms}}"#,
      signed: ["/v1/", "/v3/"], key: [.header("x-api-key")], stamp: [.header("x-api-timestamp")],
      judgedBy: presumed(),
      refusal: #"{"success":false,"code":{code},"message":"{message}"}"#,
      complaints: [
        .noKey: .init(401, "-1001", "The api key or secret is in wrong format."),
        .tooOld: .init(
          400, "317179",
          "Request has failed as the receive window: `5000` millisecond is exceeded from `{stamp}`"),
      ],
      placed: #"{"success":true,"order_id":{number},"timestamp":"{float_s}"}"#,
      listed: #"{"success":true,"data":{"rows":[]},"rows":[],"timestamp":{ms}}"#),
    Venue(
      id: "xt",
      rule: "at most validate-recvwindow old (required), less than 1 s ahead (not documented: "
        + "presumed)",
      time: ("GET", "/v4/public/time"),
      timeBody: #"{"rc":0,"mc":"SUCCESS","ma":[],"result":{"serverTime":{ms}}}"#,
      signed: ["/v4/", "/future/"],
      key: [.header("validate-appkey"), .header("xt-validate-appkey")],
      stamp: [.header("validate-timestamp"), .header("xt-validate-timestamp")],
      judgedBy: .window(
        .init(
          past: .within(5000), future: .below(1000),
          chosen: [.header("validate-recvwindow"), .header("xt-validate-recvwindow")],
          wantsChoice: true)),
      refusal: #"{"rc":1,"mc":"{code}","ma":["{message}"],"result":null}"#,
      complaints: [
        .noKey: .init(200, "AUTH_001", "missing request header validate-appkey"),
        .badStamp: .init(200, "AUTH_002", "missing request header validate-timestamp"),
        .noWindow: .init(200, "AUTH_003", "missing request header validate-recvwindow"),
        .badWindow: .init(200, "AUTH_004", "bad request header validate-recvwindow"),
        .tooOld: .init(200, "AUTH_105", "outdated message"),
      ],
      placed: #"{"rc":0,"mc":"SUCCESS","ma":[],"result":{"orderId":"{number}"}}"#,
      listed: #"{"rc":0,"mc":"SUCCESS","ma":[],"result":[]}"#),
  ]

  private static func presumed(_ parameter: String?) -> String {
    "at most \(parameter.map { "\($0) old (5 s)" } ?? "5 s old"), less than 1 s ahead (not "
      + "documented: presumed)"
  }

  private static func presumed(_ chosen: StampPlace...) -> TimestampRule {
    .window(.init(past: .within(5000), future: .below(1000), chosen: chosen))
  }
}
