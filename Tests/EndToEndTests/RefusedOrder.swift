import ClockCore
import ExchangeSimulator
import JSONDocument

/// An order as a bot sends it to a simulated exchange, refused or accepted by the exchange's real
/// rule at the moment its clock shows.
final class RefusedOrder {
  let simulator: ExchangeSimulator
  let id: String
  private var ledger = Ledger()

  init(at id: String, of simulator: ExchangeSimulator) {
    self.id = id
    self.simulator = simulator
  }

  /// Sends an order with that timestamp, as text; nil: it was accepted.
  func send(_ timestamp: String, window: Int? = nil) -> HTTPAnswer? {
    guard let behavior = ExchangeBehaviors[id] else { return nil }
    return behavior.rejection(
      of: request(timestamp, window), at: simulator.clock(of: id), ledger: &ledger)
  }

  private func request(_ timestamp: String, _ window: Int?) -> HTTPRequest {
    let window = window.map(String.init)
    switch id {
    case "binance":
      return HTTPRequest(
        "POST", "/api/v3/order",
        query: [.init("timestamp", timestamp)] + (window.map { [.init("recvWindow", $0)] } ?? []),
        headers: [.init("X-MBX-APIKEY", "key")])
    case "bybit":
      return HTTPRequest(
        "POST", "/v5/order/create",
        headers: [.init("X-BAPI-API-KEY", "key"), .init("X-BAPI-TIMESTAMP", timestamp)]
          + (window.map { [.init("X-BAPI-RECV-WINDOW", $0)] } ?? []))
    case "okx":
      return HTTPRequest(
        "POST", "/api/v5/trade/order",
        headers: [.init("OK-ACCESS-KEY", "key"), .init("OK-ACCESS-TIMESTAMP", timestamp)])
    case "bitmex":
      return HTTPRequest(
        "POST", "/api/v1/order",
        headers: [.init("api-key", "key"), .init("api-expires", timestamp)])
    case "phemex":
      return HTTPRequest(
        "POST", "/orders",
        headers: [
          .init("x-phemex-access-token", "key"), .init("x-phemex-request-expiry", timestamp),
        ])
    case "bitget":
      return HTTPRequest(
        "POST", "/api/v2/spot/trade/place-order",
        headers: [.init("ACCESS-KEY", "key"), .init("ACCESS-TIMESTAMP", timestamp)])
    case "kucoin":
      return HTTPRequest(
        "POST", "/api/v1/orders",
        headers: [.init("KC-API-KEY", "key"), .init("KC-API-TIMESTAMP", timestamp)])
    default:
      return HTTPRequest(
        "POST", "/0/private/AddOrder", headers: [.init("API-Key", "key")],
        body: "nonce=\(timestamp)")
    }
  }
}
