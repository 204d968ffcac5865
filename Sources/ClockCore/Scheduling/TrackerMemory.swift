/// What of one exchange's tracker outlives a restart of the daemon within the same boot.
///
/// Instants and offsets refer to CLOCK_MONOTONIC_RAW, which goes on counting while no daemon runs:
/// an estimate that is put back is as honest as if the daemon had never stopped, only older.
package struct TrackerMemory: Sendable, Hashable {
  /// Nil before the first good resync, and while a movement of either clock makes it doubtful.
  package var estimate: Estimate?

  /// Nil when the exchange does not want us to stay away.
  package var block: Block?

  package var rejections: Rejections

  /// When the last minute's probes were sent, oldest first, where the exchange's host stands few;
  /// those of a burst under way that are still to come count as sent.
  package var probes: [MonotonicInstant]

  package init(
    estimate: Estimate? = nil, block: Block? = nil, rejections: Rejections = .init(),
    probes: [MonotonicInstant] = []
  ) {
    self.estimate = estimate
    self.block = block
    self.rejections = rejections
    self.probes = probes
  }

  /// What the last good resync left behind.
  package struct Estimate: Sendable, Hashable {
    /// By the samples alone.
    package var clock: IntervalClock

    /// What it is widened by to cover all servers of the exchange.
    package var widening: Spread

    /// The bounds of earlier resyncs that bind, which the rate is learnt from; oldest first.
    package var lowerBounds: [OffsetWindow.Bound]
    package var upperBounds: [OffsetWindow.Bound]

    /// How far the rate is taken to stray, parts per million.
    package var wanderPPM: Double

    /// The servers that were met.
    package var fleet: FleetSpread

    /// When the last good sample came in.
    package var lastSync: MonotonicInstant

    package var shortestRoundTrip: Duration
    package var lastRoundTrip: Duration

    /// Samples of the last good resync that agree, and those that do not.
    package var samples: Int
    package var rejected: Int

    package init(
      clock: IntervalClock, widening: Spread = .none, lowerBounds: [OffsetWindow.Bound],
      upperBounds: [OffsetWindow.Bound], wanderPPM: Double, fleet: FleetSpread = FleetSpread(),
      lastSync: MonotonicInstant, shortestRoundTrip: Duration,
      lastRoundTrip: Duration, samples: Int, rejected: Int
    ) {
      self.clock = clock
      self.widening = widening
      self.lowerBounds = lowerBounds
      self.upperBounds = upperBounds
      self.wanderPPM = wanderPPM
      self.fleet = fleet
      self.lastSync = lastSync
      self.shortestRoundTrip = shortestRoundTrip
      self.lastRoundTrip = lastRoundTrip
      self.samples = samples
      self.rejected = rejected
    }
  }

  /// The exchange wants us to stay away.
  package struct Block: Sendable, Hashable {
    package var until: MonotonicInstant

    /// Why, in one clause: "HTTP 429 Too Many Requests".
    package var reason: String

    /// Resyncs failed in a row.
    package var failures: Int

    package init(until: MonotonicInstant, reason: String, failures: Int) {
      self.until = until
      self.reason = reason
      self.failures = failures
    }

    /// No exchange is obeyed for longer than this at a time.
    package static let longest = Duration.seconds(86_400)
  }
}

extension TrackerMemory {
  /// Whether it can have been a tracker's with these settings at some time before `now`. What is
  /// not cannot be calculated with: it would overflow, or break what the calculations rely on.
  package func isSound(for settings: TrackerSettings, at now: MonotonicInstant) -> Bool {
    let counts = [rejections.contradicting, rejections.stale, rejections.unusable]
    return counts.allSatisfy(Self.isCount) && probes.count <= 1_000
      && probes.allSatisfy { (MonotonicInstant(nanoseconds: 0)...now).contains($0) }
      && zip(probes, probes.dropFirst()).allSatisfy { $0 <= $1 }
      && block.map { $0.until.nanoseconds >= 0 && Self.isCount($0.failures) } ?? true
      && estimate.map { $0.isSound(for: settings, at: now) } ?? true
  }

  /// Far from where counting on would overflow.
  fileprivate static func isCount(_ number: Int) -> Bool {
    (0...1 << 40).contains(number)
  }
}

extension TrackerMemory.Estimate {
  fileprivate func isSound(for settings: TrackerSettings, at now: MonotonicInstant) -> Bool {
    let drift = Double(settings.drift.partsPerMillion)
    let steepest = 2 * (drift + wanderPPM) + 1e-6
    let past = MonotonicInstant(nanoseconds: 0)...now
    return (min(settings.wanderPPM, drift)...max(settings.wanderPPM, drift)).contains(wanderPPM)
      && clock.rates.lowerPPM >= -steepest && clock.rates.upperPPM <= steepest
      && past.contains(clock.asOf) && past.contains(lastSync)
      && Self.isTime(clock.interval.lower, at: clock.asOf)
      && Self.isTime(clock.interval.upper, at: clock.asOf)
      && [lowerBounds, upperBounds].allSatisfy { bounds in
        (1...OffsetWindow.capacity).contains(bounds.count)
          && zip(bounds, bounds.dropFirst()).allSatisfy { $0.instant < $1.instant }
          && bounds.allSatisfy {
            past.contains($0.instant) && Self.isTime($0.offset, at: $0.instant)
              && ($0.instant...now).contains($0.burst)
          }
      }
      && fleet.seen.count <= 25
      && fleet.seen.allSatisfy {
        past.contains($0.asOf) && Self.isDistance($0.diameter) && TrackerMemory.isCount($0.answers)
      }
      && [widening.below, widening.above].allSatisfy(Self.isDistance)
      && [shortestRoundTrip, lastRoundTrip].allSatisfy { (.zero ... .seconds(3600)).contains($0) }
      && [samples, rejected].allSatisfy(TrackerMemory.isCount)
  }

  private static func isDistance(_ duration: Duration) -> Bool {
    (.zero ... .seconds(3600)).contains(duration)
  }

  /// Whether the exchange's clock shows a time of the years 2020 to 2100 by this offset.
  private static func isTime(_ offset: AnchoredOffset, at instant: MonotonicInstant) -> Bool {
    let (time, isOverflow) = instant.nanoseconds.addingReportingOverflow(offset.nanoseconds)
    return !isOverflow && (1_577_836_800_000_000_000..<4_102_444_800_000_000_000).contains(time)
  }
}
