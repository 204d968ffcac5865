import ClockCore
import ExchangeSimulator
import Testing

/// Where the exchanges that are described by data draw the line: accepted at the edge, refused just
/// outside, in the exchange's own words.
@Suite struct VenueAcceptanceTests {
  /// 2025-11-11T00:17:04.500Z on the exchange's clock.
  private static let now: Int64 = 1_762_820_224_500

  /// One request and what becomes of it.
  struct Edge: Sendable, CustomTestStringConvertible {
    var id: String
    /// As the request carries it.
    var stamp: String
    var window: String?
    /// Nil: accepted.
    var refusal: Refusal?
    var testDescription: String { "\(id) \(stamp) \(window ?? "")" }
  }

  struct Refusal: Sendable {
    var status: Int
    var body: String
  }

  /// The same edges on both sides, in ms of the exchange's clock.
  private static func edges(
    _ id: String, past: Int64, future: Int64, window: String? = nil, old: Refusal, new: Refusal
  ) -> [Edge] {
    [
      Edge(id: id, stamp: "\(now - past)", window: window),
      Edge(id: id, stamp: "\(now - past - 1)", window: window, refusal: old),
      Edge(id: id, stamp: "\(now + future)", window: window),
      Edge(id: id, stamp: "\(now + future + 1)", window: window, refusal: new),
    ]
  }

  private static func edges(
    _ id: String, past: Int64, future: Int64, window: String? = nil, _ status: Int, _ body: String
  ) -> [Edge] {
    let refusal = Refusal(status: status, body: body)
    return edges(id, past: past, future: future, window: window, old: refusal, new: refusal)
  }

  private static func list(_ id: String, _ edges: [(String, Int, String)]) -> [Edge] {
    edges.map { stamp, status, body in
      Edge(
        id: id, stamp: stamp, refusal: status == 0 ? nil : Refusal(status: status, body: body))
    }
  }

  // MARK: Fixed windows

  static let fixedWindows =
    edges(
      "ascendex", past: 30_000, future: 30_000, 200,
      #"{"code":100011,"reason":"INVALID_TIMESTAMP","message":"INVALID_TIMESTAMP"}"#)
    + edges(
      "bitmart", past: 60_000, future: 60_000, 401,
      #"{"message":"Header X-BM-TIMESTAMP range. Within a minute","code":30007,"trace":"c4e5e5b7-fe9f-4191-89f7-53f6c5bf9030","data":{}}"#
    )
    + edges(
      "bitstamp", past: 150_000, future: 150_000, 403,
      #"{"status":"error","reason":"X-Auth-Timestamp header is out of boundaries","code":"API0017"}"#
    )
    + edges(
      "cryptocom", past: 60_000, future: 60_000, 400,
      #"{"id":-1,"code":40102,"message":"INVALID_NONCE"}"#)
    + edges(
      "mexccontract", past: 10_000, future: 10_000, 200,
      #"{"success":false,"code":513,"message":"Invalid request"}"#)
    + edges(
      "mexccontract", past: 20_000, future: 20_000, window: "20000", 200,
      #"{"success":false,"code":513,"message":"Invalid request"}"#)
    + list(
      "coinbaseexchange",
      [
        ("1762820194.5", 0, ""), ("1762820194.500", 0, ""), ("1762820254.5", 0, ""),
        ("1762820224", 0, ""),
        ("1762820194.499", 401, #"{"message":"request timestamp expired"}"#),
        ("1762820254.501", 401, #"{"message":"request timestamp expired"}"#),
        ("1762820224500", 401, #"{"message":"request timestamp expired"}"#),
        ("1762820224.5.0", 400, #"{"message":"invalid timestamp"}"#),
        ("now", 400, #"{"message":"invalid timestamp"}"#),
      ])
    + list(
      "gate",
      [
        ("1762820164", 0, ""), ("1762820284", 0, ""), ("1762820163", 403, gate("1762820163")),
        ("1762820285", 403, gate("1762820285")), ("1762820224500", 403, gate("1762820224500")),
      ])
    + list(
      "gemini",
      [
        ("1762820194", 0, ""), ("1762820254", 0, ""), ("1762820193", 400, gemini("1762820193")),
        ("1762820255", 400, gemini("1762820255")),
        ("1762820224500", 400, gemini("1762820224500")),
        (
          "x", 400,
          #"{"result":"error","reason":"InvalidTimestampInPayload","message":"Invalid nonce 'x'"}"#
        ),
      ])
    + list(
      "htx",
      [
        ("2025-11-11T00:16:05", 0, ""), ("2025-11-11T00:18:04", 0, ""),
        ("2025-11-11T00:16:04", 200, htx), ("2025-11-11T00:18:05", 200, htx),
        ("2025-11-11T00:17:04Z", 200, htx), ("1762820224", 200, htx),
      ])
    + list(
      "htxlinear",
      [
        ("2025-11-11T00:16:05", 0, ""), ("2025-11-11T00:18:04", 0, ""),
        ("2025-11-11T00:16:04", 200, htxlinear), ("2025-11-11T00:18:05", 200, htxlinear),
      ])

  private static func gate(_ stamp: String) -> String {
    #"{"label":"REQUEST_EXPIRED","message":"gap between request Timestamp and server time exceeds 60, current_time:1762820224, header.timestamp:\#(stamp)"}"#
  }

  private static func gemini(_ stamp: String) -> String {
    #"{"result":"error","reason":"InvalidNonce","message":"Nonce '\#(stamp)' is not within 30 seconds of server time '1762820224'"}"#
  }

  private static let htx =
    #"{"status":"error","err-code":"api-signature-not-valid","err-msg":"Signature not valid: Invalid submission time or incorrect time format","data":null}"#
  private static let htxlinear =
    #"{"status":"error","err_code":12001,"err_msg":"Invalid submission time.","ts":1762820224500}"#

  // MARK: Windows that a request chooses, and those that are presumed

  static let pastWindows =
    edges(
      "backpack", past: 5000, future: 999,
      old: .init(
        status: 400, body: #"{"code":"INVALID_CLIENT_REQUEST","message":"Request has expired"}"#),
      new: .init(
        status: 400, body: #"{"code":"INVALID_CLIENT_REQUEST","message":"Invalid timestamp"}"#))
    + edges("bitvavo", past: 10_000, future: 999, 403, bitvavo)
    + edges("bitvavo", past: 60_000, future: 999, window: "60000", 403, bitvavo)
    + edges("bitvavo", past: 100, future: 999, window: "100", 403, bitvavo)
    + edges("coinex", past: 5000, future: 999, 200, coinex)
    + edges("coinex", past: 800, future: 999, window: "800", 200, coinex)
    + edges("mexc", past: 5000, future: 999, 400, mexc)
    + edges("mexc", past: 60_000, future: 999, window: "60000", 400, mexc)
    + edges("poloniex", past: 1000, future: 1000, 400, poloniex)
    + edges(
      "poloniex", past: 7000, future: 1000, window: "7000",
      old: .init(status: 408, body: #"{"code":408,"message":"Request Timeout"}"#),
      new: .init(status: 400, body: poloniex))
    + [("bitvavo", "99"), ("bitvavo", "60001"), ("bitvavo", "x")].map {
      Edge(
        id: $0, stamp: "\(now)", window: $1,
        refusal: .init(
          status: 403,
          body: #"{"errorCode":303,"error":"Window must be between 100 and 60000 ms."}"#))
    }
    + [
      Edge(
        id: "mexc", stamp: "\(now)", window: "60001",
        refusal: .init(
          status: 400, body: #"{"code":700005,"msg":"recvWindow must less than 60000"}"#)),
      Edge(
        id: "bitvavo", stamp: "soon",
        refusal: .init(
          status: 403,
          body:
            #"{"errorCode":302,"error":"Timestamp is invalid. This must be a timestamp in ms."}"#)),
    ]

  static let presumedWindows =
    edges(
      "bingx", past: 5000, future: 999, 200,
      #"{"code":100421,"msg":"Null timestamp or timestamp mismatch, please check the timestamp of your request","timestamp":1762820224500}"#
    )
    + edges(
      "bithumb", past: 5000, future: 999, 401,
      #"{"error":{"name":"expired_jwt","message":"Jwt has expired"}}"#)
    + edges(
      "deribit", past: 5000, future: 999, 400,
      #"{"jsonrpc":"2.0","error":{"message":"invalid_credentials","code":13004},"usIn":1762820224500000,"usOut":1762820224500000,"usDiff":0,"testnet":false}"#
    )
    + edges(
      "hashkey", past: 5000, future: 999, 400,
      #"{"code":"-1021","msg":"Timestamp for this request is outside of the recvWindow."}"#)
    + edges(
      "lbank", past: 5000, future: 999, 200,
      #"{"result":"false","msg":"intercepted by replay attacks filter, check timestamp","error_code":10600,"ts":1762820224500}"#
    )
    + edges(
      "woo", past: 5000, future: 999, old: .init(status: 400, body: woo(now - 5001)),
      new: .init(status: 400, body: woo(now + 1000)))
    + edges(
      "xt", past: 60_000, future: 999, window: "60000", 200,
      #"{"rc":1,"mc":"AUTH_105","ma":["outdated message"],"result":null}"#)
    + [
      Edge(
        id: "xt", stamp: "\(now)",
        refusal: .init(
          status: 200,
          body:
            #"{"rc":1,"mc":"AUTH_003","ma":["missing request header validate-recvwindow"],"result":null}"#
        ))
    ]

  private static let bitvavo =
    #"{"errorCode":304,"error":"Request was not received within acceptable window (default 30s, max 60s)."}"#
  private static let coinex = #"{"code":4010,"data":{},"message":"Request has expired"}"#
  private static let mexc =
    #"{"code":700003,"msg":"Timestamp for this request is outside of the recvWindow."}"#
  private static let poloniex =
    #"{"code":400,"message":"signTimestamp is more than 1 second from poloniex system time"}"#
  private static func woo(_ stamp: Int64) -> String {
    #"{"success":false,"code":317179,"message":"Request has failed as the receive window: `5000` millisecond is exceeded from `\#(stamp)`"}"#
  }

  // MARK: Expiries

  static let expiries =
    list(
      "bitmex",
      [
        ("1762820225", 0, ""), ("1762999999", 0, ""), ("9223372036854775807", 0, ""),
        (
          "1762820224", 400,
          #"{"error":{"message":"This request has expired - `expires` is in the past. Current time: 1762820224","name":"HTTPError"}}"#
        ),
      ])
    + list(
      "phemex",
      [
        ("1762820225", 0, ""), ("1762820344", 0, ""),
        ("1762820224", 401, #"{"code":"401","msg":"401 Request Expired at 1762820224"}"#),
      ])

  @Test(arguments: fixedWindows + pastWindows + presumedWindows + expiries)
  func edge(_ edge: Edge) throws {
    let request = try #require(
      SignedRequest.make(edge.id, stamp: edge.stamp, window: edge.window))
    var ledger = Ledger()
    let answer = try judge(edge.id, request, &ledger)
    #expect(answer?.status == edge.refusal?.status)
    #expect(answer?.text == edge.refusal?.body)
  }

  @Test func withoutATimestampOrAKey() throws {
    var ledger = Ledger()
    let behaviors = ExchangeBehaviors.all.filter { SignedRequest.ids.contains($0.id) }
    #expect(behaviors.count == 27)
    for behavior in behaviors {
      let id = behavior.id
      let unstamped = try #require(SignedRequest.make(id, stamp: "", window: "5000"))
      let isOptional = ["deribit", "krakenfutures", "upbit"].contains(id)
      #expect((try judge(id, unstamped, &ledger) == nil) == isOptional, "\(id)")
      let bare = HTTPRequest(unstamped.method, unstamped.path)
      #expect(try judge(id, bare, &ledger)?.status ?? 0 > 0, "\(id) wants a key")
    }
  }

  // MARK: Nonces

  @Test func noncesGrow() throws {
    for (id, key, refusal) in [
      ("bitfinex", "k", #"["error",10114,"nonce: small"]"#),
      (
        "gemini", "account-increasing",
        #"{"result":"error","reason":"InvalidNonce","message":"Nonce '7' has not increased since your last call"}"#
      ),
    ] {
      var ledger = Ledger()
      func send(_ nonce: String, _ key: String) throws -> String? {
        let request = try #require(SignedRequest.make(id, stamp: nonce, key: key))
        return try judge(id, request, &ledger)?.text
      }
      #expect(try send("7", key) == nil)
      #expect(try send("7", key) == refusal)
      #expect(try send("8", key) == nil)
      #expect(try send("7", key) == refusal)
      #expect(try send("5", "increasing-other") == nil)
      #expect(try send("18446744073709551615", key) == nil)
    }
  }

  @Test func krakenFuturesNoncesMayBeOutOfOrder() throws {
    var ledger = Ledger()
    func send(_ nonce: Int64) throws -> String? {
      let request = try #require(SignedRequest.make("krakenfutures", stamp: "\(nonce)"))
      return try judge("krakenfutures", request, &ledger)?.text
    }
    #expect(try send(Self.now) == nil)
    #expect(try send(Self.now - 10_000) == nil)
    #expect(
      try send(Self.now - 10_001)
        == #"{"result":"error","error":"nonceBelowThreshold","serverTime":"2025-11-11T00:17:04.5Z"}"#
    )
    #expect(
      try send(Self.now)
        == #"{"result":"error","error":"nonceDuplicate","serverTime":"2025-11-11T00:17:04.5Z"}"#)
  }

  @Test func bitstampTakesANonceOnceIn150Seconds() throws {
    var ledger = Ledger()
    func send(after seconds: Int64) throws -> String? {
      let now = Self.now + seconds * 1000
      let request = try #require(SignedRequest.make("bitstamp", stamp: "\(now)"))
      return try judge("bitstamp", request, &ledger, at: now)?.text
    }
    let used = #"{"status":"error","reason":"Invalid nonce","code":"API0004"}"#
    #expect(try send(after: 0) == nil)
    #expect(try send(after: 0) == used)
    #expect(try send(after: 150) == used)
    #expect(try send(after: 301) == nil)
  }

  @Test func hyperliquidNonces() throws {
    var ledger = Ledger()
    func send(_ nonce: Int64) throws -> Bool {
      let body = #"{"action":{"type":"order"},"nonce":\#(nonce),"vaultAddress":null}"#
      let answer = try judge("hyperliquid", HTTPRequest("POST", "/exchange", body: body), &ledger)
      #expect(
        answer.map { $0.text.hasPrefix(#"{"status":"err","response":"Invalid nonce"#) } != false)
      return answer == nil
    }
    let (day, now) = (Int64(86_400_000), Self.now)
    #expect(try send(now - 2 * day + 1))
    #expect(try !send(now - 2 * day))
    #expect(try send(now + day - 1))
    #expect(try !send(now + day))
    #expect(try !send(now + day - 1))
    for step in 0..<99 { #expect(try send(now + Int64(step))) }
    #expect(try !send(now - 1))
    #expect(try send(now + 99))
  }

  // MARK: Coinbase

  @Test(arguments: [
    (0, 120, 0, true), (0, 121, 0, false), (1, 120, 0, false), (0, 120, 1, false),
    (-119, 1, 0, true), (-120, 0, 0, false), (-1, 60, -1, true),
  ])
  func coinbaseToken(_ notBefore: Int64, _ expiry: Int64, _ issued: Int64, _ accepted: Bool) throws
  {
    let now = Self.now / 1000
    let claims =
      #"{"sub":"k","nbf":\#(now + notBefore),"exp":\#(now + expiry),"iat":\#(now + issued)}"#
    let request = HTTPRequest(
      "POST", "/api/v3/brokerage/orders",
      headers: [.init("Authorization", "Bearer e30.\(SignedRequest.base64(claims)).c2ln")])
    var ledger = Ledger()
    let answer = try judge("coinbase", request, &ledger)
    #expect(answer?.status == (accepted ? nil : 401))
    #expect(answer?.text == (accepted ? nil : "Unauthorized\n"))
  }

  @Test(arguments: [(-30, true), (30, true), (-31, false), (31, false)])
  func coinbaseKeysOfTheOlderKind(_ lead: Int64, _ accepted: Bool) throws {
    let request = HTTPRequest(
      "GET", "/v2/accounts",
      headers: [
        .init("CB-ACCESS-KEY", "k"), .init("CB-ACCESS-TIMESTAMP", "\(Self.now / 1000 + lead)"),
      ])
    var ledger = Ledger()
    let answer = try judge("coinbase", request, &ledger)
    #expect(answer?.status == (accepted ? nil : 401))
    #expect(
      answer?.text
        == (accepted
          ? nil
          : #"{"errors":[{"id":"authentication_error","message":"request timestamp expired"}]}"#))
  }

  // MARK: The twins of those with files of their own

  @Test(arguments: [
    ("binance-testnet", "/api/v3", "60001", true), ("binanceus", "/api/v3", "60001", true),
    ("binanceoptions", "/eapi/v1", "60001", true), ("binanceusdm", "/fapi/v1", "60001", false),
    ("binancecoinm", "/dapi/v1", "60001", false),
  ])
  func binanceTwins(_ id: String, _ root: String, _ window: String, _ isTooLong: Bool) throws {
    func send(_ lead: Int64, _ window: String?) throws -> String? {
      var query = [HTTPRequest.Field("timestamp", "\(Self.now + lead)")]
      if let window { query.append(.init("recvWindow", window)) }
      var ledger = Ledger()
      return try judge(
        id,
        HTTPRequest("GET", "\(root)/account", query: query, headers: [.init("X-MBX-APIKEY", "k")]),
        &ledger)?.text
    }
    #expect(try send(-5000, nil) == nil)
    #expect(try send(-5001, nil)?.contains("outside of the recvWindow") == true)
    #expect(try send(999, nil) == nil)
    #expect(try send(1000, nil)?.contains("1000ms ahead of the server's time") == true)
    #expect(try send(0, window)?.contains("-1131") == (isTooLong ? true : nil))
  }

  @Test(arguments: ["bybit-testnet", "kucoinfutures"])
  func otherTwins(_ id: String) throws {
    func send(_ lead: Int64) throws -> String? {
      var ledger = Ledger()
      let (path, names) =
        id == "kucoinfutures"
        ? ("/api/v1/orders", ["KC-API-KEY", "KC-API-TIMESTAMP"])
        : ("/v5/order/create", ["X-BAPI-API-KEY", "X-BAPI-TIMESTAMP"])
      let headers = zip(names, ["k", "\(Self.now + lead)"]).map(HTTPRequest.Field.init)
      return try judge(id, HTTPRequest("POST", path, headers: headers), &ledger)?.text
    }
    #expect(try send(-4999) == nil)
    #expect(try send(-5001)?.contains(id == "kucoinfutures" ? "400002" : "10002") == true)
    #expect(try send(999) == nil)
    #expect(try send(5000) != nil)
  }

  /// The verdict on a request whose endpoint must exist; nil: accepted, and answered as an order.
  private func judge(
    _ id: String, _ request: HTTPRequest, _ ledger: inout Ledger, at now: Int64 = Self.now
  ) throws -> HTTPAnswer? {
    let behavior = try #require(ExchangeBehaviors[id])
    let endpoint = try #require(behavior.endpoint(of: request), "\(id): \(request.path)")
    let instant = ExchangeInstant(nanoseconds: now * 1_000_000)
    if let answer = behavior.rejection(of: request, at: instant, ledger: &ledger) { return answer }
    #expect(
      behavior.acceptance(of: request, at: endpoint, now: instant, ledger: &ledger).status == 200)
    return nil
  }
}
