internal import ClockCore
internal import ClockProtocol
internal import ExchangeClock
internal import JSONDocument
internal import LinuxSystem

extension Verbs {
  /// Of one question, so that what a daemon that hangs is waited for is told meanwhile.
  private static let patience = Duration.seconds(3)

  /// Waits until the named exchanges, or all, are synchronized, or until as much is known as the
  /// daemon's setting `ready.when` demands; a daemon that is not there yet is waited for too.
  static func wait(_ invocation: Invocation) throws -> ExitCode {
    let deadline = HostClocks.monotonic() + invocation.timeout
    let progress = ProgressLine(isWanted: !invocation.json)
    var missing = ""
    while true {
      let left = max(deadline - HostClocks.monotonic(), .milliseconds(10))
      do {
        if invocation.waitsForReady {
          let health = try health(invocation, patience: min(left, patience))
          if health.isReady {
            progress.show("")
            try report("ready", invocation)
            return .success
          }
          missing = health.reasons
          progress.show("not ready, \(wait(until: deadline)); \(missing)")
          guard HostClocks.monotonic() < deadline else {
            progress.show("")
            try report("timed out: \(missing)", invocation)
            return .refused
          }
          Thread.pause(for: .milliseconds(100))
          continue
        }
        let offsets = try offsets(invocation, patience: min(left, patience))
        if let stranger = invocation.names.first(where: { name in
          !offsets.contains { $0.exchange == name }
        }) {
          let enabled = offsets.map(\.exchange).joined(separator: ", ")
          try report("\(stranger) will never be synchronized: enabled are \(enabled)", invocation)
          return .impossible
        }
        let waiting = offsets.filter { offset in
          (invocation.names.isEmpty || invocation.names.contains(offset.exchange))
            && offset.state != "synchronized"
        }
        if waiting.isEmpty {
          progress.show("")
          try report("synchronized", invocation)
          return .success
        }
        missing = waiting.map { "\($0.exchange) is \($0.state): \($0.reason)" }
          .joined(separator: "; ")
        let all = invocation.names.isEmpty ? offsets.count : Set(invocation.names).count
        progress.show(
          "\(all - waiting.count) of \(all) synchronized, \(wait(until: deadline)); \(missing)")
      } catch DaemonConnection.Failure.unreachable {
        // It may still come.
        missing = "no daemon answers at \(invocation.socket)"
        progress.show("\(missing), \(wait(until: deadline))")
      } catch let failure as DaemonConnection.Failure {
        missing = "\(failure)"
        progress.show("\(missing) \(wait(until: deadline))")
      }
      guard HostClocks.monotonic() < deadline else {
        progress.show("")
        try report("timed out: \(missing)", invocation)
        return .refused
      }
      Thread.pause(for: .milliseconds(100))
    }
  }

  private static func wait(until deadline: MonotonicInstant) -> String {
    "\(Int64(max(deadline - HostClocks.monotonic(), .zero) / .seconds(1))) s left"
  }

  private static func health(
    _ invocation: Invocation, patience: Duration
  ) throws -> (isReady: Bool, reasons: String) {
    var connection = try DaemonConnection(to: invocation.socket, patience: patience)
    let answer = try connection.call(.health)
    guard let isReady = answer["ready_now"]?.bool else { throw ForeignAnswer(json: answer) }
    let reasons = (answer["reasons"]?.array ?? []).compactMap(\.string)
    return (isReady, reasons.joined(separator: "; "))
  }

  private static func offsets(
    _ invocation: Invocation, patience: Duration
  ) throws -> [OffsetResult] {
    var connection = try DaemonConnection(to: invocation.socket, patience: patience)
    let answer = try connection.call(.offsets)
    guard let offsets = Verbs.offsets(of: answer) else { throw ForeignAnswer(json: answer) }
    return offsets
  }

  private static func report(_ message: String, _ invocation: Invocation) throws {
    if invocation.json {
      try Output.write(JSONValue.members(("result", .string(message))).text)
    } else {
      try Output.write(message)
    }
  }
}
