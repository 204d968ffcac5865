/// FNV-1a with 64 bits: tells an accident from what was written, and settings from other settings.
/// Any single byte that differs shows. It is no protection against an adversary.
///
/// Source: Fowler, Noll, Vo & Eastlake, "The FNV Non-Cryptographic Hash Algorithm" (RFC 9923).
enum Checksum {
  static func number(of bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// 16 hexadecimal digits, lower case.
  static func text(of bytes: some Sequence<UInt8>) -> String {
    let digits = String(number(of: bytes), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Of several texts, each of which counts by itself.
  static func text(of parts: [String]) -> String {
    text(of: parts.flatMap { Array($0.utf8) + [0] })
  }
}
