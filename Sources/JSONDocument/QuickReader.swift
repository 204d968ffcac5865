/// Reads the JSON documents that clients usually send: small, in ASCII, without escapes and without
/// fractions.
///
/// It gives up on everything else, and on whatever is wrong, so that the real parser decides, and
/// finds the words for it. What it does read, the real parser would read alike; that is worth
/// having because requests come often, and this takes a fraction of the time.
struct QuickReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  private static let deepest = 16
  /// Members are looked through for a key that is there already.
  private static let mostMembers = 16
  /// With so many no 64-bit integer overflows.
  private static let mostDigits = 18

  // Where it gives up is spelt `.none` here: `nil` is a JSON value too, null.

  /// - Returns: nil where it gives up.
  static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONValue? {
    var reader = QuickReader(bytes: bytes)
    guard let value = reader.value(deepest) else { return .none }
    reader.skipSpace()
    guard reader.position == bytes.count else { return .none }
    return value
  }

  private init(bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  /// 0 at the end, which nothing begins with.
  private var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

  private mutating func skipSpace() {
    while next == 0x20 || (0x09...0x0D).contains(next) && next != 0x0B && next != 0x0C {
      position += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func take(_ word: StaticString) -> Bool {
    guard bytes.count - position >= word.utf8CodeUnitCount else { return false }
    for index in 0..<word.utf8CodeUnitCount where bytes[position + index] != word.utf8Start[index] {
      return false
    }
    position += word.utf8CodeUnitCount
    return true
  }

  private mutating func value(_ depth: Int) -> JSONValue? {
    guard depth > 0 else { return .none }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return object(depth)
    case UInt8(ascii: "["): return array(depth)
    case UInt8(ascii: "\""): return string().map(JSONValue.string)
    case UInt8(ascii: "t"): return take("true") ? .some(.bool(true)) : .none
    case UInt8(ascii: "f"): return take("false") ? .some(.bool(false)) : .none
    case UInt8(ascii: "n"): return take("null") ? .some(.null) : .none
    default: return integer()
    }
  }

  private mutating func object(_ depth: Int) -> JSONValue? {
    position += 1
    var members: [JSONValue.Member] = []
    skipSpace()
    if take("}" as Unicode.Scalar) { return .object(members) }
    members.reserveCapacity(4)
    while members.count < Self.mostMembers {
      skipSpace()
      guard next == UInt8(ascii: "\""), let key = string() else { return .none }
      skipSpace()
      guard take(":" as Unicode.Scalar), !members.contains(where: { $0.key == key }),
        let value = value(depth - 1)
      else { return .none }
      members.append(JSONValue.Member(key, value))
      skipSpace()
      if take("}" as Unicode.Scalar) { return .object(members) }
      guard take("," as Unicode.Scalar) else { return .none }
    }
    return .none
  }

  private mutating func array(_ depth: Int) -> JSONValue? {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]" as Unicode.Scalar) { return .array(elements) }
    while let value = value(depth - 1) {
      elements.append(value)
      skipSpace()
      if take("]" as Unicode.Scalar) { return .array(elements) }
      guard take("," as Unicode.Scalar) else { return .none }
    }
    return .none
  }

  private mutating func string() -> String? {
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
    return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
  }

  private mutating func integer() -> JSONValue? {
    let isNegative = take("-" as Unicode.Scalar)
    let start = position
    var number: Int64 = 0
    while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) {
      guard position - start < Self.mostDigits else { return .none }
      number = number * 10 + Int64(next - UInt8(ascii: "0"))
      position += 1
    }
    let hasLeadingZero = bytes.count > start && bytes[start] == UInt8(ascii: "0")
    guard position > start, !hasLeadingZero || (position - start == 1 && !isNegative),
      next != UInt8(ascii: "."), next != UInt8(ascii: "e"), next != UInt8(ascii: "E")
    else { return .none }
    return .integer(isNegative ? -number : number)
  }
}
