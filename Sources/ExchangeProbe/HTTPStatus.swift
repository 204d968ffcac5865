/// What the HTTP statuses that exchanges send mean to an operator.
enum HTTPStatus {
  static func phrase(_ status: Int) -> String? {
    switch status {
    case 301, 302, 303, 307, 308: "redirect, which is not followed: set base_url to the new place"
    case 403: "Forbidden: blocked by the exchange's firewall or for this country"
    case 404: "Not Found: check base_url and path"
    case 418: "banned for asking too often"
    case 429: "Too Many Requests"
    case 451: "Unavailable For Legal Reasons: not served in this country"
    case 500: "Internal Server Error"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    default: nil
    }
  }
}
