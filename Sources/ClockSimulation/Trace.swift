import ClockCore

/// All that happened, as a hash (FNV-1a, 64 bits) and, where asked for, as lines.
package struct Trace: Sendable, Hashable {
  package private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  package private(set) var lines: [String] = []
  private let keepsLines: Bool

  package init(keepsLines: Bool = false) {
    self.keepsLines = keepsLines
  }

  mutating func add(_ what: StaticString, at instant: WorldInstant, _ values: Int64...) {
    what.withUTF8Buffer { for byte in $0 { mix(byte) } }
    for value in [instant.nanoseconds] + values {
      for shift in stride(from: 0, to: 64, by: 8) { mix(UInt8(truncatingIfNeeded: value >> shift)) }
    }
    if keepsLines {
      lines.append(
        "\(instant.nanoseconds) \(what) \(values.map(String.init).joined(separator: " "))")
    }
  }

  private mutating func mix(_ byte: UInt8) {
    hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
  }
}
