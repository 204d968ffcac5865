internal import ClockCore
internal import JSONDocument

/// Hyperliquid.
///
/// A nonce is accepted where it is more than the time of the latest block less two days, less than
/// that time plus one day, was never used, and is above the smallest of the signer's 100 largest
/// nonces. The signer follows from the signature, which is not looked at: here all requests have
/// one signer, or one for each `vaultAddress`. The words of a refusal are not documented.
struct Hyperliquid: ExchangeBehavior {
  let id = "hyperliquid"
  let rule =
    "a nonce less than 2 days old and 1 day ahead, unused, above the least of the 100 largest"
  let timePath = "/info"

  private static let count = 100
  private static let pastMilliseconds: Int64 = 2 * 86_400_000
  private static let futureMilliseconds: Int64 = 86_400_000

  func endpoint(of request: HTTPRequest) -> Endpoint? {
    guard request.method == "POST" else { return nil }
    return request.path == timePath ? .time : request.path == "/exchange" ? .placeOrder : nil
  }

  /// Its time is that of the latest block, which lags; the clock is in the header `Date`.
  func timeAnswer(
    to request: HTTPRequest, received: ExchangeInstant, now: ExchangeInstant, inWrongUnit: Bool
  ) -> HTTPAnswer {
    let text = AnswerText(received: received, now: now)
    return HTTPAnswer(json: text.filling(#"{"specialStatuses":null,"time":{lagging_ms}}"#))
  }

  func rejection(of request: HTTPRequest, at now: ExchangeInstant, ledger: inout Ledger)
    -> HTTPAnswer?
  {
    guard let text = StampPlace.body("nonce").text(in: request), let stamp = digits(text) else {
      return refusal("Missing nonce")
    }
    let age = now.milliseconds - stamp
    guard age < Self.pastMilliseconds, -age < Self.futureMilliseconds else {
      return refusal("Invalid nonce: \(stamp) is too far from \(now.milliseconds)")
    }
    let signer = StampPlace.body("vaultAddress").text(in: request) ?? ""
    let nonce = UInt64(stamp)
    var largest = ledger.largestNonces[signer] ?? []
    guard !largest.contains(nonce), largest.count < Self.count || nonce > largest[0] else {
      return refusal("Invalid nonce: \(stamp) was used or is too small")
    }
    largest.append(nonce)
    largest.sort()
    if largest.count > Self.count { largest.removeFirst() }
    ledger.largestNonces[signer] = largest
    return nil
  }

  func acceptance(
    of request: HTTPRequest, at endpoint: Endpoint, now: ExchangeInstant, ledger: inout Ledger
  ) -> HTTPAnswer {
    let number = 77_738_308 + ledger.newOrder()
    return HTTPAnswer(
      json:
        #"{"status":"ok","response":{"type":"order","data":{"statuses":[{"resting":{"oid":\#(number)}}]}}}"#
    )
  }

  func unknownPath(_ request: HTTPRequest, at now: ExchangeInstant) -> HTTPAnswer {
    HTTPAnswer(404, contentType: "text/plain", body: [])
  }

  func rateLimitBody(at now: ExchangeInstant, retryAfterSeconds: Int) -> String { "null" }

  private func refusal(_ message: String) -> HTTPAnswer {
    let body: JSONValue = ["status": "err", "response": .string(message)]
    return HTTPAnswer(json: body.text)
  }
}
