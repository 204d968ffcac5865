import ClockCore
import ExchangeSimulator
import Testing

/// Where each exchange draws the line, to the millisecond on either side.
@Suite struct AcceptanceTests {
  /// 2025-11-11T00:17:04.500Z on the exchange's clock.
  private let now: Int64 = 1_762_820_224_500

  // MARK: Binance

  @Test(arguments: [
    (-5000, nil, nil), (-5001, nil, "outside of the recvWindow."), (999, nil, nil),
    (1000, nil, "1000ms ahead"), (-60_000, "60000", nil), (-60_001, "60000", "outside"),
    (-10, "10", nil), (-11, "10", "outside"), (-11, "10.999", "outside"), (0, "0", nil),
  ])
  func binance(_ lead: Int64, _ window: String?, _ complaint: String?) throws {
    let answer = binance(timestamp: now + lead, window: window)
    if let complaint {
      #expect(answer?.status == 400)
      #expect(answer?.text.hasPrefix(#"{"code":-1021,"msg":"Timestamp for this request"#) == true)
      #expect(answer?.text.contains(complaint) == true)
    } else {
      #expect(answer == nil)
    }
  }

  @Test func binanceTexts() {
    #expect(
      binance(timestamp: now - 6000)?.text
        == #"{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}"#)
    #expect(
      binance(timestamp: now + 6000)?.text
        == #"{"code":-1021,"msg":"Timestamp for this request was 1000ms ahead of the server's time."}"#
    )
  }

  @Test func binanceInMicroseconds() {
    #expect(binance(timestamp: (now - 5000) * 1000) == nil)
    #expect(binance(timestamp: (now - 5000) * 1000 - 1) != nil)
    #expect(binance(timestamp: (now + 1000) * 1000 - 1) == nil)
    #expect(binance(timestamp: (now + 1000) * 1000) != nil)
    #expect(binance(timestamp: now * 1000 - 10_999, window: "10.999") == nil)
    #expect(binance(timestamp: now * 1000 - 11_000, window: "10.999") != nil)
  }

  @Test func binanceInSecondsIsTooOld() {
    #expect(binance(timestamp: now / 1000)?.text.contains("outside of the recvWindow") == true)
  }

  @Test(arguments: [
    ("", nil, -1102), ("abc", nil, -1100), ("-5", nil, -1100), ("1762820224500", "60001", -1131),
    ("1762820224500", "60000.001", -1131), ("1762820224500", "99999999999999999999", -1100),
    ("1762820224500", "5.1234", -1100), ("1762820224500", ".", -1100),
    ("9223372036854775807", nil, -1021),
  ])
  func binanceFormat(_ timestamp: String, _ window: String?, _ code: Int) {
    var query = [HTTPRequest.Field("timestamp", timestamp)]
    if let window { query.append(.init("recvWindow", window)) }
    let answer = judge(
      "binance",
      .init("GET", "/api/v3/account", query: query, headers: [.init("X-MBX-APIKEY", "k")]))
    #expect(answer?.text.contains(#""code":\#(code),"#) == true)
    #expect(answer?.status == 400)
  }

  @Test func binanceReadsFormsAndWantsAKey() {
    let form = "symbol=BTC%55SDT&timestamp=\(now)&recvWindow=5000"
    var request = HTTPRequest(
      "POST", "/api/v3/order", headers: [.init("x-mbx-apikey", "k")], body: form)
    #expect(judge("binance", request) == nil)
    request.headers = []
    let answer = judge("binance", request)
    #expect(answer?.status == 401)
    #expect(answer?.text == #"{"code":-2014,"msg":"API-key format invalid."}"#)
  }

  private func binance(timestamp: Int64, window: String? = nil) -> HTTPAnswer? {
    var query = [HTTPRequest.Field("timestamp", "\(timestamp)")]
    if let window { query.append(.init("recvWindow", window)) }
    return judge(
      "binance",
      HTTPRequest("GET", "/api/v3/account", query: query, headers: [.init("X-MBX-APIKEY", "k")]))
  }

  // MARK: Bybit

  @Test(arguments: [
    (-5000, nil, true), (-5001, nil, false), (999, nil, true), (1000, nil, false),
    (-100, "100", true), (-101, "100", false), (-70_000, "80000", true),
  ])
  func bybit(_ lead: Int64, _ window: String?, _ accepted: Bool) {
    #expect((bybit(timestamp: "\(now + lead)", window: window) == nil) == accepted)
  }

  @Test func bybitTexts() {
    let late = bybit(timestamp: "\(now + 1239)", window: "5000")
    #expect(late?.status == 200)
    #expect(
      late?.text
        == #"{"retCode":10002,"retMsg":"invalid request, please check your server timestamp or recv_window param. req_timestamp[\#(now + 1239)],server_timestamp[\#(now)],recv_window[5000]","result":{},"retExtInfo":{},"time":\#(now)}"#
    )
    #expect(bybit(timestamp: "", window: nil)?.text.contains(#""retCode":10001,"#) == true)
    #expect(bybit(timestamp: "x", window: nil)?.text.contains("req_timestamp[x]") == true)
    #expect(bybit(timestamp: "\(now)", window: "x")?.text.contains("recv_window[x]") == true)
  }

  private func bybit(timestamp: String, window: String?) -> HTTPAnswer? {
    var headers = [
      HTTPRequest.Field("X-BAPI-API-KEY", "k"), .init("X-BAPI-TIMESTAMP", timestamp),
    ]
    if let window { headers.append(.init("X-BAPI-RECV-WINDOW", window)) }
    return judge("bybit", HTTPRequest("POST", "/v5/order/create", headers: headers, body: "{}"))
  }

  // MARK: OKX

  @Test(arguments: [
    ("2025-11-11T00:16:34.500Z", nil), ("2025-11-11T00:16:34.499Z", "50102"),
    ("2025-11-11T00:17:34.500Z", nil), ("2025-11-11T00:17:34.501Z", "50102"),
    ("", "50107"), ("1762820224500", "50112"), ("2025-11-11T00:17:04Z", "50112"),
  ])
  func okx(_ stamp: String, _ code: String?) {
    let answer = judge(
      "okx",
      HTTPRequest(
        "GET", "/api/v5/trade/orders-pending",
        headers: [.init("OK-ACCESS-KEY", "k"), .init("OK-ACCESS-TIMESTAMP", stamp)]))
    #expect(answer.map(\.status) == code.map { _ in 401 })
    #expect((answer == nil) == (code == nil))
    if let code { #expect(answer?.text.hasSuffix(#","code":"\#(code)"}"#) == true) }
  }

  @Test func okxTexts() {
    let path = "/api/v5/trade/order"
    let expired = HTTPRequest(
      "POST", path,
      headers: [
        .init("OK-ACCESS-KEY", "k"), .init("OK-ACCESS-TIMESTAMP", "2020-12-08T09:08:57.715Z"),
      ])
    #expect(judge("okx", expired)?.text == #"{"msg":"Timestamp request expired","code":"50102"}"#)
    #expect(judge("okx", HTTPRequest("POST", path))?.text.contains("50103") == true)
  }

  // MARK: Bitget and KuCoin

  @Test(arguments: [(-30_000, true), (-30_001, false), (30_000, true), (30_001, false)])
  func bitget(_ lead: Int64, _ accepted: Bool) {
    let answer = bitget(timestamp: "\(now + lead)")
    let expired =
      #"{"code":"40008","msg":"Request timestamp expired","requestTime":\#(now),"data":null}"#
    #expect(answer?.text == (accepted ? nil : expired))
    #expect(answer?.status == (accepted ? nil : 400))
  }

  @Test func bitgetFormat() {
    #expect(bitget(timestamp: "")?.text.contains(#""code":"40005""#) == true)
    #expect(bitget(timestamp: "soon")?.text.contains(#""code":"40005""#) == true)
    let bare = HTTPRequest("POST", "/api/v2/spot/trade/place-order")
    #expect(judge("bitget", bare)?.text.contains(#""code":"40001""#) == true)
  }

  private func bitget(timestamp: String) -> HTTPAnswer? {
    judge(
      "bitget",
      HTTPRequest(
        "POST", "/api/v2/spot/trade/place-order",
        headers: [.init("ACCESS-KEY", "k"), .init("ACCESS-TIMESTAMP", timestamp)]))
  }

  @Test(arguments: [(-4999, true), (-5000, false), (4999, true), (5000, false)])
  func kucoin(_ lead: Int64, _ accepted: Bool) {
    let answer = kucoin(timestamp: "\(now + lead)")
    #expect(
      answer?.text
        == (accepted ? nil : #"{"code":"400002","msg":"Invalid KC-API-TIMESTAMP"}"#))
    #expect(answer?.status == (accepted ? nil : 400))
  }

  @Test func kucoinFormat() {
    #expect(kucoin(timestamp: "")?.text.contains(#""code":"400001""#) == true)
    #expect(kucoin(timestamp: "soon")?.text.contains(#""code":"400002""#) == true)
  }

  private func kucoin(timestamp: String) -> HTTPAnswer? {
    judge(
      "kucoin",
      HTTPRequest(
        "POST", "/api/v1/hf/orders",
        headers: [.init("KC-API-KEY", "k"), .init("KC-API-TIMESTAMP", timestamp)]))
  }

  // MARK: Kraken

  @Test func krakenNoncesGrow() throws {
    let behavior = try #require(ExchangeBehaviors["kraken"])
    var ledger = Ledger()
    func send(_ key: String, _ body: String) -> String? {
      let request = HTTPRequest(
        "POST", "/0/private/AddOrder", headers: [.init("API-Key", key)], body: body)
      #expect(behavior.endpoint(of: request) == .placeOrder)
      return behavior.rejection(
        of: request, at: ExchangeInstant(nanoseconds: 0), ledger: &ledger)?.text
    }
    let invalid = #"{"error":["EAPI:Invalid nonce"]}"#
    #expect(send("a", "nonce=100&pair=XBTUSD") == nil)
    #expect(send("a", "nonce=100") == invalid)
    #expect(send("a", "nonce=99") == invalid)
    #expect(send("b", "nonce=99") == nil)
    #expect(send("a", #"{"nonce":101}"#) == nil)
    #expect(send("a", #"{"nonce":"102"}"#) == nil)
    #expect(send("a", "nonce=102") == invalid)
    #expect(send("a", "nonce=18446744073709551615") == nil)
    #expect(send("a", "nonce=18446744073709551616") == invalid)
    #expect(send("c", "pair=XBTUSD") == invalid)
    #expect(send("", "nonce=1") == #"{"error":["EAPI:Invalid key"]}"#)
  }

  /// The verdict on a request whose endpoint must exist; nil: accepted.
  private func judge(_ id: String, _ request: HTTPRequest) -> HTTPAnswer? {
    guard let behavior = ExchangeBehaviors[id], behavior.endpoint(of: request) != nil else {
      Issue.record("\(id) has no \(request.method) \(request.path)")
      return nil
    }
    var ledger = Ledger()
    return behavior.rejection(
      of: request, at: ExchangeInstant(nanoseconds: now * 1_000_000), ledger: &ledger)
  }
}
