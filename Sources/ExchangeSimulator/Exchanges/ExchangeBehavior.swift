package import ClockCore

/// What the outside of one exchange looks like: pure descriptions, no sockets and no clocks.
///
/// Signatures are never looked at, as there is no secret to check them against. Everything else
/// that an exchange decides by its clock is decided here as that exchange does it.
package protocol ExchangeBehavior: Sendable {
  /// As ccxt spells it.
  var id: String { get }

  /// The endpoints, by "METHOD /path".
  var endpoints: [String: Endpoint] { get }

  /// The answer of the time endpoint to a request whose processing began at `received`, on a clock
  /// that now shows `now`. In the wrong unit: seconds for milliseconds or the other way round.
  func timeAnswer(
    to request: HTTPRequest, received: ExchangeInstant, now: ExchangeInstant, inWrongUnit: Bool
  ) -> HTTPAnswer

  /// Why the exchange refuses a signed request on a clock that shows `now`; nil: accepted.
  func rejection(of request: HTTPRequest, at now: ExchangeInstant, ledger: inout Ledger)
    -> HTTPAnswer?

  /// The answer to a signed request that was accepted.
  func acceptance(
    of request: HTTPRequest, at endpoint: Endpoint, now: ExchangeInstant, ledger: inout Ledger
  ) -> HTTPAnswer

  /// The answer to a path or method that the exchange does not have.
  func unknownPath(_ request: HTTPRequest, at now: ExchangeInstant) -> HTTPAnswer

  /// The body that goes with 429 and 418.
  func rateLimitBody(at now: ExchangeInstant, retryAfterSeconds: Int) -> String
}

extension ExchangeBehavior {
  /// The time endpoint's path.
  package var timePath: String {
    for (route, endpoint) in endpoints where endpoint == .time {
      return String(route.split(separator: " ")[1])
    }
    preconditionFailure("\(id) has no time endpoint")
  }

  package func endpoint(of request: HTTPRequest) -> Endpoint? {
    endpoints["\(request.method == "HEAD" ? "GET" : request.method) \(request.path)"]
  }
}

/// What a path of an exchange does; all but the first want a timestamp or a nonce.
package enum Endpoint: Sendable {
  case time
  case placeOrder
  case order
  case openOrders
  /// What an account is; ccxt asks some exchanges before its first order.
  case account
}

/// What an exchange remembers between signed requests.
package struct Ledger: Sendable {
  /// Orders placed so far.
  package var orders = 0
  /// The last accepted nonce of each API key.
  package var nonces: [String: UInt64] = [:]

  package init() {}

  /// The number of a new order, beginning with 1.
  package mutating func newOrder() -> Int {
    orders += 1
    return orders
  }
}

/// The exchanges that can be simulated, in the order of their ids.
package enum ExchangeBehaviors {
  package static let all: [any ExchangeBehavior] = [
    Binance(), Bitget(), Bybit(), Kraken(), Kucoin(), Okx(),
  ]

  package static var ids: [String] { all.map(\.id) }

  package static subscript(id: String) -> (any ExchangeBehavior)? {
    all.first { $0.id == id }
  }
}
