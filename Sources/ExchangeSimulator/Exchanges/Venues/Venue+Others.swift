extension Venue {
  /// Expiries, nonces, and requests without a timestamp.
  static let others = [
    Venue(
      id: "bitfinex", rule: "a nonce above the last one of its key",
      time: ("GET", "/v2/platform/status"), timeBody: "[1]", signed: ["/v2/auth/"],
      key: [.header("bfx-apikey")], stamp: [.header("bfx-nonce")], judgedBy: .growing,
      refusal: #"["error",{code},"{message}"]"#,
      complaints: [
        .noKey: .init(500, "10100", "apikey: invalid"),
        .tooOld: .init(500, "10114", "nonce: small"),
        .rateLimited: .init(429, "11010", "ratelimit: error"),
        .unknownPath: .init(404, "10001", "unknown_error"),
      ],
      placed: #"[{ms},"on-req",null,null,[[{number}]],null,"SUCCESS","Submitting 1 orders."]"#,
      listed: "[]"),
    Venue(
      id: "bitmex", rule: "an expiry that is not past", time: ("GET", "/api/v1"),
      timeBody: #"{"name":"BitMEX API","version":"1.2.0","timestamp":{ms}}"#, signed: ["/api/v1/"],
      key: [.header("api-key")], stamp: [.header("api-expires")], format: .seconds,
      judgedBy: .expiry, refusal: #"{"error":{"message":"{message}","name":"HTTPError"}}"#,
      complaints: [
        .noKey: .init(401, "", "Authorization Required"),
        .badStamp: .init(401, "", "Invalid API Key."),
        .tooOld: .init(
          400, "",
          "This request has expired - `expires` is in the past. Current time: {s}"),
        .rateLimited: .init(429, "", "Rate limit exceeded, retry in 1 seconds."),
        .unknownPath: .init(404, "", "Not Found"),
      ],
      placed: #"{"orderID":"{number}","ordStatus":"New","timestamp":"{iso}"}"#, listed: "[]"),
    Venue(
      id: "dydx", rule: "none: orders carry the height or the time of a block",
      time: ("GET", "/v4/time"), timeBody: #"{"iso":"{iso}","epoch":{float_s}}"#, signed: [],
      key: [],
      judgedBy: .untimed, refusal: #"{"errors":[{"msg":"{message}"}]}"#, complaints: [:],
      placed: "{}", listed: "{}"),
    Venue(
      id: "krakenfutures",
      rule:
        "a nonce that its key has not used, at most 10000 below the largest one (documented: out "
        + "of order \"for a brief period\"); or none",
      time: ("GET", "/derivatives/api/v3/feeschedules"),
      timeBody: #"{"feeSchedules":[],"result":"success","serverTime":"{iso_trimmed}"}"#,
      signed: ["/derivatives/api/"], key: [.header("APIKey")], stamp: [.header("Nonce")],
      isStampOptional: true, judgedBy: .unordered(tolerance: 10_000),
      refusal: #"{"result":"error","error":"{code}","serverTime":"{iso_trimmed}"}"#,
      complaints: [
        .noKey: .init(200, "authenticationError", ""),
        .badStamp: .init(200, "nonceBelowThreshold", ""),
        .smallNonce: .init(200, "nonceBelowThreshold", ""),
        .usedNonce: .init(200, "nonceDuplicate", ""),
        .rateLimited: .init(429, "apiLimitExceeded", ""),
        .unknownPath: .init(404, "notFound", ""),
      ],
      placed:
        #"{"result":"success","sendStatus":{"order_id":"{number}","status":"placed","receivedTime":"{iso_trimmed}"},"serverTime":"{iso_trimmed}"}"#,
      listed: #"{"result":"success","openOrders":[],"serverTime":"{iso_trimmed}"}"#),
    Venue(
      id: "phemex",
      rule: "an expiry that is not past (the 2 min at most of the WebSocket are not enforced)",
      time: ("GET", "/public/time"),
      timeBody: #"{"code":0,"msg":"","data":{"serverTime":{ms}}}"#,
      signed: ["/orders", "/g-orders", "/accounts/", "/g-accounts/", "/wallets", "/phemex-user/"],
      key: [.header("x-phemex-access-token")], stamp: [.header("x-phemex-request-expiry")],
      format: .seconds, judgedBy: .expiry, refusal: #"{"code":"{code}","msg":"{message}"}"#,
      complaints: [
        .noKey: .init(401, "401", "401 Failed to load API KEY."),
        .badStamp: .init(401, "401", "401 Invalid Request Expiry"),
        .tooOld: .init(401, "401", "401 Request Expired at {stamp}"),
        .unknownPath: .init(404, "404", "Please try again"),
      ],
      placed: #"{"code":0,"msg":"","data":{"orderID":"{number}"}}"#,
      listed: #"{"code":0,"msg":"","data":[]}"#),
    Venue(
      id: "upbit", rule: "none: the JWT carries a random nonce",
      time: ("GET", "/v1/ticker?markets=KRW-BTC"),
      timeBody:
        #"[{"market":"KRW-BTC","trade_price":148230000.0,"trade_timestamp":{stale_ms},"timestamp":{stale_ms}}]"#,
      signed: ["/v1/"], key: [.claim("access_key")], judgedBy: .untimed,
      refusal: #"{"error":{"name":"{code}","message":"{message}"}}"#,
      complaints: [
        .noKey: .init(401, "jwt_verification", "Failed to verify the JWT token."),
        .rateLimited: .init(429, "too_many_requests", "Too many API requests."),
        .unknownPath: .init(404, "404", "no Route matched with those values"),
      ],
      placed: #"{"uuid":"{number}","state":"wait"}"#, listed: "[]"),
  ]
}
