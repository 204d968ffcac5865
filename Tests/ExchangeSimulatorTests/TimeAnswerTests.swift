import ClockCore
import ExchangeSimulator
import Testing

/// The bodies that the exchanges document, to the byte.
@Suite struct TimeAnswerTests {
  struct Golden: Sendable, CustomTestStringConvertible {
    var id: String
    var nanoseconds: Int64
    var body: String
    var testDescription: String { id }
  }

  static let documented = [
    Golden(
      id: "binance", nanoseconds: 1_499_827_319_559_000_000, body: #"{"serverTime":1499827319559}"#),
    Golden(
      id: "bybit", nanoseconds: 1_688_639_403_423_213_947,
      body:
        #"{"retCode":0,"retMsg":"OK","result":{"timeSecond":"1688639403","timeNano":"1688639403423213947"},"retExtInfo":{},"time":1688639403423}"#
    ),
    Golden(
      id: "okx", nanoseconds: 1_597_026_383_085_000_000,
      body: #"{"code":"0","msg":"","data":[{"ts":"1597026383085"}]}"#),
    Golden(
      id: "bitget", nanoseconds: 1_688_008_631_614_999_999,
      body:
        #"{"code":"00000","msg":"success","requestTime":1688008631614,"data":{"serverTime":"1688008631614"}}"#
    ),
    Golden(
      id: "kucoin", nanoseconds: 1_546_837_113_087_000_000,
      body: #"{"code":"200000","msg":"success","data":1546837113087}"#),
    Golden(
      id: "kraken", nanoseconds: 1_762_820_224_999_999_999,
      body:
        #"{"error":[],"result":{"unixtime":1762820224,"rfc1123":"Tue, 11 Nov 25 00:17:04 +0000"}}"#),
  ]

  @Test(arguments: documented) func documentedBody(_ golden: Golden) throws {
    let answer = try time(golden.id, at: golden.nanoseconds)
    #expect(answer.status == 200)
    #expect(answer.text == golden.body)
    #expect(answer.headers.contains(HTTPRequest.Field("Content-Type", "application/json")))
  }

  static let wrongUnits = [
    Golden(id: "binance", nanoseconds: 0, body: #"{"serverTime":1762820224}"#),
    Golden(
      id: "bybit", nanoseconds: 0,
      body:
        #"{"retCode":0,"retMsg":"OK","result":{"timeSecond":"1762820224","timeNano":"1762820224"},"retExtInfo":{},"time":1762820224}"#
    ),
    Golden(
      id: "okx", nanoseconds: 0, body: #"{"code":"0","msg":"","data":[{"ts":"1762820224"}]}"#),
    Golden(
      id: "bitget", nanoseconds: 0,
      body:
        #"{"code":"00000","msg":"success","requestTime":1762820224,"data":{"serverTime":"1762820224"}}"#
    ),
    Golden(
      id: "kucoin", nanoseconds: 0, body: #"{"code":"200000","msg":"success","data":1762820224}"#),
    Golden(
      id: "kraken", nanoseconds: 0,
      body:
        #"{"error":[],"result":{"unixtime":1762820224987,"rfc1123":"Tue, 11 Nov 25 00:17:04 +0000"}}"#
    ),
  ]

  @Test(arguments: wrongUnits) func bodyInTheWrongUnit(_ golden: Golden) throws {
    let answer = try time(golden.id, at: 1_762_820_224_987_654_321, inWrongUnit: true)
    #expect(answer.text == golden.body)
  }

  @Test func binanceInMicroseconds() throws {
    let answer = try time(
      "binance", at: 1_499_827_319_559_123_999, headers: [.init("x-mbx-time-unit", "MICROSECOND")])
    #expect(answer.text == #"{"serverTime":1499827319559123}"#)
  }

  @Test func kucoinGatewayTimes() throws {
    let coarse = try time(
      "kucoin", at: 1_546_837_113_087_654_321, sentAt: 1_546_837_113_099_000_000)
    #expect(coarse.headers.contains(.init("x-in-time", "1546837113087654")))
    #expect(coarse.headers.contains(.init("x-out-time", "1546837113099000")))
    let fine = try time(
      "kucoin", at: 1_546_837_113_087_654_321, headers: [.init("kc-enable-ns", "true")])
    #expect(fine.headers.contains(.init("x-in-time", "1546837113087654321")))
  }

  @Test(arguments: [
    ("binance", #"{"code":-5000,"msg":"Path /nowhere, Method GET is invalid"}"#),
    (
      "bybit",
      #"{"retCode":10017,"retMsg":"Route not found.","result":{},"retExtInfo":{},"time":1000}"#
    ),
    (
      "okx",
      #"{"code":"404","data":{},"detailMsg":"","error_code":"404","error_message":"Not Found","msg":"Not Found"}"#
    ),
    (
      "bitget",
      #"{"code":"40404","msg":"Request URL NOT FOUND","requestTime":1000,"data":null}"#
    ),
    ("kucoin", #"{"code":"404000","msg":"URL Not Found"}"#),
    ("kraken", #"{"error":["EGeneral:Unknown method"]}"#),
  ])
  func unknownPath(_ id: String, _ body: String) throws {
    let behavior = try #require(ExchangeBehaviors[id])
    let request = HTTPRequest("GET", "/nowhere")
    #expect(behavior.endpoint(of: request) == nil)
    let answer = behavior.unknownPath(request, at: ExchangeInstant(nanoseconds: 1_000_000_000))
    #expect(answer.status == 404)
    #expect(answer.text == body)
  }

  @Test func httpDate() {
    let instant = ExchangeInstant(nanoseconds: 1_762_820_224_999_999_999)
    #expect(instant.httpDate == "Tue, 11 Nov 2025 00:17:04 GMT")
    #expect(ExchangeInstant(nanoseconds: -1).httpDate == "Wed, 31 Dec 1969 23:59:59 GMT")
    let leapDay = ExchangeInstant(nanoseconds: 1_709_164_800_000_000_000)
    #expect(leapDay.httpDate == "Thu, 29 Feb 2024 00:00:00 GMT")
  }

  @Test func iso8601() {
    let read = ExchangeInstant(iso8601Milliseconds: "2020-12-08T09:08:57.715Z")
    #expect(read?.milliseconds == 1_607_418_537_715)
    for text in [
      "", "1607418537715", "2020-12-08T09:08:57Z", "2020-12-08T09:08:57.715123Z",
      "2020-12-08T09:08:57.715", "2020-12-08 09:08:57.715Z", "2020-13-08T09:08:57.715Z",
      "2021-02-29T09:08:57.715Z", "2020-12-08T24:08:57.715Z", "9999-12-08T09:08:57.715Z",
    ] {
      #expect(ExchangeInstant(iso8601Milliseconds: text) == nil, "\(text)")
    }
  }

  private func time(
    _ id: String, at received: Int64, sentAt now: Int64? = nil, inWrongUnit: Bool = false,
    headers: [HTTPRequest.Field] = []
  ) throws -> HTTPAnswer {
    let behavior = try #require(ExchangeBehaviors[id])
    let request = HTTPRequest("GET", behavior.timePath, headers: headers)
    #expect(behavior.endpoint(of: request) == .time)
    return behavior.timeAnswer(
      to: request, received: ExchangeInstant(nanoseconds: received),
      now: ExchangeInstant(nanoseconds: now ?? received), inWrongUnit: inWrongUnit)
  }
}
