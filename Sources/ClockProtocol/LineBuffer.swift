/// Bytes as they come in, cut into lines.
package struct LineBuffer: Sendable {
  /// Bytes of a request at most, without its newline.
  package static let longestRequest = 65_536

  package enum Line: Sendable, Equatable {
    case complete([UInt8])
    /// A line over the limit; its bytes are dropped as they come.
    case tooLong
  }

  private var pending: [UInt8] = []
  private var isDropping = false

  private let longestLine: Int

  /// - Parameter longestLine: bytes of a line at most, without its newline.
  package init(longestLine: Int = longestRequest) {
    self.longestLine = longestLine
  }

  /// No line has begun.
  package var isEmpty: Bool { pending.isEmpty && !isDropping }

  /// Takes in what was read and hands over each line that is complete with it, in order.
  /// Empty lines are passed over; a carriage return before the newline is dropped.
  package mutating func append(_ bytes: UnsafeRawBufferPointer, _ handle: (Line) -> Void) {
    var start = 0
    // Not `firstIndex(of:)`, which takes several times as long.
    for end in 0..<bytes.count where bytes[end] == UInt8(ascii: "\n") {
      take(bytes[start..<end], handle)
      start = end + 1
      finish(handle)
    }
    take(bytes[start...], handle)
  }

  /// No more will come: what is there is the last line, newline or not.
  package mutating func end(_ handle: (Line) -> Void) {
    finish(handle)
  }

  private mutating func take(
    _ part: Slice<UnsafeRawBufferPointer>, _ handle: (Line) -> Void
  ) {
    guard !isDropping else { return }
    if pending.count + part.count > longestLine {
      pending = []
      isDropping = true
      handle(.tooLong)
    } else {
      let part = UnsafeRawBufferPointer(rebasing: part)
      if pending.isEmpty { pending = Array(part) } else { pending.append(contentsOf: part) }
    }
  }

  private mutating func finish(_ handle: (Line) -> Void) {
    if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
    if !pending.isEmpty { handle(.complete(pending)) }
    pending = []
    isDropping = false
  }
}
