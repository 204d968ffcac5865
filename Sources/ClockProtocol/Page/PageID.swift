/// An exchange's id as a slot holds it: up to 32 bytes, zero padded. Ordered as its bytes are.
@usableFromInline
package struct PageID: Sendable, Hashable, Comparable {
  /// Eight bytes each, the first byte in the highest place.
  @usableFromInline let parts: (UInt64, UInt64, UInt64, UInt64)

  package static let longest = 32

  /// Nil for an id that no slot can hold: empty, too long, or with a zero byte.
  package init?(_ id: some StringProtocol) {
    let bytes = id.utf8
    guard (1...Self.longest).contains(bytes.count) else { return nil }
    var parts: InlineArray<4, UInt64> = .init(repeating: 0)
    var place = 0
    for byte in bytes {
      guard byte != 0 else { return nil }
      parts[place / 8] |= UInt64(byte) << UInt64(56 - place % 8 * 8)
      place += 1
    }
    self.parts = (parts[0], parts[1], parts[2], parts[3])
  }

  /// The 32 bytes of a slot.
  package init(bytes: ArraySlice<UInt8>) {
    var parts: InlineArray<4, UInt64> = .init(repeating: 0)
    for (place, byte) in bytes.prefix(Self.longest).enumerated() {
      parts[place / 8] |= UInt64(byte) << UInt64(56 - place % 8 * 8)
    }
    self.parts = (parts[0], parts[1], parts[2], parts[3])
  }

  /// The words of a slot, as they are in memory.
  init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
    parts = (
      UInt64(bigEndian: first), UInt64(bigEndian: second), UInt64(bigEndian: third),
      UInt64(bigEndian: fourth)
    )
  }

  /// One of the four words, as it is in memory.
  func inMemory(_ index: Int) -> UInt64 {
    switch index {
    case 0: parts.0.bigEndian
    case 1: parts.1.bigEndian
    case 2: parts.2.bigEndian
    default: parts.3.bigEndian
    }
  }

  @inlinable @inline(__always)
  package static func == (left: PageID, right: PageID) -> Bool {
    left.parts.0 == right.parts.0 && left.parts.1 == right.parts.1
      && left.parts.2 == right.parts.2 && left.parts.3 == right.parts.3
  }

  @inlinable @inline(__always)
  package static func < (left: PageID, right: PageID) -> Bool {
    if left.parts.0 != right.parts.0 { return left.parts.0 < right.parts.0 }
    if left.parts.1 != right.parts.1 { return left.parts.1 < right.parts.1 }
    if left.parts.2 != right.parts.2 { return left.parts.2 < right.parts.2 }
    return left.parts.3 < right.parts.3
  }

  @usableFromInline
  package func hash(into hasher: inout Hasher) {
    for index in 0..<4 { hasher.combine(inMemory(index)) }
  }

  /// All 32 bytes.
  package var bytes: [UInt8] {
    (0..<Self.longest).map { place in
      UInt8(
        truncatingIfNeeded: UInt64(bigEndian: inMemory(place / 8)) >> UInt64(56 - place % 8 * 8))
    }
  }

  package var text: String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
}
