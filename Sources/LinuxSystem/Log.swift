internal import CSystemd
internal import Glibc

/// Lines for the operator: in the journal where standard error leads there, with fields that it can
/// be searched for; else on standard error alone.
package enum Log {
  /// The priorities of syslog(3), most urgent first.
  package enum Priority: Int, Sendable {
    case error = 3
    case warning = 4
    case notice = 5
    case info = 6
  }

  /// What a journal is searched for: the name in capitals, and the value as text.
  package struct Field: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Where standard error is not a terminal, each line begins with its priority as `<N>`, which is
  /// how journald tells them apart (sd-daemon(3)).
  private static let showsPriority = isatty(2) == 0

  /// Standard error is the stream that journald made for this process, and has not been redirected
  /// since: JOURNAL_STREAM holds its device and inode (systemd.exec(5)).
  private static let hasJournal: Bool = {
    guard let stream = getenv("JOURNAL_STREAM") else { return false }
    var status = stat()
    guard fstat(2, &status) == 0 else { return false }
    return String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
  }()

  /// Writes one line at once, so that lines of several threads do not mix.
  ///
  /// - Parameter id: what the message is one of, as 32 hexadecimal digits: its text in the catalog.
  ///
  /// Calls `sd_journal_sendv(3)` or `write(2)`.
  package static func write(
    _ priority: Priority, _ message: String, id: String? = nil, fields: [Field] = []
  ) {
    if hasJournal, send(priority, message, id, fields) { return }
    let prefix = showsPriority ? "<\(priority.rawValue)>" : ""
    let line = Array("\(prefix)\(message)\n".utf8)
    _ = Glibc.write(2, line, line.count)
  }

  private static func send(
    _ priority: Priority, _ message: String, _ id: String?, _ fields: [Field]
  ) -> Bool {
    var parts = ["MESSAGE=\(message)", "PRIORITY=\(priority.rawValue)"]
    if let id { parts.append("MESSAGE_ID=\(id)") }
    parts += fields.map { "\($0.name)=\($0.value)" }
    // One buffer for all, as the vectors point into it.
    var bytes = parts.flatMap { Array($0.utf8) }
    return bytes.withUnsafeMutableBytes { buffer in
      var start = buffer.baseAddress
      let vectors = parts.map { part in
        defer { start = start?.advanced(by: part.utf8.count) }
        return iovec(iov_base: start, iov_len: part.utf8.count)
      }
      return sd_journal_sendv(vectors, CInt(vectors.count)) == 0
    }
  }
}
