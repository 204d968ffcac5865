import ClockCore
import ExchangeCatalog
import Testing

@testable import ExchangeProbe

@Suite struct RetryAfterTests {
  private let date = "Tue, 11 Nov 2025 00:17:04 GMT"

  @Test(
    arguments: [
      ("0", 0), ("7", 7), ("120", 120), ("1000000001", 1_000_000_000),
      ("9223372036854775807", 1_000_000_000), ("99999999999999999999", 1_000_000_000),
      ("1.5", 2), (" 30 ", 30),
    ] as [(String, Int)])
  func wholeSeconds(_ text: String, _ seconds: Int) {
    #expect(RetryAfter.duration(text, date: nil) == .seconds(seconds))
  }

  /// It wants us to stay away; how long cannot be told.
  @Test(arguments: ["", "-1", "soon", "1 s", "Tue, 11 Nov 2025", "0x10"])
  func anythingElseIsAMinute(_ text: String) {
    #expect(RetryAfter.duration(text, date: date) == .seconds(60))
  }

  /// The answer's own date is what the other is compared with: the local clock may be wrong.
  @Test func aDateIsReadAgainstTheDateOfTheAnswer() {
    let later = "Tue, 11 Nov 2025 00:19:04 GMT"
    #expect(RetryAfter.duration(later, date: date) == .seconds(120))
    #expect(RetryAfter.duration(later, date: nil) == .seconds(60))
    #expect(RetryAfter.duration(later, date: "yesterday") == .seconds(60))
    #expect(RetryAfter.duration(date, date: later) == nil)
    #expect(RetryAfter.duration(date, date: date) == nil)
  }
}

@Suite struct ProbeAnswerTests {
  private let definition: ExchangeDefinition

  init() throws {
    definition = try #require(ExchangeCatalog.definition(of: "binance"))
  }

  private func sample(
    _ status: Int, _ body: String, _ headers: [(name: String, value: String)] = []
  ) -> Result<Sample, ProbeFailure> {
    ProbeAnswer(
      sent: MonotonicInstant(nanoseconds: 100), received: MonotonicInstant(nanoseconds: 900),
      status: status, content: TimeAnswer(body: Array(body.utf8), headers: headers)
    ).sample(of: definition)
  }

  @Test func aGoodAnswerIsASample() {
    let expected = Sample(
      sent: MonotonicInstant(nanoseconds: 100), received: MonotonicInstant(nanoseconds: 900),
      stamp: ExchangeInstant(nanoseconds: 1_790_000_000_123_000_000),
      resolution: .milliseconds(1))
    #expect(sample(200, "{\"serverTime\":1790000000123}") == .success(expected))
  }

  /// Every message that an operator can see for a status.
  @Test(arguments: [
    (301, "HTTP 301 redirect, which is not followed: set base_url to the new place"),
    (302, "HTTP 302 redirect, which is not followed: set base_url to the new place"),
    (308, "HTTP 308 redirect, which is not followed: set base_url to the new place"),
    (403, "HTTP 403 Forbidden: blocked by the exchange's firewall or for this country"),
    (404, "HTTP 404 Not Found: check base_url and path"),
    (418, "HTTP 418 banned for asking too often"), (429, "HTTP 429 Too Many Requests"),
    (451, "HTTP 451 Unavailable For Legal Reasons: not served in this country"),
    (500, "HTTP 500 Internal Server Error"), (502, "HTTP 502 Bad Gateway"),
    (503, "HTTP 503 Service Unavailable"), (504, "HTTP 504 Gateway Timeout"),
    (204, "HTTP 204"), (599, "HTTP 599"), (0, "HTTP 0"),
  ])
  func anyOtherStatusIsAFailure(_ status: Int, _ reason: String) {
    // Even with a body that would be a good answer.
    let failure = ProbeFailure(reason: reason, status: status)
    #expect(sample(status, "{\"serverTime\":1790000000123}") == .failure(failure))
  }

  @Test(
    arguments: [
      ([("Retry-After", "30")], 30), ([("retry-after", " 30 ")], 30), ([("Retry-After", "x")], 60),
      ([("Retry-After", "Tue, 11 Nov 2025 00:17:34 GMT")], 60),
      ([("Retry-After", "1"), ("Retry-After", "3600")], 3_600), ([("Server", "x")], nil),
      (
        [
          ("Date", "Tue, 11 Nov 2025 00:17:04 GMT"),
          ("Retry-After", "Tue, 11 Nov 2025 00:17:34 GMT"),
        ], 30
      ),
    ] as [([(String, String)], Int?)])
  func retryAfterIsPassedOn(_ headers: [(String, String)], _ seconds: Int?) {
    let failure = ProbeFailure(
      reason: "HTTP 429 Too Many Requests", status: 429,
      retryAfter: seconds.map { .seconds($0) })
    #expect(sample(429, "", headers.map { (name: $0.0, value: $0.1) }) == .failure(failure))
  }

  @Test(arguments: [
    ("", "unusable answer: the answer is not JSON: it is empty"),
    ("{}", "unusable answer: the answer has no time: /serverTime is missing"),
    (
      "{\"serverTime\":0}",
      "unusable answer: the answer's time 0 is not plausible: zero: the exchange sent no time"
    ),
    (
      "{\"serverTime\":1790000000}",
      "unusable answer: the answer's time 1790000000 is not plausible:"
        + " it looks like seconds, milliseconds expected"
    ),
    (
      "{\"serverTime\":null}",
      "unusable answer: the answer's time null is not plausible: the exchange sent no time"
    ),
  ])
  func aBodyWithoutATimeIsAFailure(_ body: String, _ reason: String) {
    // It is no refusal: the exchange does not want us to stay away.
    #expect(sample(200, body) == .failure(ProbeFailure(reason: reason, status: 200)))
  }
}
