internal import ClockCore
internal import ClockProtocol
internal import ExchangeClock
internal import JSONDocument
internal import LinuxSystem

extension Verbs {
  /// A line for each exchange, and another whenever its state or its measurement changes: what can
  /// be piped. Ends when the reader of the pipe does, or the daemon.
  static func follow(_ invocation: Invocation) throws {
    var connection = try DaemonConnection(to: invocation.socket, patience: .seconds(5))
    var known: [OffsetResult] = []
    while true {
      let answer = try connection.call(.offsets)
      guard let offsets = offsets(of: answer) else { throw ForeignAnswer(json: answer) }
      for offset in offsets
      where known.first(where: { $0.exchange == offset.exchange })
        .map({ hasChanged($0, offset) }) ?? true
      {
        try Output.write(invocation.json ? offset.json.text : line(offset))
      }
      known = offsets
      Thread.pause(for: .seconds(1))
    }
  }

  private static func hasChanged(_ before: OffsetResult, _ now: OffsetResult) -> Bool {
    before.state != now.state || before.reason != now.reason
      || before.samples != now.samples
      || (now.nextSyncMilliseconds > before.nextSyncMilliseconds)
  }

  private static func line(_ offset: OffsetResult) -> String {
    let now = CivilTime(unixNanoseconds: HostClocks.read().local.nanoseconds)
      .iso8601(fractionDigits: 3)
    var line = "\(now)  \(offset.exchange)  \(offset.state)"
    if let known = offset.measurement {
      let size = Text.offset(
        nanoseconds: known.offsetNanoseconds, error: known.errorNanoseconds)
      line += "  \(size) ±\(Text.nanoseconds(known.errorNanoseconds))"
    }
    return offset.reason.isEmpty ? line : line + "  \(offset.reason)"
  }
}
