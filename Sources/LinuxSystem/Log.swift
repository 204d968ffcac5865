internal import Glibc
internal import Synchronization

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

  /// One line, with what the journal is to keep beside it.
  struct Entry: Sendable {
    var priority: Priority
    var message: String
    var id: String?
    var fields: [Field]
  }

  private static let backlog = LogBacklog { deliver($0, mayWait: true) }

  /// Writes one line at once, so that lines of several threads do not mix. Where that would have to
  /// wait, for a journal that hangs or a pipe that nobody reads, a thread of its own does the
  /// waiting, and the lines after it keep their order.
  ///
  /// - Parameter id: what the message is one of, as 32 hexadecimal digits: its text in the catalog.
  ///
  /// Calls `sendto(2)` or `write(2)`.
  package static func write(
    _ priority: Priority, _ message: String, id: String? = nil, fields: [Field] = []
  ) {
    let entry = Entry(priority: priority, message: message, id: id, fields: fields)
    guard backlog.isEmpty, deliver(entry, mayWait: false) else { return backlog.add(entry) }
  }

  /// Waits until all lines are written, but no longer than this: before the process ends.
  package static func flush(within patience: Duration) {
    for _ in 0..<max(1, Int(patience / .milliseconds(10))) where !backlog.isEmpty {
      Thread.pause(for: .milliseconds(10))
    }
  }

  /// - Returns: false where it would have had to wait, and may not.
  @discardableResult
  private static func deliver(_ entry: Entry, mayWait: Bool) -> Bool {
    if hasJournal {
      switch JournalSocket.send(entry, mayWait: mayWait) {
      case .sent: return true
      case .wouldWait: return false
      case .failed: break
      }
    }
    let prefix = showsPriority ? "<\(entry.priority.rawValue)>" : ""
    let line = Array("\(prefix)\(entry.message)\n".utf8)
    // A pipe that can be written to takes so much, and more perhaps not.
    let most = Int(PIPE_BUF)
    guard mayWait else {
      // Who holds it may be waiting after all, where other processes write there.
      guard !isPipe || line.count <= most else { return false }
      return room.withLockIfAvailable { _ in put(line[...]) } ?? false
    }
    for start in stride(from: 0, to: line.count, by: most) {
      let part = line[start..<min(start + most, line.count)]
      while !room.withLock({ _ in put(part) }) { _ = hasRoom(waiting: -1) }
    }
    return true
  }

  /// Held from the look whether there is room until it is taken, so that nobody else takes it.
  private static let room = Mutex(())

  /// - Returns: false where it would have to wait, and nothing is written.
  private static func put(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard hasRoom(waiting: 0) else { return false }
    _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    return true
  }

  private static func hasRoom(waiting milliseconds: CInt) -> Bool {
    var watched = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
    return poll(&watched, 1, milliseconds) != 0
  }

  private static let isPipe: Bool = {
    var status = stat()
    return fstat(2, &status) == 0 && [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT)
  }()
}
