import ExchangeSimulator

extension SignedRequest {
  /// As `make`, also of the exchanges that are not described by data; nil where a request carries
  /// no timestamp at all.
  static func of(
    _ id: String, stamp: String, window: String? = nil, key: String = "k"
  ) -> HTTPRequest? {
    if let request = make(id, stamp: stamp, window: window, key: key) { return request }
    var headers: [(String, String?)] = []
    var (path, query, body) = ("", [HTTPRequest.Field](), "")
    switch id {
    case "bitget":
      path = "/api/v2/spot/trade/place-order"
      headers = [("ACCESS-KEY", key), ("ACCESS-TIMESTAMP", stamp)]
    case "bybit", "bybit-testnet":
      path = "/v5/order/create"
      headers = [
        ("X-BAPI-API-KEY", key), ("X-BAPI-TIMESTAMP", stamp), ("X-BAPI-RECV-WINDOW", window),
      ]
    case "coinbase":
      path = "/api/v3/brokerage/orders"
      // `exp` as the catalogue has it: 120 s after `nbf`.
      let claims = base64(
        #"{"sub":"\#(key)","nbf":\#(stamp),"iat":\#(stamp),"exp":\#((Int64(stamp) ?? 0) + 120)}"#)
      headers = [("Authorization", "Bearer e30.\(claims).c2ln")]
    case "hyperliquid":
      path = "/exchange"
      body = #"{"action":{"type":"order"},"nonce":\#(stamp),"signature":{"r":"\#(key)"}}"#
    case "kraken":
      path = "/0/private/AddOrder"
      headers = [("API-Key", key)]
      body = "nonce=\(stamp)"
    case "kucoin", "kucoinfutures":
      path = "/api/v1/orders"
      headers = [("KC-API-KEY", key), ("KC-API-TIMESTAMP", stamp)]
    case "okx":
      path = "/api/v5/trade/order"
      headers = [("OK-ACCESS-KEY", key), ("OK-ACCESS-TIMESTAMP", stamp)]
    case _ where id.hasPrefix("binance"):
      path = "/api/v3/order"
      headers = [("X-MBX-APIKEY", key)]
      query = [HTTPRequest.Field("timestamp", stamp)]
      if let window { query.append(HTTPRequest.Field("recvWindow", window)) }
    default: return nil
    }
    return HTTPRequest(
      "POST", path, query: query,
      headers: headers.compactMap { name, value in
        value.map { HTTPRequest.Field(name, $0) }
      }, body: body)
  }
}
