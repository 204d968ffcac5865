package import ClockCore

extension SplitMix64 {
  /// Between 0 and 1, both excluded, so that a logarithm or a reciprocal of it exists.
  package mutating func unit() -> Double {
    (Double(next() >> 11) + 0.5) * 0x1p-53
  }

  package mutating func isTrue(probability: Double) -> Bool {
    unit() < probability
  }

  /// Exponentially distributed: queueing on a path that is mostly idle.
  package mutating func exponential(mean: Duration) -> Duration {
    scaled(mean, by: -naturalLogarithm(unit()))
  }

  /// Heavy-tailed (Pareto of the second kind, exponent 2): the mean is `scale`, the variance is
  /// infinite but for the cut at `longest`.
  package mutating func heavyTail(scale: Duration, longest: Duration) -> Duration {
    min(scaled(scale, by: 1 / unit().squareRoot() - 1), longest)
  }

  /// Nearly normal with mean 0 and deviation 1: the sum of twelve uniform draws, within 6.
  package mutating func normal() -> Double {
    (0..<12).reduce(-6) { sum, _ in sum + unit() }
  }
}

/// `duration` times `factor`, in whole nanoseconds.
func scaled(_ duration: Duration, by factor: Double) -> Duration {
  .nanoseconds(Int64(Double(duration.wholeNanoseconds) * factor))
}

/// The natural logarithm of a positive finite number, to about 1e-13, with no C library.
///
/// x = m 2^e with m within sqrt(1/2)...sqrt(2); ln m = 2 artanh s with s = (m - 1) / (m + 1), at
/// most 0.172, so that eight terms of the series of artanh suffice.
package func naturalLogarithm(_ x: Double) -> Double {
  precondition(x > 0 && x.isFinite, "only a positive number has a logarithm")
  var (mantissa, exponent) = (x.significand, Double(x.exponent))
  if mantissa > 1.414_213_562_373_095 {
    mantissa /= 2
    exponent += 1
  }
  let s = (mantissa - 1) / (mantissa + 1)
  var (power, sum) = (s, 0.0)
  for term in 0..<8 {
    sum += power / Double(2 * term + 1)
    power *= s * s
  }
  return 2 * sum + exponent * 0.693_147_180_559_945_309
}
