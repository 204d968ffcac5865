internal import ClockProtocol
internal import LinuxSystem

/// The exchanges of `watch` in columns, of which those that matter least go where it is narrow.
struct WatchTable {
  private enum Column: Int {
    case exchange, state, offset, error, bar, day, roundTrip, next
  }

  private static let gap = 2
  private static let barWidths = 11...41
  private static let dayWidths = 8...24
  /// As much of a reason as has to be seen.
  private static let leastReason = 16

  private let view: WatchView
  private let bars: ErrorBars
  private var widths: [Column: Int] = [:]

  /// - Parameter all: those that the columns and the axis are made for, shown or not.
  init(view: WatchView, all: [OffsetResult]) {
    self.view = view
    let known = all.compactMap(\.measurement)
    bars = ErrorBars(
      bounds: known.flatMap { [$0.lowerNanoseconds, $0.upperNanoseconds] }, glyphs: view.glyphs)
    let needed = { (title: String, cells: [String]) in
      ([title] + cells).map(\.count).max() ?? 0
    }
    let wanted: [(Column, Int)] = [
      (.exchange, needed("EXCHANGE", all.map(\.exchange))),
      (.offset, needed("OFFSET", all.map(Self.offset))),
      (.error, needed("ERROR", all.map { Self.error($0, view.glyphs) })),
      (.next, needed("NEXT", ["120 min"])),
      (.bar, Self.barWidths.lowerBound),
      (.day, Self.dayWidths.lowerBound),
      (.state, "synchronized".count),
      (.roundTrip, needed("RTT", all.map(Self.roundTrip))),
    ]
    var left = view.size.columns + Self.gap
    for (column, width) in wanted where left >= width + Self.gap || column == .exchange {
      // A state that is left out still shows, by its colour and before its reason.
      if column == .day, view.model.trails.values.allSatisfy({ $0.count < 2 }) { continue }
      widths[column] = min(width, view.size.columns)
      left -= width + Self.gap
    }
    for (column, range) in [(Column.bar, Self.barWidths), (.day, Self.dayWidths)] {
      guard let width = widths[column], left > 0 else { continue }
      let more = min(left, range.upperBound - width)
      widths[column] = width + more
      left -= more
    }
  }

  /// The titles, and a line for each.
  func lines(_ offsets: [OffsetResult]) -> [PaintedLine] {
    [titles] + offsets.map(line)
  }

  private var titles: PaintedLine {
    var line = PaintedLine()
    for (column, width) in ordered {
      let title =
        switch column {
        case .exchange: "EXCHANGE"
        case .state: "STATE"
        case .offset: "OFFSET"
        case .error: "ERROR"
        case .bar: bars.title(width: width)
        case .day: "LAST DAY"
        case .roundTrip: "RTT"
        case .next: "NEXT"
        }
      line.add(title, .faint, width: width, isRight: isRight(column))
      line.add("  ")
    }
    return line
  }

  private var ordered: [(Column, Int)] {
    widths.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
  }

  private func isRight(_ column: Column) -> Bool {
    [.offset, .error, .roundTrip, .next].contains(column)
  }

  private func line(_ offset: OffsetResult) -> PaintedLine {
    var line = PaintedLine()
    // What was known last is shown, but not as if it were so.
    let isLost = view.model.trouble != nil
    let paint = isLost ? Paint.faint : Paint.ofState(offset.state)
    let usual = isLost ? Paint.faint : Paint.plain
    for (column, width) in ordered {
      let known = offset.measurement
      // Why there is nothing to draw, in the place of the drawing and all behind it.
      // Beside the bar where there is room for what matters of it.
      let why = why(offset)
      let wantsBar = known == nil || room(from: .day) < min(why.count, Self.leastReason)
      let isReason =
        !isLost && offset.state != "synchronized" && column == (wantsBar ? .bar : .day)
      if isReason {
        guard widths[.next] != nil else {
          line.add(why, paint)
          return line
        }
        line.add(reason(why, from: column), paint)
        line.add("  ")
        line.add(next(offset), .plain, width: widths[.next] ?? 0, isRight: true)
        return line
      }
      switch column {
      case .exchange:
        line.add(offset.exchange, widths[.state] == nil ? paint : usual, width: width)
      case .state: line.add(isLost ? "?" : offset.state, paint, width: width)
      case .offset: line.add(Self.offset(offset), usual, width: width, isRight: true)
      case .error: line.add(Self.error(offset, view.glyphs), usual, width: width, isRight: true)
      case .bar:
        if let known {
          let bar = bars.bar(
            lower: known.lowerNanoseconds, offset: known.offsetNanoseconds,
            upper: known.upperNanoseconds, width: width)
          line.add(bar, paint, width: width)
        } else {
          line.add("", width: width)
        }
      case .day: line.add(day(offset, width), usual, width: width)
      case .roundTrip: line.add(Self.roundTrip(offset), usual, width: width, isRight: true)
      case .next:
        line.add(isLost ? "-" : next(offset), usual, width: width, isRight: true)
      }
      line.add("  ")
    }
    return line
  }

  private func next(_ offset: OffsetResult) -> String {
    Text.bareWait(milliseconds: view.model.nextSync(of: offset, at: view.now))
  }

  private func room(from column: Column) -> Int {
    ordered.filter { $0.0.rawValue >= column.rawValue && $0.0 != .next }
      .reduce(-Self.gap) { $0 + $1.1 + Self.gap }
  }

  /// With the state where that has no column.
  private func why(_ offset: OffsetResult) -> String {
    widths[.state] == nil ? "\(offset.state): \(offset.reason)" : offset.reason
  }

  /// As wide as the columns from this one up to the next resync.
  private func reason(_ text: String, from column: Column) -> String {
    let width = room(from: column)
    guard text.count > width, width > 0 else {
      return text + String(repeating: " ", count: max(width - text.count, 0))
    }
    return String(text.prefix(width - 1)) + String(view.glyphs.cut)
  }

  private func day(_ offset: OffsetResult, _ width: Int) -> String {
    let day: Int64 = 86_400_000_000
    return Sparkline.text(
      view.model.trails[offset.exchange] ?? [],
      over: view.microseconds - day..<view.microseconds + 1_000_000, width: width,
      glyphs: view.glyphs)
  }

  private static func offset(_ offset: OffsetResult) -> String {
    offset.measurement.map {
      Text.offset(nanoseconds: $0.offsetNanoseconds, error: $0.errorNanoseconds)
    } ?? "-"
  }

  private static func error(_ offset: OffsetResult, _ glyphs: Glyphs) -> String {
    offset.measurement.map { glyphs.plusMinus + Text.nanoseconds($0.errorNanoseconds) } ?? "-"
  }

  private static func roundTrip(_ offset: OffsetResult) -> String {
    offset.measurement.map { Text.nanoseconds($0.shortestRoundTripNanoseconds) } ?? "-"
  }
}
