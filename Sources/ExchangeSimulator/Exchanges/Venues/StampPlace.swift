internal import JSONDocument

/// Where a signed request carries its timestamp, its nonce, its key or its window.
enum StampPlace: Sendable {
  case header(String)
  /// Of the query, or else of the form in the body.
  case parameter(String)
  /// A member of the JSON body, or of the form where the body is one.
  case body(String)
  /// A claim of the JWT in the header Authorization.
  case claim(String)
  /// A member of the base64 JSON in a header.
  case payload(header: String, String)
  /// `name=value` in the header Authorization.
  case authorization(String)

  /// What is there; nil where nothing is.
  func text(in request: HTTPRequest) -> String? {
    let found: String? =
      switch self {
      case .header(let name): request.header(name)
      case .parameter(let name): request.parameter(name)
      case .body(let name): order(request, name)
      case .claim(let name): Self.claims(of: request)?.memberText(name)
      case .payload(let header, let name):
        request.header(header).flatMap(base64Decoded).flatMap { try? JSONValue(parsing: $0) }?
          .memberText(name)
      case .authorization(let name):
        request.header("Authorization")?.split { $0 == "," || $0 == " " }
          .first { $0.hasPrefix("\(name)=") }
          .map { String($0.dropFirst(name.count + 1)) }
      }
    return found?.isEmpty == false ? found : nil
  }

  /// The claims of the JWT that a request carries; nil where it carries none.
  static func claims(of request: HTTPRequest) -> JSONValue? {
    guard let header = request.header("Authorization"), header.hasPrefix("Bearer ") else {
      return nil
    }
    let parts = header.dropFirst(7).split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let bytes = base64Decoded(String(parts[1])) else { return nil }
    return try? JSONValue(parsing: bytes)
  }
}

extension [StampPlace] {
  /// What is at the first of the places that has anything.
  func text(in request: HTTPRequest) -> String? {
    lazy.compactMap { $0.text(in: request) }.first
  }
}

extension JSONValue {
  /// A member that is a text or a whole number, as text.
  fileprivate func memberText(_ name: String) -> String? {
    self[name]?.string ?? self[name]?.integer.map(String.init)
  }
}

/// The bytes of base64 in either alphabet, with or without padding; nil where it is none.
func base64Decoded(_ text: String) -> [UInt8]? {
  var bytes: [UInt8] = []
  var (bits, count) = (UInt32(0), 0)
  for character in text.utf8.reversed().drop(while: { $0 == UInt8(ascii: "=") }).reversed() {
    let value: UInt8
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
    default: return nil
    }
    bits = bits << 6 | UInt32(value)
    count += 6
    if count >= 8 {
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
  }
  return bytes
}
