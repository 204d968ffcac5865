/// From where on something is worth a verdict. Below, it is at most mentioned.
package struct HealthThresholds: Sendable, Hashable {
  /// Two clocks contradict each other when their intervals are further apart than this. The clocks
  /// of healthy exchanges differ by some tens of milliseconds; none refuses an order for so little.
  package var contradiction = Duration.milliseconds(100)

  /// Of the probes in the register, so many without an answer, and so large a share of them.
  package var lostProbes = 3
  package var lostPercent = 10

  /// A shortest round trip that is long whatever `max_error` is.
  package var longRoundTrip = Duration.seconds(1)

  /// How much longer than the shortest round trip of a burst its last one may take.
  package var unevenRoundTrip = Duration.seconds(1)

  /// Of the samples of a burst, so many that contradict the others, and so large a share of them.
  package var rejectedSamples = 2
  package var rejectedPercent = 25

  package static let standard = HealthThresholds()
}
