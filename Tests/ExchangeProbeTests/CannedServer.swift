import Glibc
import LinuxSystem
import Synchronization
import Testing

/// A server on the loopback that answers every request with the same bytes and closes the
/// connection; below HTTP, so that an answer can be as odd as it likes.
final class CannedServer: Sendable {
  private let descriptor: Int32
  private let seen = Mutex<[String]>([])

  /// Every request so far, head and body.
  var requests: [String] { seen.withLock { $0 } }

  let url: String

  /// - Parameter body: sent after the head, which gets no header but those given.
  convenience init(_ headers: [String], body: [UInt8]) throws {
    let head = (["HTTP/1.1 200 OK"] + headers + ["Connection: close", "", ""])
    try self.init(bytes: Array(head.joined(separator: "\r\n").utf8) + body)
  }

  init(bytes: [UInt8]) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) | listen(descriptor, 8)
          | getsockname(descriptor, $0, &length)
      }
    }
    try #require(code == 0)
    url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    try Thread.start(named: "canned") { [weak self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { break }
        let request = Self.request(on: connection)
        self?.seen.withLock { $0.append(request) }
        _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        close(connection)
      }
      close(descriptor)
    }
  }

  /// The thread wakes from `accept(2)` and closes the descriptor.
  deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// Reads until the head is in, and the body that it announces.
  private static func request(on connection: Int32) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      bytes += buffer.prefix(count)
      let parts = String(decoding: bytes, as: UTF8.self).split(
        separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      let length = parts[0].lowercased().split(separator: "content-length: ").dropFirst().first
      if parts[1].utf8.count >= length.flatMap({ Int($0.prefix { $0.isNumber }) }) ?? 0 { break }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
