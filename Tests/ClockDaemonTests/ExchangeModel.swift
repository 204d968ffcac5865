import ClockCore

/// What an exchange makes of a timestamp, written down from its documentation and not from the
/// catalogue: an opponent that knows nothing of the daemon.
struct ExchangeModel: Sendable {
  enum Rule: Sendable {
    /// Refused when older than `age`, or `ahead` ahead of the clock; "or" those that an exchange
    /// still takes at exactly that much.
    case window(age: Int64, ahead: Int64, takesOldest: Bool, takesFarthest: Bool)
    /// Refused when the clock has passed it, or when it is more than `most` ahead.
    case expiry(most: Int64?)
    case nonce
    case none
    case unknown
  }

  var id: String
  var rule: Rule
  /// The unit that the exchange compares in: its clock is cut to it.
  var unit = Duration.milliseconds(1)
  /// A request may choose the window, up to `longest` milliseconds where that is known.
  var isAdjustable = false
  var longest: Int64?
  /// The longest window that is known to be granted, in milliseconds.
  var verified: Int64 {
    guard case .window(let age, _, _, _) = rule, isAdjustable else { return .max }
    return longest ?? age
  }

  /// The window is used or reported, but not documented.
  var isHearsay = false

  /// Whether a timestamp is refused for being too far ahead of a clock.
  func isAhead(_ stamp: ExchangeInstant, of clock: ExchangeInstant) -> Bool {
    switch rule {
    case .window(_, let ahead, _, let takesFarthest):
      let lead = lead(of: stamp, over: clock)
      let most = inUnits(ahead)
      return takesFarthest || most == 0 ? lead > most : lead >= most
    case .expiry(let most):
      return most.map { lead(of: stamp, over: clock) > inUnits($0) } ?? false
    case .unknown: return stamp > clock
    case .nonce, .none: return false
    }
  }

  /// - Parameter window: milliseconds, as the request asks for them; nil for none.
  func accepts(
    _ stamp: ExchangeInstant, at clock: ExchangeInstant, window: Double?
  ) -> Bool {
    guard !isAhead(stamp, of: clock) else { return false }
    let age = -lead(of: stamp, over: clock)
    switch rule {
    case .window(let usual, _, let takesOldest, _):
      let most =
        window.map { Int64(($0 * 1_000_000).rounded()) / unit.wholeNanoseconds } ?? inUnits(usual)
      return takesOldest ? age <= most : age < most
    case .expiry: return age <= 0
    case .nonce, .none, .unknown: return true
    }
  }

  private func inUnits(_ milliseconds: Int64) -> Int64 {
    milliseconds * 1_000_000 / unit.wholeNanoseconds
  }

  /// In units, both cut to them. Positive: the stamp is ahead.
  private func lead(of stamp: ExchangeInstant, over clock: ExchangeInstant) -> Int64 {
    stamp.nanoseconds / unit.wholeNanoseconds - clock.nanoseconds / unit.wholeNanoseconds
  }

  /// Binance and those that copied it: `timestamp < now + 1000 && now - timestamp <= recvWindow`.
  private static func binance(
    _ id: String, longest: Int64? = 60_000, unit: Duration = .milliseconds(1)
  ) -> ExchangeModel {
    ExchangeModel(
      id: id, rule: .window(age: 5_000, ahead: 1_000, takesOldest: true, takesFarthest: false),
      unit: unit, isAdjustable: true, longest: longest)
  }

  /// Within so many milliseconds, either way.
  private static func symmetric(
    _ id: String, _ width: Int64, takesEdges: Bool = true, unit: Duration = .milliseconds(1)
  ) -> ExchangeModel {
    ExchangeModel(
      id: id,
      rule: .window(age: width, ahead: width, takesOldest: takesEdges, takesFarthest: takesEdges),
      unit: unit)
  }

  /// Not older than a window that the request chooses, and not ahead, as nothing is said of that.
  private static func past(_ id: String, _ age: Int64, longest: Int64? = nil) -> ExchangeModel {
    ExchangeModel(
      id: id, rule: .window(age: age, ahead: 0, takesOldest: true, takesFarthest: false),
      isAdjustable: true, longest: longest)
  }

  private static func hearsay(_ model: ExchangeModel) -> ExchangeModel {
    var model = model
    model.isHearsay = true
    return model
  }

  private static func simple(_ ids: String, _ rule: Rule) -> [ExchangeModel] {
    ids.split(separator: " ").map { ExchangeModel(id: String($0), rule: rule) }
  }

  static let all: [ExchangeModel] =
    [
      binance("binance", unit: .microseconds(1)),
      binance("binance-testnet", unit: .microseconds(1)),
      binance("binancecoinm", longest: nil), binance("binanceoptions", longest: nil),
      binance("binanceus"), binance("binanceusdm", longest: nil), binance("mexc"),
      binance("bybit", longest: nil),
      binance("bybit-testnet", longest: nil),
      symmetric("ascendex", 30_000), symmetric("bitget", 30_000), symmetric("bitmart", 60_000),
      symmetric("bitstamp", 150_000), symmetric("coinbaseexchange", 30_000),
      symmetric("cryptocom", 60_000), symmetric("gate", 60_000, unit: .seconds(1)),
      symmetric("gemini", 30_000, unit: .seconds(1)), symmetric("htx", 60_000, takesEdges: false),
      symmetric("kucoin", 5_000, takesEdges: false),
      symmetric("kucoinfutures", 5_000, takesEdges: false),
      // 10 s either way, or what Recv-Window says, either way: so any lead may be too much.
      ExchangeModel(
        id: "mexccontract",
        rule: .window(age: 10_000, ahead: 0, takesOldest: false, takesFarthest: false),
        isAdjustable: true),
      past("bitvavo", 10_000, longest: 60_000), past("coinex", 5_000),
      // RFC 7519: from `nbf` on, and before `exp`, which is 120 s later.
      ExchangeModel(
        id: "coinbase",
        rule: .window(age: 120_000, ahead: 0, takesOldest: false, takesFarthest: false),
        unit: .seconds(1)),
      ExchangeModel(id: "bitmex", rule: .expiry(most: nil)),
      ExchangeModel(id: "phemex", rule: .expiry(most: 120_000)),
      hearsay(symmetric("okx", 30_000)), hearsay(symmetric("htxlinear", 60_000)),
      // Without recvWindow; with one, that old, and as far ahead as before.
      hearsay(
        ExchangeModel(
          id: "poloniex",
          rule: .window(age: 1_000, ahead: 1_000, takesOldest: true, takesFarthest: true),
          isAdjustable: true)),
      hearsay(past("backpack", 5_000, longest: 60_000)), hearsay(past("xt", 5_000)),
    ] + simple("bitfinex hyperliquid kraken krakenfutures", .nonce) + simple("dydx upbit", .none)
    + simple("bingx bithumb deribit hashkey lbank woo", .unknown)
}
