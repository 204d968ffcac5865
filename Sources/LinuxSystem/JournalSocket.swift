internal import CSystemd
internal import Glibc

/// journald's own socket, for entries with fields. Unlike sd_journal_sendv(3), which waits while
/// journald does not read, this can leave it at that.
enum JournalSocket {
  enum Outcome {
    case sent, wouldWait, failed
  }

  private static let path = "/run/systemd/journal/socket"
  private static let number = socket(
    AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)

  /// Calls `sendto(2)`; `sd_journal_sendv(3)` for what is too large for a datagram.
  static func send(_ entry: Log.Entry, mayWait: Bool) -> Outcome {
    let parts = parts(of: entry)
    let datagram = parts.flatMap(encoded)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let flags = CInt(MSG_NOSIGNAL) | (mayWait ? 0 : CInt(MSG_DONTWAIT))
    let count = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(
          number, datagram, datagram.count, flags, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if count >= 0 { return .sent }
    switch errno {
    case EAGAIN: return .wouldWait
    case EMSGSIZE: return !mayWait ? .wouldWait : sendLarge(parts) ? .sent : .failed
    default: return .failed
    }
  }

  /// As sd_journal_sendv(3) would tell it: by this journald names whose line it shows.
  private static let program =
    CommandLine.arguments.first?.split(separator: "/").last.map { String($0) } ?? "exchange-clockd"

  private static func parts(of entry: Log.Entry) -> [(name: String, value: String)] {
    [
      ("MESSAGE", entry.message), ("PRIORITY", "\(entry.priority.rawValue)"),
      ("SYSLOG_IDENTIFIER", program),
    ]
      + (entry.id.map { [("MESSAGE_ID", $0)] } ?? []) + entry.fields.map { ($0.name, $0.value) }
  }

  /// As journald's native protocol has it: a value of several lines goes with its length.
  private static func encoded(_ part: (name: String, value: String)) -> [UInt8] {
    let value = Array(part.value.utf8)
    let newline = UInt8(ascii: "\n")
    guard value.contains(newline) else { return Array("\(part.name)=".utf8) + value + [newline] }
    let length = withUnsafeBytes(of: UInt64(value.count).littleEndian) { Array($0) }
    return Array("\(part.name)\n".utf8) + length + value + [newline]
  }

  private static func sendLarge(_ parts: [(name: String, value: String)]) -> Bool {
    let texts = parts.map { "\($0.name)=\($0.value)" }
    // One buffer for all, as the vectors point into it.
    var bytes = texts.flatMap { Array($0.utf8) }
    return bytes.withUnsafeMutableBytes { buffer in
      var start = buffer.baseAddress
      let vectors = texts.map { text in
        defer { start = start?.advanced(by: text.utf8.count) }
        return iovec(iov_base: start, iov_len: text.utf8.count)
      }
      return sd_journal_sendv(vectors, CInt(vectors.count)) == 0
    }
  }
}
