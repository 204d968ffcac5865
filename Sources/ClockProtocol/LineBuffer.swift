/// Bytes as they come in, cut into lines as they are asked for.
package struct LineBuffer: Sendable {
  /// Bytes of a request at most, without its newline.
  package static let longestRequest = 65_536

  package enum Line: Sendable, Equatable {
    case complete([UInt8])
    /// A line over the limit; its bytes are dropped as they come.
    case tooLong
  }

  private var bytes: [UInt8] = []
  /// Where what has not been handed over begins.
  private var start = 0
  /// From `start` to here there is no newline.
  private var searched = 0
  private var isDropping = false

  private let longestLine: Int

  /// - Parameter longestLine: bytes of a line at most, without its newline.
  package init(longestLine: Int = longestRequest) {
    self.longestLine = longestLine
  }

  /// No line has begun.
  package var isEmpty: Bool { bytes.isEmpty && !isDropping }

  /// Bytes that are kept.
  package var count: Int { bytes.count }

  /// Takes in what was read.
  package mutating func append(_ more: UnsafeRawBufferPointer) {
    if start > 0 {
      bytes.removeFirst(start)
      searched -= start
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// No more will come: what is there is the last line, newline or not.
  package mutating func end() {
    bytes.append(UInt8(ascii: "\n"))
  }

  /// The next line that is complete, or too long already. Empty lines are passed over; a carriage
  /// return before the newline is dropped.
  package mutating func next() -> Line? {
    while true {
      if start == searched { passNewlines() }
      guard let end = bytes.withUnsafeBytes({ Self.newline(in: $0, from: searched) }) else {
        return dropIfTooLong()
      }
      let line = start..<end
      let wasDropping = isDropping
      isDropping = false
      start = end + 1
      searched = start
      defer { if start == bytes.count { clear() } }
      if wasDropping { continue }
      if line.count > longestLine { return .tooLong }
      if let found = content(of: line) { return .complete(found) }
    }
  }

  /// One by one they would take as long as lines.
  private mutating func passNewlines() {
    start = bytes.withUnsafeBytes { bytes in
      var place = searched
      while place < bytes.count, bytes[place] == UInt8(ascii: "\n") { place += 1 }
      return place
    }
    if start > searched { isDropping = false }
    searched = start
    if start == bytes.count { clear() }
  }

  /// Of what has no newline yet.
  private mutating func dropIfTooLong() -> Line? {
    searched = bytes.count
    guard isDropping || bytes.count - start > longestLine else { return nil }
    defer { isDropping = true }
    clear()
    return isDropping ? nil : .tooLong
  }

  /// Takes in what was read and hands over each line that is complete with it, in order.
  package mutating func append(_ bytes: UnsafeRawBufferPointer, _ handle: (Line) -> Void) {
    append(bytes)
    while let line = next() { handle(line) }
  }

  /// Nil where there is none.
  private func content(of line: Range<Int>) -> [UInt8]? {
    guard let last = bytes[line].last else { return nil }
    let content = bytes[last == UInt8(ascii: "\r") ? line.dropLast() : line]
    return content.isEmpty ? nil : Array(content)
  }

  private mutating func clear() {
    bytes = []
    start = 0
    searched = 0
  }

  /// Eight bytes at a time: what is no line costs next to nothing.
  private static func newline(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var place = start
    while place + 8 <= bytes.count {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      // Zero where there is a newline; the lowest high bit that is set tells the first of them.
      let zeroed = word ^ (ones &* UInt64(UInt8(ascii: "\n")))
      let found = (zeroed &- ones) & ~zeroed & (ones &* 0x80)
      if found != 0 { return place + found.trailingZeroBitCount / 8 }
      place += 8
    }
    return (place..<bytes.count).first { bytes[$0] == UInt8(ascii: "\n") }
  }
}
