/// How a clock runs against true time. All instants count from the beginning of the simulation.
package struct ClockModel: Sendable, Hashable {
  /// The clock is set at one moment. Positive: it jumps ahead.
  package struct Step: Sendable, Hashable {
    package var at: Duration
    package var by: Duration

    package init(at: Duration, by: Duration) {
      self.at = at
      self.by = by
    }
  }

  /// The clock is moved evenly over a while: a smear, or a slew. Positive: it gains.
  package struct Slew: Sendable, Hashable {
    package var from: Duration
    package var lasting: Duration
    package var by: Duration

    package init(from: Duration, lasting: Duration, by: Duration) {
      precondition(lasting > .zero, "what happens at one moment is a step")
      self.from = from
      self.lasting = lasting
      self.by = by
    }
  }

  /// The clock stands still, as CLOCK_MONOTONIC_RAW does during a suspend.
  package struct Pause: Sendable, Hashable {
    package var from: Duration
    package var lasting: Duration

    package init(from: Duration, lasting: Duration) {
      precondition(lasting > .zero, "a pause takes time")
      self.from = from
      self.lasting = lasting
    }

    package var end: Duration { from + lasting }
  }

  /// The rate is not constant: a random walk of small normal changes, reflected at its limit, and
  /// a triangle wave such as the temperature of a day makes.
  package struct Wander: Sendable, Hashable {
    /// Deviation of one change, ppm.
    package var changePPM: Double
    /// Between two changes.
    package var every: Duration
    /// The walk stays within this on either side of `driftPPM`, ppm.
    package var limitPPM: Double
    /// Amplitude of the wave, ppm, and its period.
    package var wavePPM: Double
    package var wavePeriod: Duration

    package init(
      changePPM: Double = 0, every: Duration = .seconds(60), limitPPM: Double = 0,
      wavePPM: Double = 0, wavePeriod: Duration = .seconds(86_400)
    ) {
      precondition(every > .zero && wavePeriod > .zero, "a wander takes time")
      self.changePPM = changePPM
      self.every = every
      self.limitPPM = limitPPM
      self.wavePPM = wavePPM
      self.wavePeriod = wavePeriod
    }
  }

  /// At the beginning. Positive: ahead of true time.
  package var offset: Duration
  /// The rate, ppm. Positive: fast.
  package var driftPPM: Double
  package var wander: Wander?
  package var steps: [Step]
  package var slews: [Slew]
  package var pauses: [Pause]

  package init(
    offset: Duration = .zero, driftPPM: Double = 0, wander: Wander? = nil, steps: [Step] = [],
    slews: [Slew] = [], pauses: [Pause] = []
  ) {
    self.offset = offset
    self.driftPPM = driftPPM
    self.wander = wander
    self.steps = steps
    self.slews = slews
    self.pauses = pauses
  }
}
