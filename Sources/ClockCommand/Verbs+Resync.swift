internal import ClockCore
internal import ClockProtocol
internal import ExchangeClock
internal import JSONDocument
internal import LinuxSystem

extension Verbs {
  /// Has exchanges measured, and shows how far that is.
  static func resync(_ invocation: Invocation) throws {
    let params = JSONValue.members(
      ("exchange", invocation.names.first.map(JSONValue.string)),
      ("accept_step", invocation.acceptsStep ? true : nil))
    let result = try withProgress(invocation) { waiting throws(DaemonConnection.Failure) in
      var connection = try DaemonConnection(to: invocation.socket)
      return try connection.call(.resync, params, waiting: waiting)
    }
    try show(invocation, result, offsets(of:)) { OffsetText.table($0) }
  }

  private static func withProgress(
    _ invocation: Invocation,
    _ work: ((() -> Void)?) throws(DaemonConnection.Failure) -> JSONValue
  ) throws(DaemonConnection.Failure) -> JSONValue {
    guard !invocation.json, ProgressLine.isSeen else { return try work(nil) }
    let progress = ProgressLine()
    let begin = HostClocks.monotonic()
    return try work {
      let passed = HostClocks.monotonic() - begin
      progress.show(
        "resyncing\(done(invocation, since: passed)); \(Int64(passed / .seconds(1))) s")
    }
  }

  /// How many exchanges have been measured since the demand; empty where that cannot be told.
  private static func done(_ invocation: Invocation, since passed: Duration) -> String {
    guard invocation.names.isEmpty, let answer = try? ask(invocation, .offsets),
      let offsets = offsets(of: answer)
    else { return "" }
    let fresh = offsets.filter {
      guard let known = $0.measurement, $0.nextSyncMilliseconds > 0 else { return false }
      return .milliseconds(known.ageMilliseconds) <= passed
    }
    let waiting = offsets.filter { offset in !fresh.contains { $0.exchange == offset.exchange } }
    let names = waiting.prefix(5).map(\.exchange).joined(separator: ", ")
    let more = waiting.count > 5 ? " ..." : ""
    return ": \(fresh.count) of \(offsets.count) measured, waiting for \(names)\(more)"
  }
}
