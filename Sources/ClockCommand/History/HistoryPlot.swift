internal import ClockCore
internal import ClockProtocol

/// A history as a picture: the offset within its band, the round trip, and what was rejected, above
/// one another over the same time; what happened, as lines across.
struct HistoryPlot {
  private static let width = 960
  private static let (left, right) = (86.0, 944.0)
  private static let offsets = (top: 84.0, bottom: 344.0)
  private static let roundTrips = (top: 386.0, bottom: 476.0)
  private static let rejections = (top: 516.0, bottom: 566.0)
  private static let ticks = 584.0
  private static let events = 630.0

  /// Events that are written out below, the newest.
  private static let mostEvents = 12
  private static let eventPitch = 17.0
  /// Of a character, at most on average.
  private static let labelPitch = 6.2
  /// Pixels of a band that can be seen.
  private static let leastBand = 3.0

  private let history: HistoryResult
  private let time: PlotAxis
  private let bounds: PlotBounds
  /// CLOCK_REALTIME, Unix microseconds, of the first and the last thing in the picture.
  private let span: (first: Int64, last: Int64)
  /// Those that are drawn, in order of time.
  private let events: [HistoryResult.Event]
  /// The same, together where one is the one before over again.
  private let themes: [[HistoryResult.Event]]

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
    span = (first, last)
    events = history.events.filter { Self.kind(of: $0) != nil }
      .sorted { $0.microseconds < $1.microseconds }
    themes = events.reduce(into: []) { themes, event in
      if let last = themes.last?.last, Self.theme(of: last) == Self.theme(of: event) {
        themes[themes.count - 1].append(event)
      } else {
        themes.append([event])
      }
    }
    // Some air, so that the last point is not on the edge.
    let air = max((last - first) / 100, 1_000_000)
    time = PlotAxis(
      times: first - air...last + air, begin: Self.left, end: Self.right, most: 12)
  }

  var document: String {
    let rows = min(themes.count, Self.mostEvents) + (themes.count > Self.mostEvents ? 1 : 0)
    let height = Self.events + (rows > 0 ? Double(rows) * Self.eventPitch : -Self.eventPitch)
    var svg = SVG(
      width: Self.width, height: Int(height), title: "The clock of \(history.exchange)",
      style: Self.style)
    svg.rectangle(
      "back", x: 0, y: 0, width: Double(Self.width), height: height)
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
    let day = { (time: Int64) in
      String(CivilTime(unixNanoseconds: time * 1_000).iso8601(fractionDigits: 0).prefix(10))
    }
    let (from, to) = (day(span.first), day(span.last))
    svg.text("title", history.exchange, at: .init(x: Self.left, y: 28))
    let count = history.measurements.count
    svg.text(
      "small",
      "\(from == to ? from : "\(from) to \(to)"), UTC; \(count) resyncs",
      at: .init(x: Self.right, y: 28), anchor: "end")
    svg.text(
      "small",
      "offset: the exchange's clock minus this host's, +: ahead; band: the bound that was given,"
        + " ±\(Text.nanoseconds(medianError)) in the median; yellow: holdover",
      at: .init(x: Self.left, y: 48))
  }

  private func drawTime(_ svg: inout SVG) {
    for tick in time.ticks {
      let x = time.place(tick.value)
      for part in [Self.offsets, Self.roundTrips, Self.rejections] {
        svg.line("grid", [.init(x: x, y: part.top), .init(x: x, y: part.bottom)])
      }
      let half = Double(max(tick.label.count, tick.date?.count ?? 0)) * Self.labelPitch / 2 + 2
      let middle = min(max(x, half), Double(Self.width) - half)
      svg.text("tick", tick.label, at: .init(x: middle, y: Self.ticks), anchor: "middle")
      guard let date = tick.date else { continue }
      svg.text("tick", date, at: .init(x: middle, y: Self.ticks + 14), anchor: "middle")
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
    let thickness = abs(axis.place(2 * Double(medianError)) - axis.place(0))
    if thickness < Self.leastBand {
      svg.text(
        "small", "The band is thinner than a line here, beside so large a jump: see --since.",
        at: .init(x: Self.left, y: 64))
    }
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

  /// A line across for each, and what they are below, by numbers.
  private func drawEvents(_ svg: inout SVG) {
    for event in events {
      let x = time.place(Double(event.microseconds))
      // Not through what is written between the parts.
      for part in [Self.offsets, Self.roundTrips, Self.rejections] {
        svg.line(
          Self.kind(of: event) ?? "", [.init(x: x, y: part.top), .init(x: x, y: part.bottom)])
      }
    }
    let unnamed = max(themes.count - Self.mostEvents, 0)
    // Those that are too close share a place for their numbers.
    var groups: [(x: Double, first: Int, last: Int)] = []
    for (index, theme) in themes.suffix(Self.mostEvents).enumerated() {
      let (event, last, number) = (theme[0], theme[theme.count - 1], index + 1)
      let x = time.place(Double(event.microseconds))
      if let last = groups.last, x - last.x < 6 * Self.labelPitch {
        groups[groups.count - 1].last = number
      } else {
        groups.append((x, number, number))
      }
      svg.text(
        (Self.kind(of: event) ?? "") + "text",
        "\(number)  \(Self.clock(event.microseconds))  \(Self.label(of: last))"
          + (theme.count > 1
            ? " (\(theme.count) times until \(Self.clock(last.microseconds)))" : ""),
        at: .init(x: Self.left, y: Self.events + Double(number - 1) * Self.eventPitch))
    }
    for group in groups {
      svg.text(
        "number",
        group.first == group.last ? "\(group.first)" : "\(group.first)-\(group.last)",
        at: .init(x: min(group.x, Self.right), y: Self.offsets.top - 4), anchor: "middle")
    }
    guard unnamed > 0 else { return }
    let before = themes.prefix(unnamed).reduce(0) { $0 + $1.count }
    svg.text(
      "small",
      "\(before) before these: exchange-clock history \(history.exchange) lists all",
      at: .init(x: Self.left, y: Self.events + Double(Self.mostEvents) * Self.eventPitch))
  }

  // MARK: Details

  /// Nanoseconds.
  private var medianError: Int64 {
    let errors = bounds.runs.joined().map { ($0.upper - $0.lower) / 2 }.sorted()
    return errors.isEmpty ? 0 : errors[errors.count / 2]
  }

  /// `11-21 15:30:02`
  private static func clock(_ microseconds: Int64) -> String {
    let text = CivilTime(unixNanoseconds: microseconds * 1_000).iso8601(fractionDigits: 0)
    return "\(text.dropFirst(5).prefix(5)) \(text.dropFirst(11).prefix(8))"
  }

  private var dotRadius: Double { history.measurements.count > 400 ? 1.2 : 2.2 }

  /// The class of its line; nil for what is not drawn.
  private static func kind(of event: HistoryResult.Event) -> String? {
    switch event.kind {
    case .localStep, .disruption: "local"
    case .exchangeStep, .stepRefused, .rejection, .stopSignal, .rate: "remote"
    case .state: event.text.contains("-> synchronized") ? nil : "remote"
    case .started: "remote"
    case .fleet, .held: nil
    }
  }

  private static func label(of event: HistoryResult.Event) -> String {
    switch event.kind {
    case .localStep:
      "this host's clock set \(event.sizeNanoseconds < 0 ? "back" : "ahead") by "
        + Text.nanoseconds(Int64(clamping: event.sizeNanoseconds.magnitude))
    case .started: "daemon started"
    case .exchangeStep: "exchange stepped by \(Text.nanoseconds(event.sizeNanoseconds))"
    default: HistoryText.event(event)
    }
  }

  private static func theme(of event: HistoryResult.Event) -> String {
    event.kind == .stopSignal ? HistoryText.theme(event) : label(of: event)
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
    .localtext,.remotetext,.number{font-size:12px;fill:#c23b22}.remotetext{fill:#8a6100}\
    .number{font-size:11px;font-weight:600;fill:#8a6100}\
    @media (prefers-color-scheme:dark){text{fill:#e8e8e8}.small,.tick{fill:#aaa}\
    .back{fill:#16181d}.grid{stroke:#30343c}.offset{stroke:#6cb0ff}.band{fill:#6cb0ff}\
    .resync{fill:#6cb0ff}.whisker{stroke:#6cb0ff}.trip{stroke:#b79bf2}.tripdot{fill:#b79bf2}\
    .rejected{fill:#ff8a65}.local{stroke:#ff8a75}.localtext{fill:#ff8a75}\
    .remote{stroke:#e3b341}.remotetext,.number{fill:#e3b341}}
    """
}
