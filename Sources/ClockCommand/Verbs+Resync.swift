internal import ClockCore
internal import ClockProtocol
internal import ExchangeClock
internal import JSONDocument
internal import LinuxSystem

extension Verbs {
  /// Has exchanges measured, and shows how far that is.
  ///
  /// - Returns: `refused` where one of them was not measured.
  static func resync(_ invocation: Invocation) throws -> ExitCode {
    let begin = HostClocks.monotonic()
    let params = JSONValue.members(
      ("exchange", invocation.names.first.map(JSONValue.string)),
      ("accept_step", invocation.acceptsStep ? true : nil))
    let result = try withProgress(invocation) { waiting throws(DaemonConnection.Failure) in
      var connection = try connect(invocation)
      return try connection.call(.resync, params, waiting: waiting)
    }
    try show(invocation, result, offsets(of:)) { OffsetText.table($0) }
    let passed = HostClocks.monotonic() - begin
    let missed = notMeasured(offsets(of: result) ?? [], within: passed)
    for offset in missed {
      let reason = offset.reason.isEmpty ? "no resync now" : offset.reason
      let wait = Text.bareWait(milliseconds: offset.nextSyncMilliseconds)
      Output.complain("\(offset.exchange) was not measured: \(reason); next resync: \(wait)")
    }
    return missed.isEmpty ? .success : .refused
  }

  /// Those of which no good sample came in since the demand.
  static func notMeasured(
    _ offsets: [OffsetResult], within passed: Duration
  ) -> [OffsetResult] {
    offsets.filter { offset in
      guard let known = offset.measurement, offset.failures == 0 else { return true }
      // A burst that was under way is joined: its samples may be from before the demand.
      return .milliseconds(known.ageMilliseconds) > passed + .seconds(1)
    }
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
