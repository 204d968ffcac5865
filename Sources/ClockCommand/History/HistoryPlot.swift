internal import ClockCore
internal import ClockProtocol

/// A history as a picture: the offset within its band, the round trip, and what was rejected, above
/// one another over the same time; what happened, as lines across.
struct HistoryPlot {
  private static let (width, height) = (960, 600)
  private static let (left, right) = (86.0, 944.0)
  private static let offsets = (top: 70.0, bottom: 330.0)
  private static let roundTrips = (top: 372.0, bottom: 462.0)
  private static let rejections = (top: 502.0, bottom: 552.0)

  /// Lines that labels of events may stand on, so that they do not lie upon one another; what
  /// finds no place is not written out.
  private static let labelLines = 4
  /// Of a character, at most on average.
  private static let labelPitch = 6.0

  private let history: HistoryResult
  private let time: PlotAxis
  private let bounds: PlotBounds

  /// Nil where nothing was measured.
  ///
  /// - Parameter now: CLOCK_REALTIME, Unix microseconds, up to which the daemon has gone on; nil
  ///   for no longer than something was written down.
  init?(_ history: HistoryResult, now: Int64? = nil) {
    let times =
      history.measurements.map(\.microseconds) + history.events.map(\.microseconds)
      + (now.map { [$0] } ?? [])
    guard !history.measurements.isEmpty, let first = times.min(), let last = times.max() else {
      return nil
    }
    self.history = history
    bounds = PlotBounds(history, until: last)
    // Some air, so that the last point is not on the edge.
    let air = max((last - first) / 100, 1_000_000)
    time = PlotAxis(
      times: first - air...last + air, begin: Self.left, end: Self.right, most: 12)
  }

  var document: String {
    var svg = SVG(
      width: Self.width, height: Self.height, title: "The clock of \(history.exchange)",
      style: Self.style)
    svg.rectangle(
      "back", x: 0, y: 0, width: Double(Self.width), height: Double(Self.height))
    drawTitle(&svg)
    drawTime(&svg)
    drawOffsets(&svg)
    drawRoundTrips(&svg)
    drawRejections(&svg)
    drawEvents(&svg)
    return svg.document
  }

  // MARK: Parts

  private func drawTitle(_ svg: inout SVG) {
    let day = { (value: Double) in
      String(
        CivilTime(unixNanoseconds: Int64(value) * 1_000).iso8601(fractionDigits: 0).prefix(10))
    }
    let (from, to) = (day(time.range.lowerBound), day(time.range.upperBound))
    svg.text("title", history.exchange, at: .init(x: Self.left, y: 28))
    let count = history.measurements.count
    svg.text(
      "small",
      "\(from == to ? from : "\(from) to \(to)"), UTC; \(count) resyncs",
      at: .init(x: Self.right, y: 28), anchor: "end")
    svg.text(
      "small",
      "offset: the exchange's clock minus this host's, +: ahead; band: the bound that was given;"
        + " yellow: holdover",
      at: .init(x: Self.left, y: 52))
  }

  private func drawTime(_ svg: inout SVG) {
    for tick in time.ticks {
      let x = time.place(tick.value)
      for part in [Self.offsets, Self.roundTrips, Self.rejections] {
        svg.line("grid", [.init(x: x, y: part.top), .init(x: x, y: part.bottom)])
      }
      svg.text("tick", tick.label, at: .init(x: x, y: 572), anchor: "middle")
    }
  }

  private func drawValues(_ axis: PlotAxis, _ svg: inout SVG) {
    for tick in axis.ticks {
      let y = axis.place(tick.value)
      svg.line("grid", [.init(x: Self.left, y: y), .init(x: Self.right, y: y)])
      svg.text("tick", tick.label, at: .init(x: Self.left - 8, y: y + 4), anchor: "end")
    }
  }

  private func drawOffsets(_ svg: inout SVG) {
    let runs = bounds.runs
    let ends = runs.flatMap { $0.flatMap { [Double($0.lower), Double($0.upper)] } }
    let axis = PlotAxis(
      nanoseconds: ends, begin: Self.offsets.bottom, end: Self.offsets.top, signs: true)
    drawValues(axis, &svg)
    let point = { (time: Int64, value: Int64) in
      SVG.Point(x: self.time.place(Double(time)), y: axis.place(Double(value)))
    }
    for span in bounds.holdovers {
      let (left, right) = (
        time.place(Double(span.lowerBound)), time.place(Double(span.upperBound))
      )
      svg.rectangle(
        "holdover", x: left, y: Self.offsets.top, width: max(right - left, 1),
        height: Self.offsets.bottom - Self.offsets.top)
    }
    for run in runs {
      let upper = run.map { point($0.time, $0.upper) }
      let lower = run.map { point($0.time, $0.lower) }
      if run.count == 1 {
        svg.line("whisker", [upper[0], lower[0]])
      } else {
        svg.area("band", upper + lower.reversed())
        svg.line("offset", run.map { point($0.time, $0.offset) })
      }
    }
    for entry in history.measurements {
      svg.dot("resync", point(entry.microseconds, entry.offsetNanoseconds), radius: dotRadius)
    }
  }

  private func drawRoundTrips(_ svg: inout SVG) {
    let values = history.measurements.map { Double($0.shortestRoundTripNanoseconds) }
    let axis = PlotAxis(
      nanoseconds: [0] + values, begin: Self.roundTrips.bottom, end: Self.roundTrips.top,
      signs: false)
    svg.text(
      "small", "round trip, shortest of each resync",
      at: .init(x: Self.left, y: Self.roundTrips.top - 10))
    drawValues(axis, &svg)
    for run in bounds.measured {
      let points = run.map {
        SVG.Point(
          x: time.place(Double($0.microseconds)),
          y: axis.place(Double($0.shortestRoundTripNanoseconds)))
      }
      if points.count > 1 { svg.line("trip", points) }
      for point in points { svg.dot("tripdot", point, radius: dotRadius) }
    }
  }

  /// Bars up to all samples of a resync.
  private func drawRejections(_ svg: inout SVG) {
    svg.text(
      "small", "rejected samples, of each resync",
      at: .init(x: Self.left, y: Self.rejections.top - 10))
    let height = Self.rejections.bottom - Self.rejections.top
    for (share, label) in [(0.0, "0 %"), (1, "100 %")] {
      let y = Self.rejections.bottom - share * height
      svg.line("grid", [.init(x: Self.left, y: y), .init(x: Self.right, y: y)])
      svg.text("tick", label, at: .init(x: Self.left - 8, y: y + 4), anchor: "end")
    }
    for entry in history.measurements where entry.rejected > 0 {
      let share = Double(entry.rejected) / Double(max(entry.samples + entry.rejected, 1))
      svg.rectangle(
        "rejected", x: time.place(Double(entry.microseconds)) - 2,
        y: Self.rejections.bottom - share * height, width: 4, height: share * height)
    }
  }

  private func drawEvents(_ svg: inout SVG) {
    var ends = Array(repeating: -Double.infinity, count: Self.labelLines)
    for event in history.events {
      guard let kind = Self.kind(of: event) else { continue }
      let x = time.place(Double(event.microseconds))
      svg.line(
        kind, [.init(x: x, y: Self.offsets.top), .init(x: x, y: Self.rejections.bottom)])
      let label = Self.label(of: event)
      let width = Double(label.count) * Self.labelPitch + 4
      // Before its line where it would leave the picture behind it.
      let isBefore = x + width > Self.right
      let begin = isBefore ? x - width : x
      guard let line = ends.firstIndex(where: { $0 < begin }) else { continue }
      ends[line] = begin + width
      svg.text(
        kind + "text", label,
        at: .init(x: x + (isBefore ? -4 : 4), y: Self.offsets.top + 12 + Double(line) * 14),
        anchor: isBefore ? "end" : "start")
    }
  }

  // MARK: Details

  private var dotRadius: Double { history.measurements.count > 400 ? 1.2 : 2.2 }

  /// The class of its line; nil for what is not drawn.
  private static func kind(of event: HistoryResult.Event) -> String? {
    switch event.kind {
    case .localStep, .disruption: "local"
    case .exchangeStep, .stepRefused, .rejection, .stopSignal, .rate: "remote"
    case .state: event.text.contains("-> synchronized") ? nil : "remote"
    case .started: "remote"
    case .fleet: nil
    }
  }

  private static func label(of event: HistoryResult.Event) -> String {
    let text =
      switch event.kind {
      case .localStep:
        "clock set \(event.sizeNanoseconds < 0 ? "back" : "ahead") by "
          + Text.nanoseconds(Int64(clamping: event.sizeNanoseconds.magnitude))
      case .started: "daemon started"
      case .state: event.text.split(separator: "-> ").last.map(String.init) ?? event.text
      case .exchangeStep: "exchange stepped by \(Text.nanoseconds(event.sizeNanoseconds))"
      default: event.text
      }
    return text.count > 44 ? text.prefix(41) + "..." : text
  }

  /// Legible on light and on dark ground, whichever the reader has.
  private static let style = """
    text{font-family:system-ui,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif;fill:#222}\
    .title{font-size:18px;font-weight:600}.small{font-size:12px;fill:#555}\
    .tick{font-size:11px;fill:#555}.back{fill:#fff}.grid{stroke:#e3e3e3;fill:none}\
    .band{fill:#2a78d6;opacity:.18}.holdover{fill:#e3b341;opacity:.16}\
    .offset,.trip{fill:none;stroke:#2a78d6;stroke-width:1.4}\
    .whisker{stroke:#2a78d6;stroke-width:4;opacity:.3}.resync{fill:#2a78d6}\
    .trip{stroke:#7a52c7}.tripdot{fill:#7a52c7}.rejected{fill:#d1542d}\
    .local,.remote{fill:none;stroke:#c23b22;stroke-dasharray:5 3}.remote{stroke:#b07d10}\
    .localtext,.remotetext{font-size:11px;fill:#c23b22}.remotetext{fill:#8a6100}\
    @media (prefers-color-scheme:dark){text{fill:#e8e8e8}.small,.tick{fill:#aaa}\
    .back{fill:#16181d}.grid{stroke:#30343c}.offset{stroke:#6cb0ff}.band{fill:#6cb0ff}\
    .resync{fill:#6cb0ff}.whisker{stroke:#6cb0ff}.trip{stroke:#b79bf2}.tripdot{fill:#b79bf2}\
    .rejected{fill:#ff8a65}.local{stroke:#ff8a75}.localtext{fill:#ff8a75}\
    .remote{stroke:#e3b341}.remotetext{fill:#e3b341}}
    """
}
