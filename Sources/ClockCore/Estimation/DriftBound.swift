/// How fast two clocks may run apart: the assumed limit of the exchange's rate against ours.
package struct DriftBound: Sendable, Hashable {
  /// Parts per million, not negative: 100 ppm is 360 ms an hour.
  package var partsPerMillion: Int

  package init(partsPerMillion: Int) {
    precondition(partsPerMillion >= 0, "a drift bound has no sign")
    self.partsPerMillion = partsPerMillion
  }

  /// The most that the clocks can have moved apart in `elapsed`, whatever its sign; rounded up.
  package func margin(over elapsed: Duration) -> Duration {
    let product = Int128(elapsed.wholeNanoseconds.magnitude) * Int128(partsPerMillion)
    return .nanoseconds(Int64(clamping: (product + 999_999) / 1_000_000))
  }
}
