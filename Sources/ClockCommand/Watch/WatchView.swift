internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem

/// The picture that `watch` draws, made from what it knows and nothing else.
struct WatchView {
  var model: WatchModel
  var size: TerminalScreen.Size
  var now: MonotonicInstant
  /// CLOCK_REALTIME, Unix microseconds.
  var microseconds: Int64
  var glyphs: Glyphs
  /// Whether anything can be typed.
  var takesKeys = true
  /// The first exchange that is shown, where not all fit.
  var scroll = 0

  /// Lines of the screen, one for each row at most, none wider than it.
  var lines: [PaintedLine] {
    let (heading, footer) = (heading, [footer])
    let room = size.rows - heading.count - footer.count
    let table = table(rows: shownRows(room))
    let changes = changes(rows: room - table.count)
    var lines = heading + table + changes
    lines += Array(
      repeating: PaintedLine(), count: max(size.rows - lines.count - footer.count, 0))
    return Array((lines + footer).prefix(size.rows))
  }

  /// How far the table can be scrolled.
  var mostScroll: Int {
    let room = size.rows - heading.count - 1
    return max(rows.count - shownRows(room), 0)
  }

  /// In order, but where they do not all fit those that want attention come first.
  private var rows: [OffsetResult] {
    let room = size.rows - heading.count - 1
    guard model.offsets.count > shownRows(room) else { return model.offsets }
    return model.offsets.filter { $0.state != "synchronized" }
      + model.offsets.filter { $0.state == "synchronized" }
  }

  /// Rows of the table without its titles, of `room` lines for it and the changes below.
  private func shownRows(_ room: Int) -> Int {
    let forChanges = model.changes.isEmpty ? 0 : min(max(room / 4, 1), 1 + model.changes.count)
    return min(model.offsets.count, max(room - 1 - (room < 5 ? 0 : forChanges), 1))
  }

  // MARK: Parts

  private var heading: [PaintedLine] {
    let clock = Self.clock(microseconds) + " UTC"
    var first = PaintedLine()
    var more: [PaintedLine] = []
    if let trouble = model.trouble {
      let since = model.troubleSince.map { "unreachable since \(Self.clock($0)): " } ?? ""
      // What to do about it stands at its end.
      let lines = Paragraph.lines(since + trouble, width: size.columns)
      first.add(lines.first ?? "", .bad)
      more = lines.dropFirst().map { PaintedLine($0, .bad) }
    } else if let health = model.health {
      let said = HealthText.summary(health)
      first.add(said.status, .ofState(said.status))
      first.add(said.rest)
      more = said.more.flatMap { part in
        Paragraph.lines(part.text, width: size.columns).map { PaintedLine($0, part.paint) }
      }
    }
    if first.width + 2 + clock.count <= size.columns {
      first.fill(to: size.columns - clock.count)
      first.add(clock, .faint)
    }
    guard size.rows >= 8 else { return [first] }
    return [first] + more.prefix(size.rows >= 16 ? 3 : 1)
      + (size.rows >= 16 ? [PaintedLine()] : [])
  }

  private func table(rows count: Int) -> [PaintedLine] {
    let first = min(scroll, mostScroll)
    let shown = Array(rows.dropFirst(first).prefix(count))
    guard !shown.isEmpty else { return [] }
    return WatchTable(view: self, all: model.offsets).lines(shown)
  }

  private func changes(rows room: Int) -> [PaintedLine] {
    guard room >= 2, !model.changes.isEmpty else { return [] }
    let today = microseconds / 86_400_000_000
    let newest = model.changes.suffix(room - 1).map { change in
      // What was yesterday shows its day.
      let time = { (microseconds: Int64) -> String in
        let text = CivilTime(unixNanoseconds: microseconds * 1_000).iso8601(fractionDigits: 0)
        let (day, clock) = (text.dropFirst(5).prefix(5), text.dropFirst(11).prefix(8))
        return microseconds / 86_400_000_000 == today ? "\(clock)" : "\(day) \(clock)"
      }
      var line = PaintedLine()
      line.add("\(time(change.microseconds))  ", .faint)
      if let exchange = change.exchange { line.add("\(exchange)  ") }
      line.add(change.text, change.paint)
      if let since = change.since {
        line.add(" (\(change.times) times since \(time(since)))", .faint)
      }
      return line
    }
    return [PaintedLine()] + newest
  }

  private var footer: PaintedLine {
    let room = size.rows - heading.count - 1
    let (count, shown) = (model.offsets.count, shownRows(room))
    let quit = takesKeys ? "q quits" : "Ctrl-C quits"
    let bars = "bars: logarithmic beyond \(glyphs.plusMinus)1 ms"
    guard shown < count else {
      return PaintedLine([quit, bars].joined(separator: glyphs.separator), .faint)
    }
    // That there are more is the last thing to be left out.
    let first = min(scroll, mostScroll)
    let part = "\(first + 1) to \(first + shown) of \(count)"
    let arrows = takesKeys ? "\(glyphs.up)\(glyphs.down) scroll" : "they need a larger screen"
    let texts = [[quit, "\(part), \(arrows)", bars], [quit, "\(part), \(arrows)"], [quit, part]]
      .map { $0.joined(separator: glyphs.separator) }
    return PaintedLine(texts.first { $0.count <= size.columns } ?? part, .faint)
  }

  /// `15:30:02`
  private static func clock(_ microseconds: Int64) -> String {
    let time = CivilTime(unixNanoseconds: microseconds * 1_000).iso8601(fractionDigits: 0)
    return String(time.dropFirst(11).prefix(8))
  }
}
