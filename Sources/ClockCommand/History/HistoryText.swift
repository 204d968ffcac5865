internal import ClockCore
internal import ClockProtocol

/// A history as a table, or as comma-separated values.
enum HistoryText {
  /// Measurements and events in the order in which they were written down.
  static func table(_ history: HistoryResult) -> [String] {
    var table = Table(
      ("time (UTC)", .left), ("offset", .right), ("error", .right), ("drift", .right),
      ("rtt", .right), ("samples", .right))
    let rows = rows(history)
    for case .measurement(let entry) in rows {
      table.add(
        time(entry.microseconds),
        Text.offset(nanoseconds: entry.offsetNanoseconds, error: entry.errorNanoseconds),
        "±" + Text.nanoseconds(entry.errorNanoseconds), Text.ppm(entry.driftPPM) + " ppm",
        Text.nanoseconds(entry.shortestRoundTripNanoseconds),
        entry.rejected > 0 ? "\(entry.samples)-\(entry.rejected)" : "\(entry.samples)")
    }
    // What happened is a sentence, across the columns.
    var lines = table.lines()[...]
    let titles = lines.removeFirst()
    return [titles]
      + rows.map { row in
        switch row {
        case .measurement: lines.removeFirst()
        case .event(let entry): "\(time(entry.microseconds))  \(event(entry))"
        }
      }
  }

  /// RFC 4180, units in the names of the columns; one kind of row for both, with empty fields.
  static func csv(_ history: HistoryResult) -> [String] {
    [
      "time,time_us,offset_ns,lower_ns,upper_ns,error_ns,drift_ppm,drift_error_ppm,rtt_min_ns,"
        + "rtt_last_ns,samples,rejected,event,size_ns,text"
    ]
      + rows(history).map { row in
        switch row {
        case .measurement(let entry):
          [
            Text.time(microseconds: entry.microseconds), "\(entry.microseconds)",
            "\(entry.offsetNanoseconds)", "\(entry.lowerNanoseconds)",
            "\(entry.upperNanoseconds)", "\(entry.errorNanoseconds)", "\(entry.driftPPM)",
            "\(entry.driftErrorPPM)", "\(entry.shortestRoundTripNanoseconds)",
            "\(entry.lastRoundTripNanoseconds)", "\(entry.samples)", "\(entry.rejected)", "", "",
            "",
          ].joined(separator: ",")
        case .event(let entry):
          "\(Text.time(microseconds: entry.microseconds)),\(entry.microseconds)"
            + ",,,,,,,,,,,\(entry.kind.rawValue),\(entry.sizeNanoseconds),\(quoted(entry.text))"
        }
      }
  }

  /// An event in a few words.
  static func event(_ event: HistoryResult.Event) -> String {
    switch event.kind {
    case .localStep:
      let size = Text.nanoseconds(Int64(clamping: event.sizeNanoseconds.magnitude))
      return "this host's clock was set \(event.sizeNanoseconds < 0 ? "back" : "ahead") by \(size)"
    case .started: return "started: \(event.text)"
    case .held:
      return "still in holdover after \(Text.nanoseconds(event.sizeNanoseconds)): \(event.text)"
    case .stopSignal where event.sizeNanoseconds > 0:
      return reason(event) + stayingAway + " for " + Text.nanoseconds(event.sizeNanoseconds)
    case .disruption, .state, .exchangeStep, .stepRefused, .rejection, .rate, .fleet,
      .stopSignal:
      return event.text
    }
  }

  /// What two events have in common of which the second is the first one over again.
  static func theme(_ event: HistoryResult.Event) -> String {
    switch event.kind {
    // The next time it may be for longer.
    case .stopSignal: reason(event) + stayingAway
    default: Self.event(event)
    }
  }

  private static let stayingAway = "; staying away"

  /// Of a stop signal. A long one may have left no room for what follows it.
  private static func reason(_ event: HistoryResult.Event) -> Substring {
    event.text.ranges(of: stayingAway).first.map { event.text[..<$0.lowerBound] }
      ?? event.text[...]
  }

  static func paint(_ event: HistoryResult.Event) -> Paint {
    switch event.kind {
    case .state:
      Paint.ofState(
        ["synchronized", "holdover", "unknown", "disrupted"]
          .first { event.text.contains("-> \($0)") } ?? "")
    case .started, .rate, .fleet, .localStep, .disruption: .plain
    case .exchangeStep, .stepRefused, .rejection, .stopSignal, .held: .doubtful
    }
  }

  private enum Row {
    case measurement(HistoryResult.Measurement)
    case event(HistoryResult.Event)

    var sequence: Int64 {
      switch self {
      case .measurement(let entry): entry.sequence
      case .event(let entry): entry.sequence
      }
    }
  }

  private static func rows(_ history: HistoryResult) -> [Row] {
    (history.measurements.map(Row.measurement) + history.events.map(Row.event))
      .sorted { $0.sequence < $1.sequence }
  }

  /// `2026-11-21 15:30:02`
  private static func time(_ microseconds: Int64) -> String {
    let text = CivilTime(unixNanoseconds: microseconds * 1_000).iso8601(fractionDigits: 0)
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
  }

  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { [",", "\"", "\n", "\r"].contains($0) }) else { return text }
    return "\"" + text.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
  }
}
