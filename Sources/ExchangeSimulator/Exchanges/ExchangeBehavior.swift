package import ClockCore

/// What the outside of one exchange looks like: pure descriptions, no sockets and no clocks.
///
/// Signatures are never looked at, as there is no secret to check them against. Everything else
/// that an exchange decides by its clock is decided here as that exchange does it.
package protocol ExchangeBehavior: Sendable {
  /// As ccxt spells it.
  var id: String { get }

  /// Which signed requests are accepted, in words.
  var rule: String { get }

  /// The time endpoint's path, and its query where it needs one.
  var timePath: String { get }

  /// What a request is for; nil: the exchange has no such path or method.
  func endpoint(of request: HTTPRequest) -> Endpoint?

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

/// An exchange all of whose endpoints are listed.
protocol ListedEndpoints: ExchangeBehavior {
  /// By "METHOD /path".
  var endpoints: [String: Endpoint] { get }
}

extension ListedEndpoints {
  var timePath: String {
    for (route, endpoint) in endpoints where endpoint == .time {
      return String(route.split(separator: " ")[1])
    }
    preconditionFailure("\(id) has no time endpoint")
  }

  func endpoint(of request: HTTPRequest) -> Endpoint? {
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
  /// The largest accepted nonces of each API key, ascending, where more than the last one count.
  package var largestNonces: [String: [UInt64]] = [:]
  /// When each nonce that is not a number was used, in ms.
  package var usedNonces: [String: Int64] = [:]

  package init() {}

  /// The number of a new order, beginning with 1.
  package mutating func newOrder() -> Int {
    orders += 1
    return orders
  }
}

/// The exchanges that can be simulated, in the order of their ids.
package enum ExchangeBehaviors {
  package static let all: [any ExchangeBehavior] = {
    let special: [any ExchangeBehavior] =
      Binance.all + Bybit.all + Kucoin.all + [Bitget(), Coinbase(), Hyperliquid(), Kraken(), Okx()]
    let tables =
      Venue.symmetricWindows + Venue.pastWindows + Venue.presumedWindows + Venue.others
    return (special + tables).sorted { $0.id < $1.id }
  }()

  package static var ids: [String] { all.map(\.id) }

  package static subscript(id: String) -> (any ExchangeBehavior)? {
    all.first { $0.id == id }
  }
}
