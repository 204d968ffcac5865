package import ClockCore

/// One run of a `ClockModel`: what the clock shows at any instant of true time.
///
/// The deviation from true time is piecewise linear: a list of segments, each with the deviation
/// at its start (ns, a Double: 1e13 ns to within 2e-3 ns) and its rate (ns per ns). Instants are
/// whole nanoseconds, so two readings may disagree with the exact line by one nanosecond each.
package struct SimulatedClock<Scale: Timescale>: Sendable {
  private struct Segment: Sendable {
    var start: Int64
    var deviation: Double
    var rate: Double
  }

  private let origin: Int64
  private let segments: [Segment]

  /// Draws the wander for `span`; after that the rate stays as it is.
  ///
  /// - Parameter origin: what a clock without offset shows at the beginning, ns.
  package init(_ model: ClockModel, origin: Int64, span: Duration, random: SplitMix64) {
    self.origin = origin + model.offset.wholeNanoseconds
    var random = random
    let wander = Self.wander(model.wander, span: span, random: &random)
    var starts = Set([0] + wander.map(\.start))
    for step in model.steps { starts.insert(step.at.wholeNanoseconds) }
    for slew in model.slews {
      starts.formUnion([slew.from.wholeNanoseconds, (slew.from + slew.lasting).wholeNanoseconds])
    }
    for pause in model.pauses {
      starts.formUnion([pause.from.wholeNanoseconds, pause.end.wholeNanoseconds])
    }
    var segments: [Segment] = []
    var walked = 0
    for start in starts.sorted() {
      while walked + 1 < wander.count, wander[walked + 1].start <= start { walked += 1 }
      var deviation =
        segments.last.map { $0.deviation + $0.rate * Double(start - $0.start) } ?? 0
      for step in model.steps where step.at.wholeNanoseconds == start {
        deviation += Double(step.by.wholeNanoseconds)
      }
      let base = model.driftPPM * 1e-6 + (wander.isEmpty ? 0 : wander[walked].rate)
      segments.append(
        Segment(start: start, deviation: deviation, rate: model.rate(base, at: start)))
    }
    self.segments = segments
  }

  package func reading(at instant: WorldInstant) -> Instant<Scale> {
    let segment = segments[index { $0.start <= instant.nanoseconds }]
    let deviation =
      segment.deviation + segment.rate * Double(instant.nanoseconds - segment.start)
    return Instant(
      nanoseconds: origin + instant.nanoseconds + Int64(deviation.rounded(.down)))
  }

  /// The first instant at which the clock shows `reading` or more.
  ///
  /// - Precondition: the clock is never stepped backwards.
  package func instant(of reading: Instant<Scale>) -> WorldInstant {
    let found = index { self.reading(at: WorldInstant(nanoseconds: $0.start)) < reading }
    let segment = segments[found]
    let start = WorldInstant(nanoseconds: segment.start)
    let missing = Double((reading - self.reading(at: start)).wholeNanoseconds)
    guard missing > 0, segment.rate > -1 else { return start }
    var instant = start + .nanoseconds(Int64(missing / (1 + segment.rate)))
    if found + 1 < segments.count {
      instant = min(instant, WorldInstant(nanoseconds: segments[found + 1].start))
    }
    while self.reading(at: instant) < reading { instant = instant + .nanoseconds(1) }
    return instant
  }

  /// The last segment that satisfies a condition which holds up to some segment; else the first.
  private func index(_ holds: (Segment) -> Bool) -> Int {
    var (low, high) = (0, segments.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if holds(segments[middle]) { low = middle } else { high = middle }
    }
    return low
  }

  /// The rate (ns per ns, on top of the drift) from each start on.
  private static func wander(
    _ wander: ClockModel.Wander?, span: Duration, random: inout SplitMix64
  ) -> [(start: Int64, rate: Double)] {
    guard let wander else { return [] }
    let every = wander.every.wholeNanoseconds
    var walk = 0.0
    return stride(from: 0, through: span.wholeNanoseconds, by: Int(every)).map { start in
      defer {
        walk += wander.changePPM * random.normal()
        if walk > wander.limitPPM { walk = max(2 * wander.limitPPM - walk, -wander.limitPPM) }
        if walk < -wander.limitPPM { walk = min(-2 * wander.limitPPM - walk, wander.limitPPM) }
      }
      let wave = wander.wavePPM * triangle(at: Int64(start), period: wander.wavePeriod)
      return (Int64(start), (walk + wave) * 1e-6)
    }
  }
}

extension ClockModel {
  /// The rate (ns per ns) from `start` on, given that of the free-running clock.
  fileprivate func rate(_ base: Double, at start: Int64) -> Double {
    let now = Duration.nanoseconds(start)
    if pauses.contains(where: { $0.from <= now && now < $0.end }) { return -1 }
    return slews.filter { $0.from <= now && now < $0.from + $0.lasting }.reduce(base) {
      $0 + Double($1.by.wholeNanoseconds) / Double($1.lasting.wholeNanoseconds)
    }
  }
}

/// A wave between -1 and 1 of straight lines: 0 at the beginning, 1 after a quarter of the period.
func triangle(at nanoseconds: Int64, period: Duration) -> Double {
  let length = period.wholeNanoseconds
  let quarter = 4 * Double(nanoseconds % length) / Double(length)
  return quarter < 1 ? quarter : quarter < 3 ? 2 - quarter : quarter - 4
}
