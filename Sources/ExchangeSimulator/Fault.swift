internal import ClockCore

/// A way in which an exchange misbehaves.
package enum Fault: String, Sendable, CaseIterable {
  case none
  /// Never answers, until the client gives up or the simulator stops.
  case timeout
  /// Resets the TCP connection.
  case reset
  /// 429 with Retry-After.
  case rateLimited = "rate_limited"
  /// 418 with Retry-After.
  case banned
  /// 403.
  case forbidden
  /// 503.
  case unavailable
  /// 302 to `Conditions.redirectURL`.
  case redirect
  /// 200 with bytes that are not JSON.
  case garbage
  /// Announces the whole body, sends half of it, closes.
  case truncated
  /// The right answer, filled up with spaces to 1 MiB.
  case huge
  /// The right answer a byte at a time.
  case slowBody = "slow_body"
  /// The clock stands still for whoever asks, and jumps to the right time afterwards.
  case frozen
  /// Seconds where milliseconds, a finer unit or a text belong in the time answer; where seconds
  /// belong, milliseconds. Those that tell their time in the header `Date` alone are not touched.
  case seconds
}

/// Which endpoints a fault reaches. `frozen` always reaches all of them, as it is the clock that
/// stands still, and `seconds` only the time endpoint.
package enum FaultScope: String, Sendable, CaseIterable {
  case time
  case all
}

extension Fault {
  func reaches(_ endpoint: Endpoint?, scope: FaultScope) -> Bool {
    switch self {
    case .none: false
    case .seconds: endpoint == .time
    case .frozen: endpoint != nil
    default: endpoint == .time || scope == .all
    }
  }

  /// What becomes of an answer under this fault.
  func applied(
    to answer: HTTPAnswer, of behavior: any ExchangeBehavior, at now: ExchangeInstant,
    conditions: Conditions, elsewhere: String
  ) -> HTTPReply {
    let date = HTTPRequest.Field("Date", now.httpDate)
    let retry = HTTPRequest.Field("Retry-After", String(conditions.retryAfterSeconds))
    func limited(_ status: Int) -> HTTPReply {
      let body = behavior.rateLimitBody(at: now, retryAfterSeconds: conditions.retryAfterSeconds)
      return .answer(HTTPAnswer(status, json: body, headers: [date, retry]))
    }
    func page(_ status: Int, _ title: String, _ more: [HTTPRequest.Field] = []) -> HTTPReply {
      let body = "<html><head><title>\(title)</title></head><body><h1>\(title)</h1></body></html>\n"
      return .answer(
        HTTPAnswer(status, contentType: "text/html", headers: [date] + more, body: body.utf8))
    }
    switch self {
    case .none, .frozen, .seconds: return .answer(answer)
    case .timeout: return .silence
    case .reset: return .reset
    case .rateLimited: return limited(429)
    case .banned: return limited(418)
    case .forbidden: return page(403, "403 Forbidden")
    case .unavailable: return page(503, "503 Service Temporarily Unavailable")
    case .redirect:
      let target = conditions.redirectURL ?? elsewhere
      return page(302, "302 Found", [HTTPRequest.Field("Location", target)])
    case .garbage:
      return .answer(HTTPAnswer(headers: [date], body: [0xFF, 0xFE, 0x00] + Array("{]!".utf8)))
    case .truncated: return .truncated(answer)
    case .huge:
      var answer = answer
      let missing = max(0, 1 << 20 - answer.body.count)
      answer.body += [UInt8](repeating: UInt8(ascii: " "), count: missing)
      return .answer(answer)
    case .slowBody: return .dripping(answer, pause: conditions.drip)
    }
  }
}
