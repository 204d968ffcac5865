/// The bytes of one slot, as the 8-byte words that are read and written as a whole each.
package struct PageWords: Sendable {
  package var words: InlineArray<24, UInt64>

  package init() {
    words = .init(repeating: 0)
  }

  typealias Field = PageLayout.SlotField

  subscript(number field: Field) -> Int64 {
    get { Int64(bitPattern: words[field.rawValue / 8]) }
    set { words[field.rawValue / 8] = UInt64(bitPattern: newValue) }
  }

  subscript(fraction field: Field) -> Double {
    get { Double(bitPattern: words[field.rawValue / 8]) }
    set { words[field.rawValue / 8] = newValue.bitPattern }
  }

  /// A 4-byte number, of which two are in a word.
  subscript(code field: Field) -> UInt32 {
    get { UInt32(truncatingIfNeeded: words[field.rawValue / 8] >> Self.shift(of: field)) }
    set {
      let shift = Self.shift(of: field)
      words[field.rawValue / 8] &= ~(0xFFFF_FFFF << shift)
      words[field.rawValue / 8] |= UInt64(newValue) << shift
    }
  }

  package var id: PageID {
    get {
      let first = Field.id.rawValue / 8
      return PageID(words[first], words[first + 1], words[first + 2], words[first + 3])
    }
    set {
      let first = Field.id.rawValue / 8
      (words[first], words[first + 1]) = (newValue.inMemory(0), newValue.inMemory(1))
      (words[first + 2], words[first + 3]) = (newValue.inMemory(2), newValue.inMemory(3))
    }
  }

  private static func shift(of field: Field) -> UInt64 {
    let isSecond = field.rawValue % 8 != 0
    #if _endian(little)
      return isSecond ? 32 : 0
    #else
      return isSecond ? 0 : 32
    #endif
  }
}
