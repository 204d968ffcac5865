internal import ClockCore
internal import ClockProtocol
internal import ExchangeClock
internal import JSONDocument
internal import LinuxSystem

extension Verbs {
  /// A line for each exchange, and another whenever its state changes, it was measured anew, or its
  /// offset moved: what can be piped. Ends when the reader of the pipe does, or the daemon.
  static func follow(_ invocation: Invocation) throws {
    var connection = try connect(invocation)
    let answer = try connection.call(.subscribe)
    guard var fresh = answer["offsets"].flatMap(offsets(of:)) else {
      throw ForeignAnswer(json: answer)
    }
    var told: [String: OffsetResult] = [:]
    while true {
      for offset in fresh where told[offset.exchange].map({ hasChanged($0, offset) }) ?? true {
        told[offset.exchange] = offset
        if invocation.json {
          try Output.write(offset.json.text)
        } else {
          try Output.tell(line(offset))
        }
      }
      guard let more = try connection.waitForNotifications(unlessNobodyReads: 1) else { return }
      fresh = more
    }
  }

  /// That a bound grows is no news.
  private static func hasChanged(_ before: OffsetResult, _ now: OffsetResult) -> Bool {
    guard before.state == now.state, before.reason == now.reason else { return true }
    guard let old = before.measurement, let new = now.measurement else {
      return before.measurement != now.measurement
    }
    return abs(new.lastSyncMicroseconds - old.lastSyncMicroseconds) > 500_000
      || abs(new.offsetNanoseconds - old.offsetNanoseconds) >= 1_000_000
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
