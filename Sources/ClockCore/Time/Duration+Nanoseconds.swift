extension Duration {
  /// The duration in whole nanoseconds, rounded towards zero.
  package var wholeNanoseconds: Int64 {
    Int64(attoseconds / 1_000_000_000)
  }
}

/// The duration without its sign.
package func abs(_ duration: Duration) -> Duration {
  duration < .zero ? .zero - duration : duration
}
