import ExchangeSimulator

/// A signed request as each exchange's documentation has it, less the signature.
enum SignedRequest {
  /// Where a request carries its key, its timestamp and its window.
  private enum Form {
    case headers(key: String, stamp: String, window: String?)
    case query(key: String, stamp: String, window: String?)
    /// The key in a header, the others in the query.
    case mixed(key: String, stamp: String, window: String?)
    case json(key: String, stamp: String)
    case token(key: String, stamp: String)
    case payload(key: String)
    case authorization
  }

  private static let forms: [String: (method: String, path: String, form: Form)] = [
    "ascendex": (
      "POST", "/6/api/pro/v1/cash/order",
      .headers(key: "x-auth-key", stamp: "x-auth-timestamp", window: nil)
    ),
    "backpack": (
      "POST", "/api/v1/order",
      .headers(key: "X-API-Key", stamp: "X-Timestamp", window: "X-Window")
    ),
    "bingx": (
      "POST", "/openApi/swap/v2/trade/order",
      .mixed(key: "X-BX-APIKEY", stamp: "timestamp", window: "recvWindow")
    ),
    "bitfinex": (
      "POST", "/v2/auth/w/order/submit",
      .headers(key: "bfx-apikey", stamp: "bfx-nonce", window: nil)
    ),
    "bithumb": ("POST", "/v1/orders", .token(key: "access_key", stamp: "timestamp")),
    "bitmart": (
      "POST", "/spot/v2/submit_order",
      .headers(key: "X-BM-KEY", stamp: "X-BM-TIMESTAMP", window: nil)
    ),
    "bitmex": (
      "POST", "/api/v1/order", .headers(key: "api-key", stamp: "api-expires", window: nil)
    ),
    "bitstamp": (
      "POST", "/api/v2/buy/btcusd/",
      .headers(key: "X-Auth", stamp: "X-Auth-Timestamp", window: nil)
    ),
    "bitvavo": (
      "POST", "/v2/order",
      .headers(
        key: "Bitvavo-Access-Key", stamp: "Bitvavo-Access-Timestamp",
        window: "Bitvavo-Access-Window")
    ),
    "coinbaseexchange": (
      "POST", "/orders",
      .headers(key: "CB-ACCESS-KEY", stamp: "CB-ACCESS-TIMESTAMP", window: nil)
    ),
    "coinex": (
      "POST", "/v2/spot/order",
      .headers(key: "X-COINEX-KEY", stamp: "X-COINEX-TIMESTAMP", window: "X-COINEX-WINDOWTIME")
    ),
    "cryptocom": (
      "POST", "/exchange/v1/private/create-order", .json(key: "api_key", stamp: "nonce")
    ),
    "deribit": ("GET", "/api/v2/private/get_open_orders", .authorization),
    "gate": ("POST", "/api/v4/spot/orders", .headers(key: "KEY", stamp: "Timestamp", window: nil)),
    "gemini": ("POST", "/v1/order/new", .payload(key: "X-GEMINI-APIKEY")),
    "hashkey": (
      "POST", "/api/v1/spot/order",
      .mixed(key: "X-HK-APIKEY", stamp: "timestamp", window: "recvWindow")
    ),
    "htx": (
      "POST", "/v1/order/orders/place",
      .query(key: "AccessKeyId", stamp: "Timestamp", window: nil)
    ),
    "htxlinear": (
      "POST", "/linear-swap-api/v1/swap_order",
      .query(key: "AccessKeyId", stamp: "Timestamp", window: nil)
    ),
    "krakenfutures": (
      "POST", "/derivatives/api/v3/sendorder",
      .headers(key: "APIKey", stamp: "Nonce", window: nil)
    ),
    "lbank": (
      "POST", "/v2/supplement/create_order.do",
      .query(key: "api_key", stamp: "timestamp", window: nil)
    ),
    "mexc": (
      "POST", "/api/v3/order",
      .mixed(key: "X-MEXC-APIKEY", stamp: "timestamp", window: "recvWindow")
    ),
    "mexccontract": (
      "POST", "/api/v1/private/order/create",
      .headers(key: "ApiKey", stamp: "Request-Time", window: "Recv-Window")
    ),
    "phemex": (
      "POST", "/g-orders",
      .headers(key: "x-phemex-access-token", stamp: "x-phemex-request-expiry", window: nil)
    ),
    "poloniex": (
      "POST", "/orders", .headers(key: "key", stamp: "signTimestamp", window: "recvWindow")
    ),
    "upbit": ("POST", "/v1/orders", .token(key: "access_key", stamp: "nonce")),
    "woo": (
      "POST", "/v1/order", .headers(key: "x-api-key", stamp: "x-api-timestamp", window: nil)
    ),
    "xt": (
      "POST", "/v4/order",
      .headers(
        key: "validate-appkey", stamp: "validate-timestamp", window: "validate-recvwindow")
    ),
  ]

  static var ids: Set<String> { Set(forms.keys) }

  static func make(_ id: String, stamp: String, window: String? = nil, key: String = "k")
    -> HTTPRequest?
  {
    guard let (method, path, form) = forms[id] else { return nil }
    var request = HTTPRequest(method, path)
    func fields(_ names: String?..., of values: [String?]) -> [HTTPRequest.Field] {
      zip(names, values).compactMap { name, value in
        guard let name, let value else { return nil }
        return HTTPRequest.Field(name, value)
      }
    }
    switch form {
    case .headers(let keyName, let stampName, let windowName):
      request.headers = fields(keyName, stampName, windowName, of: [key, stamp, window])
      if id == "bitstamp" { request.headers.append(.init("X-Auth-Nonce", "f93c979d")) }
    case .query(let keyName, let stampName, let windowName):
      request.query = fields(keyName, stampName, windowName, of: [key, stamp, window])
    case .mixed(let keyName, let stampName, let windowName):
      request.headers = fields(keyName, of: [key])
      request.query = fields(stampName, windowName, of: [stamp, window])
    case .json(let keyName, let stampName):
      request.body = Array(#"{"\#(keyName)":"\#(key)","\#(stampName)":"\#(stamp)"}"#.utf8)
    case .token(let keyName, let stampName):
      let number = Int64(stamp).map(String.init) ?? #""\#(stamp)""#
      let claims = base64(#"{"\#(keyName)":"\#(key)","\#(stampName)":\#(number)}"#)
      request.headers = [.init("Authorization", "Bearer e30.\(claims).c2ln")]
    case .payload(let keyName):
      let payload = base64(#"{"request":"\#(path)","nonce":"\#(stamp)"}"#)
      request.headers = [.init(keyName, key), .init("X-GEMINI-PAYLOAD", payload)]
    case .authorization:
      let stamp = stamp.isEmpty ? "" : ",ts=\(stamp)"
      request.headers = [.init("Authorization", "deri-hmac-sha256 id=\(key)\(stamp),nonce=1,sig=s")]
    }
    return request
  }

  /// In the alphabet of URLs, without padding.
  static func base64(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    var (output, bits, count) = ("", 0, 0)
    for byte in text.utf8 {
      bits = bits << 8 | Int(byte)
      count += 8
      while count >= 6 {
        count -= 6
        output.append(alphabet[bits >> count & 63])
      }
    }
    if count > 0 { output.append(alphabet[bits << (6 - count) & 63]) }
    return output
  }
}
