/// What the standard library has too, but in functions that are not inlined. Each answer is
/// computed from dozens of durations, and these are a few instructions each.
extension Duration {
  @inlinable package static func nanoseconds(_ count: Int64) -> Duration {
    // 64 bits times 30: nothing overflows.
    Duration(attoseconds: Int128(count) &* 1_000_000_000)
  }

  @inlinable package static func < (left: Duration, right: Duration) -> Bool {
    left.attoseconds < right.attoseconds
  }

  @inlinable package static func > (left: Duration, right: Duration) -> Bool {
    left.attoseconds > right.attoseconds
  }

  @inlinable package static func <= (left: Duration, right: Duration) -> Bool {
    left.attoseconds <= right.attoseconds
  }

  @inlinable package static func >= (left: Duration, right: Duration) -> Bool {
    left.attoseconds >= right.attoseconds
  }

  @inlinable package static func + (left: Duration, right: Duration) -> Duration {
    Duration(attoseconds: left.attoseconds + right.attoseconds)
  }

  @inlinable package static func - (left: Duration, right: Duration) -> Duration {
    Duration(attoseconds: left.attoseconds - right.attoseconds)
  }

  @inlinable package static func * (duration: Duration, factor: Int) -> Duration {
    Duration(attoseconds: duration.attoseconds * Int128(factor))
  }

  // What a 64-bit integer holds, 9 s, is divided ten times as fast; so it is below.
  @inlinable package static func / (duration: Duration, divisor: Int) -> Duration {
    let attoseconds = duration.attoseconds
    if let few = Int64(exactly: attoseconds) {
      return Duration(attoseconds: Int128(few / Int64(divisor)))
    }
    return Duration(attoseconds: attoseconds / Int128(divisor))
  }

  /// The duration in whole nanoseconds, rounded towards zero.
  @inline(__always) @inlinable package var wholeNanoseconds: Int64 {
    let attoseconds = attoseconds
    if let few = Int64(exactly: attoseconds) { return few / 1_000_000_000 }
    return Self.divided(attoseconds)
  }

  @inline(never) @usableFromInline package static func divided(_ attoseconds: Int128) -> Int64 {
    Int64(attoseconds / 1_000_000_000)
  }
}

/// The duration without its sign.
package func abs(_ duration: Duration) -> Duration {
  duration < .zero ? .zero - duration : duration
}
