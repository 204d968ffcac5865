import ClockProtocol

/// However what comes in is cut into pieces, it is the same lines.
enum LinesTarget {
  /// The first byte is how long a line may be; then pieces, each after a byte that is its length.
  @Sendable static func run(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let limit = Int(first % 32)
    var buffer = LineBuffer(longestLine: limit)
    var found: [LineBuffer.Line] = []
    var whole: [UInt8] = []
    var rest = bytes.dropFirst()
    while let length = rest.popFirst() {
      let piece = Array(rest.prefix(Int(length)))
      rest = rest.dropFirst(piece.count)
      whole += piece
      piece.withUnsafeBytes { buffer.append($0) }
      // Not all at once: a client's next line waits for its turn.
      var turns = Int(length % 3)
      while turns > 0, let line = buffer.next() {
        found.append(line)
        turns -= 1
      }
    }
    while let line = buffer.next() { found.append(line) }
    if found != lines(of: whole, limit: limit) {
      violated("lines are what is between newlines", "\(found) of \(whole) at most \(limit)")
    }
    let unfinished = pieces(whole).last ?? []
    if buffer.isEmpty != unfinished.isEmpty {
      violated("what is kept is a line that has begun", "\(buffer.count) of \(whole)")
    }
    if !unfinished.isEmpty, unfinished.count <= limit {
      buffer.end()
      if buffer.next().map({ [$0] }) ?? [] != lines(of: Array(unfinished) + [10], limit: limit) {
        violated("what is there at the end is the last line", "\(whole)")
      }
    }
  }

  private static func pieces(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  }

  private static func lines(of bytes: [UInt8], limit: Int) -> [LineBuffer.Line] {
    let pieces = pieces(bytes)
    return pieces.enumerated().compactMap { number, piece in
      if piece.count > limit { return .tooLong }
      let content = piece.last == UInt8(ascii: "\r") ? piece.dropLast() : piece
      let isUnfinished = number == pieces.count - 1
      return isUnfinished || content.isEmpty ? nil : .complete(Array(content))
    }
  }
}
