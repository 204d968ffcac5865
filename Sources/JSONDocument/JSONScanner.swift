/// Steps through JSON text that is as clients usually write it: ASCII, without escapes and without
/// fractions. Whatever else there is stops it, right or wrong.
///
/// It is public since only what is public is inlined in other modules: that halves its time.
public struct JSONScanner {
  @usableFromInline let bytes: UnsafeBufferPointer<UInt8>
  @usableFromInline var position = 0

  /// With so many no 64-bit integer overflows.
  @inlinable static var mostDigits: Int { 18 }

  /// - Parameter bytes: stay where they are for as long as this is used.
  @inlinable public init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  @inlinable public var isAtEnd: Bool { position == bytes.count }

  /// 0 at the end, which nothing begins with.
  @inline(__always) @inlinable
  public var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

  @inlinable public mutating func skipSpace() {
    while next == 0x20 || (0x09...0x0D).contains(next) && next != 0x0B && next != 0x0C {
      position += 1
    }
  }

  /// Passes over the white space that may stand within a line.
  @inline(__always) @inlinable public mutating func skipBlanks() {
    while next == 0x20 || next == 0x09 { position += 1 }
  }

  /// Takes the character if it comes next.
  @inline(__always) @inlinable
  public mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Takes the word if it comes next.
  @inline(__always) @inlinable
  public mutating func take(_ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard bytes.count - position >= length else { return false }
    let text = UnsafeBufferPointer(rebasing: bytes[position..<position + length])
    // Never leaving early: so the compiler compares many bytes at a time.
    var difference: UInt8 = 0
    for index in 0..<length { difference |= text[index] ^ word.utf8Start[index] }
    guard difference == 0 else { return false }
    position += length
    return true
  }

  /// Takes the name of a member, and the colon behind it, if it comes next.
  ///
  /// - Parameter name: with its quotes.
  @inline(__always) @inlinable
  public mutating func take(name: StaticString) -> Bool {
    let start = position
    guard take(name) else { return false }
    skipBlanks()
    guard take(":" as Unicode.Scalar) else {
      position = start
      return false
    }
    skipBlanks()
    return true
  }

  /// What stands between two quotes: where it stands, which is as it is meant.
  @inlinable public mutating func plainText() -> UnsafeBufferPointer<UInt8>? {
    guard next == UInt8(ascii: "\"") else { return nil }
    let start = position + 1
    var end = start
    while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
      guard (0x20..<0x7F).contains(bytes[end]), bytes[end] != UInt8(ascii: "\\") else {
        return nil
      }
      end += 1
    }
    guard end < bytes.count else { return nil }
    position = end + 1
    return UnsafeBufferPointer(rebasing: bytes[start..<end])
  }

  @inlinable public mutating func integer() -> Int64? {
    let isNegative = take("-" as Unicode.Scalar)
    let start = position
    var number: Int64 = 0
    while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) {
      guard position - start < Self.mostDigits else { return nil }
      number = number * 10 + Int64(next - UInt8(ascii: "0"))
      position += 1
    }
    let hasLeadingZero = bytes.count > start && bytes[start] == UInt8(ascii: "0")
    guard position > start, !hasLeadingZero || (position - start == 1 && !isNegative),
      next != UInt8(ascii: "."), next != UInt8(ascii: "e"), next != UInt8(ascii: "E")
    else { return nil }
    return isNegative ? -number : number
  }

  /// Takes an object that is not empty and stands within a line.
  ///
  /// - Parameter member: takes a member, its name and its value; gives up with false.
  @inline(__always) @inlinable
  public mutating func object(_ member: (inout JSONScanner) -> Bool) -> Bool {
    guard take("{" as Unicode.Scalar) else { return false }
    repeat {
      skipBlanks()
      guard member(&self) else { return false }
      skipBlanks()
    } while take("," as Unicode.Scalar)
    return take("}" as Unicode.Scalar)
  }

  /// The text that `take` takes, where it takes any.
  @inline(__always) @inlinable
  public mutating func text(
    of take: (inout JSONScanner) -> Bool
  ) -> UnsafeBufferPointer<UInt8>? {
    let start = position
    guard take(&self) else { return nil }
    return UnsafeBufferPointer(rebasing: bytes[start..<position])
  }
}
