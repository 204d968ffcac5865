internal import JSONDocument

/// A request for a stamp or for the time, as most clients write it: one line, read straight from
/// its bytes.
///
/// It gives up on whatever else there is, right or wrong, so that `Message` decides. What it does
/// read, `Message` reads alike.
package struct PlainRequest {
  package enum Method: Sendable {
    case stamp, now
  }

  /// JSON text: a string or a whole number, to be given back as it is. Stands in the line.
  package let id: UnsafeBufferPointer<UInt8>
  package let method: Method
  package let exchange: String
  /// Of a stamp; nil for the exchange's default.
  package let windowMilliseconds: Int64?

  /// - Parameter line: one line with its newline, and nothing after it.
  package init?(line: UnsafeBufferPointer<UInt8>) {
    var scanner = JSONScanner(line)
    var id: UnsafeBufferPointer<UInt8>?
    var method: Method?
    var parameters: (exchange: String, window: Int64?)?
    var hasVersion = false
    // Each is looked for until it is found, in the order in which they usually come.
    let isRead = scanner.object { scanner in
      if !hasVersion, scanner.take(name: #""jsonrpc""#) {
        hasVersion = scanner.take(#""2.0""#)
        return hasVersion
      }
      if id == nil, scanner.take(name: #""id""#) {
        id = scanner.text { $0.plainText() != nil || $0.integer() != nil }
        return id != nil
      }
      if method == nil, scanner.take(name: #""method""#) {
        method = scanner.take(#""stamp""#) ? .stamp : scanner.take(#""now""#) ? .now : nil
        return method != nil
      }
      guard parameters == nil, scanner.take(name: #""params""#) else { return false }
      parameters = scanner.parameters()
      return parameters != nil
    }
    guard isRead, scanner.take("\n" as StaticString) || scanner.take("\r\n"), scanner.isAtEnd,
      hasVersion, let id,
      let method, let parameters, parameters.window == nil || method == .stamp
    else { return nil }
    self.id = id
    self.method = method
    exchange = parameters.exchange
    windowMilliseconds = parameters.window
  }

  /// But for the id.
  package func asksTheSame(as other: PlainRequest) -> Bool {
    exchange == other.exchange && method == other.method
      && windowMilliseconds == other.windowMilliseconds
  }
}

extension JSONScanner {
  fileprivate mutating func parameters() -> (exchange: String, window: Int64?)? {
    var exchange: String?
    var window: Int64?
    let isRead = object { scanner in
      if exchange == nil, scanner.take(name: #""exchange""#) {
        exchange = scanner.plainText().map { String(decoding: $0, as: UTF8.self) }
        return exchange != nil
      }
      guard window == nil, scanner.take(name: #""recv_window_ms""#) else { return false }
      window = scanner.integer()
      return window.map { (1...600_000).contains($0) } ?? false
    }
    guard isRead, let exchange else { return nil }
    return (exchange, window)
  }
}
