/// What may stand in a request line and in header fields (RFC 9110).
enum HTTPText {
  /// A header name: letters, digits and a few signs, at least one of them.
  static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// A header value: no line breaks, no other control characters but tabs.
  static func isFieldValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 == 9 || ($0 >= 0x20 && $0 != 0x7F) }
  }

  /// What is wrong with a complete http or https URL; nil where nothing is.
  static func complaint(aboutURL url: String) -> String? {
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return "it has a space, a control character or a letter beyond ASCII"
    }
    let scheme = ["http://", "https://"].first { url.lowercased().hasPrefix($0) }
    guard let scheme else { return "it must begin with http:// or https://" }
    let authority = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
    let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
    let isIPv6 = host.hasPrefix("[")
    let name = host.prefix { $0 != (isIPv6 ? "]" : ":") }
    let port = host.dropFirst(name.count + (isIPv6 ? 1 : 0))
    guard name.count > (isIPv6 ? 1 : 0), !isIPv6 || host.contains("]") else {
      return "it has no host"
    }
    guard port.isEmpty || isPort(port) else { return "its port is not a number from 1 to 65535" }
    guard !url.contains("#") else { return "it has a fragment (#), which is never sent" }
    return url.replacing(Placeholder.unixMilliseconds, with: "").contains { "{}".contains($0) }
      ? "it has a brace that is not part of \(Placeholder.unixMilliseconds)" : nil
  }

  /// A colon and a number from 1 to 65535.
  private static func isPort(_ text: Substring) -> Bool {
    let digits = text.dropFirst()
    return text.first == ":" && digits.allSatisfy { ("0"..."9").contains($0) }
      && UInt16(digits) ?? 0 > 0
  }
}
