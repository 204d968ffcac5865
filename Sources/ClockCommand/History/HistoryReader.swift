internal import ClockCore
internal import ClockProtocol
internal import ExchangeClock
internal import JSONDocument
internal import LinuxSystem

/// Asks the daemon for a history, page by page.
enum HistoryReader {
  /// - Parameters:
  ///   - since: CLOCK_REALTIME, Unix microseconds.
  ///   - first: entries up to this number are left out.
  static func read(
    _ exchange: String, since: Int64, after first: Int64 = 0, socket: String,
    patience: Duration = .seconds(10)
  ) throws -> HistoryResult {
    var connection = try DaemonConnection(to: socket, patience: patience)
    var whole = HistoryResult(
      exchange: exchange, measurements: [], events: [], damaged: 0, next: nil)
    var after: Int64? = first
    while let begin = after {
      let answer = try connection.call(
        .history,
        [
          "exchange": .string(exchange), "since_us": .integer(max(since, 0)),
          "after": .integer(begin),
        ])
      guard let page = HistoryResult(json: answer) else { throw ForeignAnswer(json: answer) }
      whole.measurements += page.measurements
      whole.events += page.events
      whole.damaged = page.damaged
      after = page.next
    }
    return whole
  }
}
