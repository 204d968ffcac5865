/// How one exchange is to be followed.
package struct TrackerSettings: Sendable, Hashable {
  /// Between resyncs, before jitter.
  package var interval: Duration

  /// Resync earlier rather than let the error grow past this.
  package var maxError: Duration

  /// Probes of one resync.
  package var samples: Int

  /// After which a probe is given up.
  package var timeout: Duration

  package var drift: DriftBound

  /// A larger jump of the exchange's clock is not believed.
  package var maxStep: Duration

  package var backOff: BackOff

  /// The quantum of the exchange's answers.
  package var resolution: Duration

  /// Probes a minute that the exchange's host leaves to it.
  package var hostShare = 60

  /// The host stands no more than `hostShare`, whatever the interval asks for.
  package var isHostShareStrict = false

  /// How far the rate of the exchange's clock against ours strays, either way, from a constant
  /// within the window that it is learnt from, parts per million. A quartz moves by about 1 ppm
  /// with the temperature of a day, and the exchange's own clock is steered by as much; a leap
  /// second that is smeared over a day is a change by 11.6 ppm, which is 5.8 to either side.
  package var wanderPPM = 6.0

  package init(
    interval: Duration = .seconds(3600), maxError: Duration = .milliseconds(100),
    samples: Int = 8, timeout: Duration = .seconds(5),
    drift: DriftBound = DriftBound(partsPerMillion: 100), maxStep: Duration = .seconds(600),
    backOff: BackOff = BackOff(initial: .seconds(1), longest: .seconds(300)),
    resolution: Duration = .milliseconds(1)
  ) {
    self.interval = interval
    self.maxError = maxError
    self.samples = samples
    self.timeout = timeout
    self.drift = drift
    self.maxStep = maxStep
    self.backOff = backOff
    self.resolution = resolution
  }

  /// The share of the host, or what the user's own interval asks for where that is more and the
  /// exchange has set no limit.
  var probesPerMinute: Int {
    guard !isHostShareStrict else { return hostShare }
    let perInterval = Int64(samples) * 60_000_000_000 / max(interval.wholeNanoseconds, 1)
    return max(hostShare, Int(perInterval) * 6 / 5)
  }

  /// Nothing known; samples are kept for some resyncs, and long enough to tell the rate.
  func emptyWindow(wanderPPM: Double) -> OffsetWindow {
    OffsetWindow(
      drift: drift, wanderPPM: wanderPPM, longestAge: max(.seconds(8 * 3600), interval * 4))
  }

  /// The longest that a resync takes when nothing fails.
  var longestBurst: Duration {
    (timeout + max(resolution, .milliseconds(100))) * samples
  }

  /// How long an estimate may be used after its last sample. Its bound is honest for longer, but
  /// by then it is too wide to stamp with, and no resync has been good for a day.
  var usefulLife: Duration {
    max(.seconds(86_400), interval * 4)
  }
}
