internal import ClockCore
internal import JSONDocument

/// Coinbase Advanced Trade.
///
/// A JWT is accepted from its claim `nbf` to its claim `exp`, which is at most 2 minutes later, and
/// where it has a claim `iat` not before it; no leeway is documented, so there is none. Whatever is
/// wrong with it, the answer is a bare 401. Keys of the older kind sign with a timestamp in
/// seconds, at most 30 s from the exchange's time.
struct Coinbase: ExchangeBehavior {
  let id = "coinbase"
  let rule = "a JWT from nbf (and iat) to exp, 2 min at most; older keys: at most 30 s off"
  let timePath = "/api/v3/brokerage/time"

  private static let longestLifetimeSeconds: Int64 = 120
  private static let legacyWindowSeconds: Int64 = 30

  func endpoint(of request: HTTPRequest) -> Endpoint? {
    if request.path == timePath { return ["GET", "HEAD"].contains(request.method) ? .time : nil }
    guard request.path.hasPrefix("/api/v3/brokerage/") || request.path.hasPrefix("/v2/") else {
      return nil
    }
    return request.method == "POST" ? .placeOrder : .openOrders
  }

  func timeAnswer(
    to request: HTTPRequest, received: ExchangeInstant, now: ExchangeInstant, inWrongUnit: Bool
  ) -> HTTPAnswer {
    let milliseconds = inWrongUnit ? received.seconds : received.milliseconds
    let iso = CivilTime(unixNanoseconds: received.nanoseconds).iso8601(fractionDigits: 0)
    return HTTPAnswer(
      json:
        #"{"iso":"\#(iso)","epochSeconds":"\#(received.seconds)","epochMillis":"\#(milliseconds)"}"#
    )
  }

  func rejection(of request: HTTPRequest, at now: ExchangeInstant, ledger: inout Ledger)
    -> HTTPAnswer?
  {
    if let claims = StampPlace.claims(of: request) {
      return isValid(claims, at: now.seconds) ? nil : unauthorized
    }
    guard request.header("CB-ACCESS-KEY") != nil,
      let text = request.header("CB-ACCESS-TIMESTAMP"), let stamp = digits(text)
    else { return unauthorized }
    guard (now.seconds - stamp).magnitude <= Self.legacyWindowSeconds else {
      return HTTPAnswer(
        401,
        json:
          #"{"errors":[{"id":"authentication_error","message":"request timestamp expired"}]}"#)
    }
    return nil
  }

  private func isValid(_ claims: JSONValue, at now: Int64) -> Bool {
    guard let notBefore = claims["nbf"]?.integer, let expiry = claims["exp"]?.integer,
      notBefore >= 0, expiry >= notBefore
    else { return false }
    return notBefore <= now && now < expiry && expiry - notBefore <= Self.longestLifetimeSeconds
      && claims["iat"]?.integer ?? 0 <= now
  }

  private var unauthorized: HTTPAnswer {
    HTTPAnswer(401, contentType: "text/plain", body: "Unauthorized\n".utf8)
  }

  func acceptance(
    of request: HTTPRequest, at endpoint: Endpoint, now: ExchangeInstant, ledger: inout Ledger
  ) -> HTTPAnswer {
    guard endpoint == .placeOrder else {
      return HTTPAnswer(
        json: #"{"accounts":[],"orders":[],"data":[],"has_next":false,"cursor":""}"#)
    }
    let number = padded(ledger.newOrder(), 12)
    return HTTPAnswer(
      json:
        #"{"success":true,"success_response":{"order_id":"00000000-0000-0000-0000-\#(number)"}}"#)
  }

  func unknownPath(_ request: HTTPRequest, at now: ExchangeInstant) -> HTTPAnswer {
    HTTPAnswer(
      404, json: #"{"error":"NOT_FOUND","error_details":"Not Found","message":"Not Found"}"#)
  }

  func rateLimitBody(at now: ExchangeInstant, retryAfterSeconds: Int) -> String {
    #"{"error":"RESOURCE_EXHAUSTED","message":"Too many requests"}"#
  }
}
