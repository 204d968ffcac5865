internal import ClockCore

/// Random numbers that are the same for the same seed: SplitMix64 by Sebastiano Vigna.
struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  /// A generator of its own for each name under one seed.
  init(seed: UInt64, name: String) {
    state = name.utf8.reduce(seed ^ 0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Evenly spread from nothing to `most`.
  mutating func duration(upTo most: Duration) -> Duration {
    let nanoseconds = most.wholeNanoseconds
    return nanoseconds > 0 ? .nanoseconds(Int64.random(in: 0...nanoseconds, using: &self)) : .zero
  }
}
