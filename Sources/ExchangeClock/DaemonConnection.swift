internal import ClockCore
package import ClockProtocol
internal import Glibc
package import JSONDocument
package import LinuxSystem

/// A connection to the daemon that asks one thing at a time and waits for the answer.
package struct DaemonConnection: ~Copyable {
  /// Why there was no answer.
  package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    case unreachable(SystemError)
    /// The daemon closed the connection before it answered.
    case closed
    /// No answer came for so long.
    case timedOut(Duration)
    case refused(RPCError)

    package var description: String {
      switch self {
      case .unreachable(let error) where error.isForbidden:
        "\(error); who is in the daemon's group may ask: sudo usermod -aG exchange-clock \"$USER\","
          + " and log in anew"
      case .unreachable(let error):
        "no daemon: \(error); start exchange-clockd, or name its socket with"
          + " \(SocketPath.variable) or --socket"
      case .closed: "the daemon closed the connection; see its log"
      case .timedOut(let patience):
        "the daemon has not answered for \(patience.shortText); is it stopped?"
      case .refused(let error): error.message
      }
    }
  }

  private let descriptor: OwnedDescriptor
  private let patience: Duration
  private var input = LineBuffer(longestLine: 64 << 20)
  private var lines: [[UInt8]] = []
  private var nextID: Int64 = 1

  /// Connects to the socket at `path`.
  ///
  /// - Parameter patience: how long an answer may take.
  package init(to path: String, patience: Duration) throws(Failure) {
    self.patience = patience
    do throws(SystemError) {
      descriptor = try UnixSocket.connect(to: path, patience: patience)
    } catch {
      // As many as may be are waiting to be taken already.
      throw error.number == EAGAIN ? .timedOut(patience) : .unreachable(error)
    }
  }

  /// How often somebody who waits is told so.
  private static let tick = Duration.milliseconds(200)

  /// The result of one request.
  ///
  /// - Parameter waiting: called several times a second while there is no answer.
  package mutating func call(
    _ method: Method, _ params: JSONValue = [:], waiting: (() -> Void)? = nil
  ) throws(Failure) -> JSONValue {
    let id = JSONValue.integer(nextID)
    nextID += 1
    let deadline = HostClocks.monotonic() + patience
    try tell(Request(id: id, method: method.rawValue, params: params).line)
    while true {
      try wait(until: deadline, telling: waiting)
      let line = try receive(by: deadline)
      // An answer without an id is to a line that could not be read: there is only ours.
      guard let answer = try? JSONValue(parsing: line),
        answer["id"] == id || answer["id"] == .null
      else { continue }
      do throws(RPCError) {
        return try Response.result(of: answer)
      } catch {
        throw .refused(error)
      }
    }
  }

  /// What becomes readable when the daemon says something.
  package var descriptorNumber: CInt { descriptor.number }

  /// The offsets of the `offset` notifications that have come in since; waits for none.
  package mutating func takeNotifications() throws(Failure) -> [OffsetResult] {
    var offsets: [OffsetResult] = []
    while !lines.isEmpty || descriptor.isReadable(within: .zero) {
      let line = try receive()
      guard let json = try? JSONValue(parsing: line),
        let notification = OffsetNotification(json: json)
      else { continue }
      offsets.append(notification.offset)
    }
    return offsets
  }

  /// As above, but waits until there is one; nil as soon as a pipe's other end is gone, which a
  /// write would show only then.
  package mutating func waitForNotifications(
    unlessNobodyReads pipe: CInt
  ) throws(Failure) -> [OffsetResult]? {
    while true {
      let offsets = try takeNotifications()
      guard offsets.isEmpty else { return offsets }
      guard descriptor.waitUntilReadable(unlessGone: pipe) else { return nil }
    }
  }

  /// The first line that comes after a line was sent: the answer, where nothing else was asked.
  package mutating func ask(_ line: String) throws(Failure) -> [UInt8] {
    try tell(line)
    return try receive()
  }

  /// Sends a line. That the daemon has closed the connection shows when its answer is read: a
  /// client that is turned away is told why.
  package func tell(_ line: String) throws(Failure) {
    let failure = send(line + "\n")
    if let failure, failure != .closed { throw failure }
  }

  private func send(_ line: String) -> Failure? {
    var rest = Array(line.utf8)[...]
    while !rest.isEmpty {
      switch rest.withUnsafeBytes({ descriptor.send($0) }) {
      case .bytes(let count): rest = rest.dropFirst(count)
      case .closed: return .closed
      case .wouldBlock: return .timedOut(patience)
      }
    }
    return nil
  }

  private func wait(
    until deadline: MonotonicInstant, telling waiting: (() -> Void)?
  ) throws(Failure) {
    guard let waiting else { return }
    while lines.isEmpty, !descriptor.isReadable(within: Self.tick) {
      guard HostClocks.monotonic() < deadline else { throw .timedOut(patience) }
      waiting()
    }
  }

  /// The next line that the daemon sends, whole within the patience.
  package mutating func receive() throws(Failure) -> [UInt8] {
    try receive(by: HostClocks.monotonic() + patience)
  }

  /// As above, by that instant: a line that comes in pieces takes no longer.
  private mutating func receive(by deadline: MonotonicInstant) throws(Failure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while lines.isEmpty {
      let left = deadline - HostClocks.monotonic()
      guard left > .zero else { throw .timedOut(patience) }
      guard descriptor.isReadable(within: left) else { continue }
      let count: Int
      switch buffer.withUnsafeMutableBytes({ descriptor.read(into: $0) }) {
      case .bytes(let read): count = read
      case .closed: throw .closed
      case .wouldBlock: throw .timedOut(patience)
      }
      var fresh: [[UInt8]] = []
      buffer.withUnsafeBytes { bytes in
        input.append(UnsafeRawBufferPointer(rebasing: bytes[..<count])) {
          if case .complete(let line) = $0 { fresh.append(line) }
        }
      }
      lines += fresh
    }
    return lines.removeFirst()
  }
}
