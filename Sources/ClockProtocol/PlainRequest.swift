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
    let isRead = scanner.object { name, scanner in
      if id == nil, name.reads("id") {
        id = scanner.text { $0.plainText() != nil || $0.integer() != nil }
        return id != nil
      }
      if method == nil, name.reads("method") {
        method = scanner.take(#""stamp""#) ? .stamp : scanner.take(#""now""#) ? .now : nil
        return method != nil
      }
      if parameters == nil, name.reads("params") {
        parameters = scanner.parameters()
        return parameters != nil
      }
      guard !hasVersion, name.reads("jsonrpc") else { return false }
      hasVersion = scanner.take(#""2.0""#)
      return hasVersion
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
}

extension JSONScanner {
  fileprivate mutating func parameters() -> (exchange: String, window: Int64?)? {
    var exchange: String?
    var window: Int64?
    let isRead = object { name, scanner in
      if exchange == nil, name.reads("exchange") {
        exchange = scanner.plainText().map { String(decoding: $0, as: UTF8.self) }
        return exchange != nil
      }
      guard window == nil, name.reads("recv_window_ms") else { return false }
      window = scanner.integer()
      return window.map { (1...600_000).contains($0) } ?? false
    }
    guard isRead, let exchange else { return nil }
    return (exchange, window)
  }
}

extension UnsafeBufferPointer<UInt8> {
  fileprivate func reads(_ word: StaticString) -> Bool {
    guard count == word.utf8CodeUnitCount else { return false }
    return indices.allSatisfy { self[$0] == word.utf8Start[$0] }
  }
}
