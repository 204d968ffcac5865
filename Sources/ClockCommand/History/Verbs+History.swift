internal import ClockCore
internal import ClockProtocol
internal import JSONDocument
internal import LinuxSystem

extension Verbs {
  /// What was measured of an exchange's clock, and what happened to it, over the last weeks.
  static func history(_ invocation: Invocation) throws {
    let now = HostClocks.read().local.nanoseconds / 1_000
    let since = invocation.since.map { now - $0.wholeNanoseconds / 1_000 } ?? 0
    let name = invocation.names[0]
    let history = try HistoryReader.read(name, since: since, socket: invocation.socket)
    if let path = invocation.plot {
      guard let plot = HistoryPlot(history, now: now) else {
        throw NothingToShow(message: "nothing of \(name) was measured in that time")
      }
      try Output.write(plot.document, toFile: path)
      if !invocation.json, path != "-" {
        try Output.write("\(path): \(history.measurements.count) resyncs")
      }
    } else if invocation.json {
      try Output.write(history.json.text)
    } else {
      if invocation.csv {
        for line in HistoryText.csv(history) { try Output.write(line) }
      } else {
        for line in HistoryText.table(history) { try Output.tell(line) }
      }
      if history.damaged > 0, !invocation.csv {
        let entries = history.damaged == 1 ? "1 entry is" : "\(history.damaged) entries are"
        try Output.write("\(entries) damaged, and left out")
      }
    }
  }
}

/// There is nothing of what was asked for.
struct NothingToShow: Error, CustomStringConvertible {
  var message: String
  var description: String { message }
}
