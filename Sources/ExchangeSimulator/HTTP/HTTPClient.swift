internal import Glibc

/// Just enough of an HTTP client to talk to the control endpoint on the loopback.
enum HTTPClient {
  struct Server: Equatable {
    var port: UInt16

    /// Reads `http://127.0.0.1:PORT` or `http://localhost:PORT`.
    init?(_ url: String) {
      var url = url[...]
      while url.hasSuffix("/") { url.removeLast() }
      for prefix in ["http://127.0.0.1:", "http://localhost:"] where url.hasPrefix(prefix) {
        guard let port = UInt16(url.dropFirst(prefix.count)), port > 0 else { return nil }
        self.port = port
        return
      }
      return nil
    }
  }

  /// The status and the body of the answer. Calls `connect(2)`, `send(2)` and `recv(2)`.
  static func request(_ method: String, _ server: Server, _ path: String, body: String)
    throws(CommandFailure) -> (status: Int, body: String)
  {
    func failure(_ why: String) -> CommandFailure {
      CommandFailure("no answer from http://127.0.0.1:\(server.port): \(why)")
    }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = server.port.bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw failure(String(cString: strerror(errno))) }
    let request =
      "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    guard send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) > 0 else {
      throw failure(String(cString: strerror(errno)))
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count >= 0 else { throw failure(String(cString: strerror(errno))) }
      if count == 0 { break }
      answer += buffer[..<count]
    }
    let text = String(decoding: answer, as: UTF8.self)
    guard text.hasPrefix("HTTP/1.1 "), let status = Int(text.dropFirst(9).prefix(3)),
      let end = answer.firstRange(of: Array("\r\n\r\n".utf8))
    else { throw failure("that is not an HTTP answer") }
    return (status, String(decoding: answer[end.upperBound...], as: UTF8.self))
  }
}
