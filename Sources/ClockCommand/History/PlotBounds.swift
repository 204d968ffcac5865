internal import ClockProtocol

/// The bounds that were given over a history: from each resync they grow by what is not known of
/// the drift, up to the next one.
///
/// Written down is what was given right after each resync. How the middle of the interval moved
/// against CLOCK_REALTIME in between is not, as that clock may be slewed: it is drawn from one
/// measured offset to the next. How wide the interval was is exact.
struct PlotBounds {
  struct Point: Equatable {
    /// CLOCK_REALTIME, Unix microseconds.
    var time: Int64
    /// Nanoseconds.
    var lower: Int64
    var offset: Int64
    var upper: Int64
  }

  /// Measurements that a line may connect: no clock was moved between them, and the daemon ran.
  let measured: [[HistoryResult.Measurement]]
  /// The same, with the bound's end before each next resync, and at the end.
  let runs: [[Point]]
  /// When the state was `holdover`, CLOCK_REALTIME, Unix microseconds.
  let holdovers: [ClosedRange<Int64>]

  /// - Parameter end: up to which the last bound was given.
  init(_ history: HistoryResult, until end: Int64) {
    let ends = history.events.filter(Self.endsBound).sorted { $0.sequence < $1.sequence }
    var measured: [[HistoryResult.Measurement]] = []
    var runs: [[Point]] = []
    for (index, entry) in history.measurements.enumerated() {
      let next = history.measurements.dropFirst(index + 1).first
      let isNew =
        index == 0 || !Self.connects(history.measurements[index - 1], entry, ends)
      if isNew {
        measured.append([])
        runs.append([])
      }
      measured[measured.count - 1].append(entry)
      runs[runs.count - 1].append(Self.point(entry, at: entry.microseconds))
      if let next, Self.connects(entry, next, ends) {
        runs[runs.count - 1].append(
          Self.point(entry, at: next.microseconds, offset: next.offsetNanoseconds))
        continue
      }
      let event = ends.first {
        $0.sequence > entry.sequence && $0.sequence < next?.sequence ?? .max
      }
      var last = event?.microseconds ?? next?.microseconds ?? end
      if let event, event.kind == .started {
        // When the daemon was stopped is written nowhere: it ran when it wrote something last.
        last =
          history.events.last { entry.sequence < $0.sequence && $0.sequence < event.sequence }?
          .microseconds ?? entry.microseconds
      }
      if last > entry.microseconds { runs[runs.count - 1].append(Self.point(entry, at: last)) }
    }
    self.measured = measured
    self.runs = runs
    holdovers = Self.holdovers(history.events, until: end)
  }

  private static func connects(
    _ one: HistoryResult.Measurement, _ next: HistoryResult.Measurement,
    _ ends: [HistoryResult.Event]
  ) -> Bool {
    next.microseconds >= one.microseconds
      && !ends.contains { one.sequence < $0.sequence && $0.sequence < next.sequence }
  }

  private static func endsBound(_ event: HistoryResult.Event) -> Bool {
    switch event.kind {
    case .localStep, .exchangeStep, .disruption, .started: true
    case .state: event.text.contains("-> unknown") || event.text.contains("-> disrupted")
    case .stepRefused, .rejection, .rate, .fleet, .stopSignal: false
    }
  }

  private static func point(
    _ entry: HistoryResult.Measurement, at time: Int64, offset: Int64? = nil
  ) -> Point {
    guard time > entry.microseconds else {
      return Point(
        time: entry.microseconds, lower: entry.lowerNanoseconds,
        offset: entry.offsetNanoseconds, upper: entry.upperNanoseconds)
    }
    let middle = offset ?? entry.offsetNanoseconds
    // ppm times microseconds are picoseconds.
    let growth = entry.driftErrorPPM * Double(time - entry.microseconds) / 1_000
    let error = entry.errorNanoseconds + Int64(min(growth, 1e18))
    return Point(time: time, lower: middle - error, offset: middle, upper: middle + error)
  }

  private static func holdovers(
    _ events: [HistoryResult.Event], until end: Int64
  ) -> [ClosedRange<Int64>] {
    var spans: [ClosedRange<Int64>] = []
    var begin: Int64?
    var written: Int64?
    for event in events.sorted(by: { $0.sequence < $1.sequence }) {
      defer { written = event.microseconds }
      guard [.state, .started].contains(event.kind) else { continue }
      let last = event.kind == .started ? written : event.microseconds
      if let begin, let last, last >= begin { spans.append(begin...last) }
      begin = event.text.contains("-> holdover") ? event.microseconds : nil
    }
    if let begin, end >= begin { spans.append(begin...end) }
    return spans
  }
}
