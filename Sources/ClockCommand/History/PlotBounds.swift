internal import ClockCore
internal import ClockProtocol

/// The bounds that were given over a history: each resync's estimate, carried on by its drift and
/// widened by what is not known of that, up to the next one.
///
/// Written down is what was given right after each resync, and how fast CLOCK_REALTIME, against
/// which offsets are shown, ran since the one before. So a stretch that a resync ends is exact but
/// for how that rate varied within it; in the last one the rate is taken to be what it was.
struct PlotBounds {
  struct Point: Equatable {
    /// CLOCK_REALTIME, Unix microseconds.
    var time: Int64
    /// Nanoseconds.
    var lower: Int64
    var offset: Int64
    var upper: Int64
  }

  /// What no clock does is not drawn: ten years between two resyncs, in microseconds, ...
  private static let longestStretch: Int64 = 10 * 366 * 86_400 * 1_000_000
  /// ... or more than the kernel slews a clock by, and what is then unknown.
  private static let mostPPM = 250_000.0

  /// Measurements that a line may connect: no clock was moved between them, and the daemon ran.
  let measured: [[HistoryResult.Measurement]]
  /// What was given without a break; two points at the time of a resync, before and after it.
  let runs: [[Point]]
  /// When the state was `holdover`, CLOCK_REALTIME, Unix microseconds.
  let holdovers: [ClosedRange<Int64>]

  /// - Parameter end: up to which the last bound was given.
  init(_ history: HistoryResult, until end: Int64) {
    let events = history.events.sorted { $0.sequence < $1.sequence }
    var measured: [[HistoryResult.Measurement]] = []
    var runs: [[Point]] = []
    var isConnected = false
    for (index, entry) in history.measurements.enumerated() {
      let next = history.measurements.dropFirst(index + 1).first
      let between = events.filter {
        $0.sequence > entry.sequence && $0.sequence < next?.sequence ?? .max
      }
      let rate = next?.localRatePPM ?? entry.localRatePPM
      let spans = Self.spans(from: entry.microseconds, between, to: next?.microseconds ?? end)
      for (number, span) in spans.enumerated() {
        if number > 0 || !isConnected { runs.append([]) }
        runs[runs.count - 1].append(Self.point(entry, rate, at: span.lowerBound))
        if span.upperBound > span.lowerBound {
          runs[runs.count - 1].append(Self.point(entry, rate, at: span.upperBound))
        }
      }
      if !isConnected { measured.append([]) }
      measured[measured.count - 1].append(entry)
      isConnected =
        !between.contains(where: Self.endsBound)
        && next?.microseconds ?? .max >= entry.microseconds
    }
    self.measured = measured
    self.runs = runs
    holdovers = Self.holdovers(events, until: end)
  }

  /// When one resync's estimate was given: without a break, or also after the daemon was started
  /// again and had nothing newer.
  private static func spans(
    from begin: Int64, _ events: [HistoryResult.Event], to end: Int64
  ) -> [ClosedRange<Int64>] {
    var spans: [ClosedRange<Int64>] = []
    var open: Int64? = begin
    // When the daemon was stopped is written nowhere: it ran when it wrote something last.
    var written = begin
    for event in events {
      defer { written = event.microseconds }
      if event.kind == .held, open == nil, !spans.isEmpty {
        open = heldSince(event)
      } else if endsBound(event), let since = open {
        let last = event.kind == .started ? written : event.microseconds
        spans.append(since...max(since, last))
        open = nil
        guard event.kind == .started else { return spans }
      } else if endsBound(event), event.kind != .started {
        return spans
      }
    }
    if let open { spans.append(open...max(open, end)) }
    return spans
  }

  private static func endsBound(_ event: HistoryResult.Event) -> Bool {
    switch event.kind {
    case .localStep, .exchangeStep, .disruption, .started: true
    case .state: event.text.contains("-> unknown") || event.text.contains("-> disrupted")
    case .stepRefused, .rejection, .rate, .fleet, .stopSignal, .held: false
    }
  }

  /// As the daemon computes it: the estimate, moved at the rates that it may move at.
  ///
  /// - Parameter rate: of CLOCK_REALTIME against the oscillator that drift is against, ppm.
  private static func point(
    _ entry: HistoryResult.Measurement, _ rate: Double, at time: Int64
  ) -> Point {
    let drift = entry.driftPPM - rate
    guard time > entry.microseconds, time - entry.microseconds <= longestStretch,
      abs(drift) + entry.driftErrorPPM <= mostPPM,
      let interval = OffsetInterval<Monotonic, Exchange>(
        lower: .init(nanoseconds: entry.lowerNanoseconds),
        upper: .init(nanoseconds: entry.upperNanoseconds)),
      let rates = RateInterval(
        from: drift - entry.driftErrorPPM, to: drift + entry.driftErrorPPM)
    else {
      return Point(
        time: entry.microseconds, lower: entry.lowerNanoseconds,
        offset: entry.offsetNanoseconds, upper: entry.upperNanoseconds)
    }
    let start = MonotonicInstant(nanoseconds: 0)
    let moved = IntervalClock(asOf: start, interval: interval, rates: rates)
      .interval(at: start + .microseconds(time - entry.microseconds))
    return Point(
      time: time, lower: moved.lower.nanoseconds, offset: moved.midpoint.nanoseconds,
      upper: moved.upper.nanoseconds)
  }

  private static func holdovers(
    _ events: [HistoryResult.Event], until end: Int64
  ) -> [ClosedRange<Int64>] {
    var spans: [ClosedRange<Int64>] = []
    var begin: Int64?
    var written: Int64?
    for event in events {
      defer { written = event.microseconds }
      switch event.kind {
      case .held: begin = begin ?? heldSince(event)
      case .state, .started:
        let last = event.kind == .started ? written : event.microseconds
        if let begin, let last, last >= begin { spans.append(begin...last) }
        begin = event.text.contains("-> holdover") ? event.microseconds : nil
      default: break
      }
    }
    if let begin, end >= begin { spans.append(begin...end) }
    return spans
  }

  private static func heldSince(_ event: HistoryResult.Event) -> Int64 {
    event.microseconds - max(event.sizeNanoseconds, 0) / 1_000
  }
}
