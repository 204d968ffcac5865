internal import ClockProtocol
internal import LinuxSystem

/// One client of the socket. Belongs to the socket's thread.
final class Connection {
  /// A client for which more than this waits, and that asks on, is cut off.
  static let mostUnread = 256 * 1024

  let token: UInt64
  let descriptor: OwnedDescriptor

  /// A request is being worked on elsewhere; the ones after it wait, so that answers keep order.
  var isWaiting = false

  /// The client will send no more; it still gets its answers.
  private(set) var inputEnded = false

  /// The client reads too slowly, or is gone.
  private(set) var isCutOff = false

  private var input = LineBuffer()
  private var lines: ArraySlice<LineBuffer.Line> = []
  private var output: [UInt8] = []
  private var watched = (reading: true, writing: false)

  init(token: UInt64, descriptor: consuming OwnedDescriptor) {
    self.token = token
    self.descriptor = descriptor
  }

  /// Nothing more will happen here: to be closed.
  var isFinished: Bool {
    isCutOff || (inputEnded && !isWaiting && lines.isEmpty && output.isEmpty)
  }

  /// Lines are in that have not been answered.
  var hasLines: Bool { !lines.isEmpty }

  /// The client has closed its side; what it sent last counts as a line.
  func endInput() {
    inputEnded = true
    var fresh: [LineBuffer.Line] = []
    input.end { fresh.append($0) }
    lines += fresh
  }

  func cutOff() {
    isCutOff = true
  }

  func take(_ bytes: UnsafeRawBufferPointer) {
    var fresh: [LineBuffer.Line] = []
    input.append(bytes) { fresh.append($0) }
    lines = fresh[...]
  }

  func nextLine() -> LineBuffer.Line? {
    guard !lines.isEmpty else { return nil }
    if output.count > Self.mostUnread { flush() }
    guard output.count <= Self.mostUnread else {
      isCutOff = true
      return nil
    }
    return lines.popFirst()
  }

  func enqueue(_ line: String) {
    output += line.utf8
    output.append(UInt8(ascii: "\n"))
  }

  /// Sends as much as the client takes now.
  func flush() {
    var sent = 0
    output.withUnsafeBytes { bytes in
      while sent < bytes.count {
        switch descriptor.send(UnsafeRawBufferPointer(rebasing: bytes[sent...])) {
        case .bytes(let count): sent += count
        case .wouldBlock: return
        case .closed:
          isCutOff = true
          return
        }
      }
    }
    if sent == output.count { output = [] } else { output.removeFirst(sent) }
  }

  func watch(with poller: Poller) {
    let wanted = (reading: !isWaiting && !hasLines && !inputEnded, writing: !output.isEmpty)
    guard wanted != watched else { return }
    watched = wanted
    poller.change(descriptor, token: token, reading: wanted.reading, writing: wanted.writing)
  }
}
