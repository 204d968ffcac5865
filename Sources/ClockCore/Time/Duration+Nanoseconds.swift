extension Duration {
  /// As the function of the standard library, which is generic and takes ten times as long.
  package static func nanoseconds(_ count: Int64) -> Duration {
    // 64 bits times 30: nothing overflows.
    Duration(attoseconds: Int128(count) &* 1_000_000_000)
  }

  /// These two as well.
  package static func * (duration: Duration, factor: Int) -> Duration {
    Duration(attoseconds: duration.attoseconds * Int128(factor))
  }

  package static func / (duration: Duration, divisor: Int) -> Duration {
    Duration(attoseconds: duration.attoseconds / Int128(divisor))
  }

  /// The duration in whole nanoseconds, rounded towards zero.
  package var wholeNanoseconds: Int64 {
    // What a 64-bit integer holds, 9 s, is divided ten times as fast; offsets are computed from
    // many durations with each answer.
    let attoseconds = attoseconds
    if let few = Int64(exactly: attoseconds) { return few / 1_000_000_000 }
    return Int64(attoseconds / 1_000_000_000)
  }
}

/// The duration without its sign.
package func abs(_ duration: Duration) -> Duration {
  duration < .zero ? .zero - duration : duration
}
