import ClockCore
import Glibc
import JSONDocument
import LinuxSystem
import Synchronization
import Testing

/// A socket in a directory of its own, and a thread that answers each line as it is told to. No
/// page is beside it.
final class CannedDaemon: Sendable {
  /// What a line is answered with: lines, each sent with a newline; nil or `end` closes the
  /// connection.
  typealias Reply = @Sendable (String) -> [String]?

  static let end = "end"
  /// Answers with a line of which a byte comes now and then, for some seconds, and no end.
  static let endless = "endless"

  let root: String
  var socketPath: String { root + "/daemon.sock" }
  private let isStopping = Atomic(false)
  private let seen = Mutex<[String]>([])

  /// The lines that were asked, in order.
  var asked: [String] { seen.withLock { $0 } }

  init(_ reply: @escaping Reply) throws {
    var template = Array("/tmp/exchange-clock-test-XXXXXX".utf8CString)
    root = String(cString: try #require(mkdtemp(&template)))
    let listener = try UnixSocket.listen(at: root + "/daemon.sock", mode: 0o600, group: nil)
    let box = Box(listener)
    try Thread.start(named: "canned") { [weak self] in
      while let self, !self.isStopping.load(ordering: .relaxed) {
        guard let connection = try? UnixSocket.accept(from: box.descriptor) else {
          Thread.pause(for: .milliseconds(1))
          continue
        }
        // Each on its own, as a connection that waits keeps no other waiting.
        let accepted = Box(connection)
        try? Thread.start(named: "canned") { [weak self] in
          self?.serve(accepted.descriptor, reply)
        }
      }
    }
  }

  private final class Box: Sendable {
    let descriptor: OwnedDescriptor
    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
  }

  deinit {
    isStopping.store(true, ordering: .relaxed)
    unlink(socketPath)
    rmdir(root)
  }

  private func serve(_ connection: borrowing OwnedDescriptor, _ reply: Reply) {
    var pending: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while !isStopping.load(ordering: .relaxed) {
      switch buffer.withUnsafeMutableBytes({ connection.read(into: $0) }) {
      case .closed: return
      case .wouldBlock:
        Thread.pause(for: .milliseconds(1))
        continue
      case .bytes(let count): pending += buffer[..<count]
      }
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        seen.withLock { $0.append(line) }
        guard let answers = reply(line) else { return }
        for answer in answers {
          if answer == Self.end { return }
          if answer == Self.endless {
            for _ in 0..<100 where !isStopping.load(ordering: .relaxed) {
              _ = Array(" ".utf8).withUnsafeBytes { connection.send($0) }
              Thread.pause(for: .milliseconds(50))
            }
            return
          }
          _ = Array((answer + "\n").utf8).withUnsafeBytes { connection.send($0) }
        }
      }
    }
  }

  /// The id of a request.
  static func id(of line: String) -> String {
    (try? JSONValue(parsing: Array(line.utf8)))?["id"]?.text ?? "null"
  }

  static func result(_ text: String, to line: String) -> String {
    "{\"jsonrpc\":\"2.0\",\"id\":\(id(of: line)),\"result\":\(text)}"
  }
}
