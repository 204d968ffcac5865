import Glibc
import Testing

/// A TCP connection to a simulated exchange, below HTTP: shows what a client library would hide.
final class RawConnection {
  /// What a connection delivered until it ended or enough had come.
  struct Received {
    var bytes: [UInt8] = []
    /// How the peer ended it; nil: it is still open.
    var end: End?

    enum End: Equatable {
      case closed
      case failed(Int32)
    }

    private var head: String {
      let text = String(decoding: bytes, as: UTF8.self)
      return text.firstRange(of: "\r\n\r\n").map { String(text[..<$0.lowerBound]) } ?? ""
    }

    var status: Int? { Int(head.dropFirst("HTTP/1.1 ".count).prefix(3)) }

    /// Nil until the head is complete.
    var body: [UInt8]? {
      bytes.firstRange(of: Array("\r\n\r\n".utf8)).map { Array(bytes[$0.upperBound...]) }
    }

    var text: String? { body.map { String(decoding: $0, as: UTF8.self) } }

    func header(_ name: String) -> String? {
      for line in head.split(separator: "\r\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2, parts[0].lowercased() == name.lowercased() {
          return String(parts[1].drop { $0 == " " })
        }
      }
      return nil
    }

    var isComplete: Bool {
      guard let body, let length = header("content-length").flatMap({ Int($0) }) else {
        return false
      }
      return body.count >= length
    }
  }

  private let descriptor: Int32

  /// Connects to `http://127.0.0.1:PORT`.
  init(_ url: String) throws {
    let port = try #require(url.split(separator: ":").last.flatMap { UInt16($0) })
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(result == 0, "connect: errno \(errno)")
    // Far beyond what any test needs, so that a hang fails instead of lasting.
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    close(descriptor)
  }

  func send(_ method: String, _ path: String, headers: [String] = [], body: String = "") {
    let lines = ["\(method) \(path) HTTP/1.1", "Host: test"] + headers
    let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
    let text = (lines + length).joined(separator: "\r\n") + "\r\n\r\n" + body
    _ = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL))
  }

  /// Reads until the answer is complete or the connection ends.
  func receive() -> Received {
    receive { $0.isComplete }
  }

  /// Reads on until the connection ends or enough has come.
  func receive(_ received: Received = Received(), until isEnough: (Received) -> Bool) -> Received {
    var received = received
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while !isEnough(received) {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count <= 0 {
        received.end = count == 0 ? .closed : .failed(errno)
        return received
      }
      received.bytes += buffer[..<count]
    }
    return received
  }

  static func get(_ url: String, _ path: String, headers: [String] = []) throws -> Received {
    try request(url, "GET", path, headers: headers)
  }

  /// One request and its answer on a connection of its own.
  static func request(
    _ url: String, _ method: String, _ path: String, headers: [String] = [],
    body: String = ""
  ) throws -> Received {
    let connection = try RawConnection(url)
    connection.send(method, path, headers: headers, body: body)
    return connection.receive()
  }
}

/// Waits until something another thread does has happened; fails the test after a minute.
func eventually(_ condition: () -> Bool) throws {
  for _ in 0..<60_000 {
    if condition() { return }
    usleep(1000)
  }
  try #require(condition(), "did not happen within a minute")
}
