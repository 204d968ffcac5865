package import ClockCore

/// The delay of one direction of a path: a minimum, and what comes on top of it.
package struct PathModel: Sendable, Hashable {
  /// Propagation and everything else that never changes.
  package var minimum: Duration
  /// Mean of the exponential jitter that every packet has.
  package var jitter: Duration
  /// Probability and mean of an additional heavy-tailed delay (queues, retransmissions).
  package var tailProbability: Double
  package var tail: Duration
  /// Probability of a spike, and the longest one; each length up to it is equally likely.
  package var spikeProbability: Double
  package var longestSpike: Duration
  /// Additional delay in the busiest hour, none in the quietest: a triangle over 24 hours.
  package var diurnal: Duration

  package init(
    minimum: Duration, jitter: Duration = .zero, tailProbability: Double = 0,
    tail: Duration = .zero, spikeProbability: Double = 0, longestSpike: Duration = .zero,
    diurnal: Duration = .zero
  ) {
    self.minimum = minimum
    self.jitter = jitter
    self.tailProbability = tailProbability
    self.tail = tail
    self.spikeProbability = spikeProbability
    self.longestSpike = longestSpike
    self.diurnal = diurnal
  }

  /// The heavy tail is cut here: a packet that took longer would have been given up.
  package static let longestTail = Duration.seconds(2)

  /// The delay of a packet that leaves at `instant`.
  package func delay(at instant: WorldInstant, random: inout SplitMix64) -> Duration {
    var delay = minimum + random.exponential(mean: jitter)
    if random.isTrue(probability: tailProbability) {
      delay += random.heavyTail(scale: tail, longest: Self.longestTail)
    }
    if random.isTrue(probability: spikeProbability) {
      delay += random.duration(in: .zero...longestSpike)
    }
    let wave = triangle(at: instant.nanoseconds, period: .seconds(86_400))
    return delay + scaled(diurnal, by: (1 + wave) / 2)
  }
}
