internal import ClockCore
internal import ClockProtocol
internal import ExchangeClock
internal import Glibc
internal import JSONDocument
internal import LinuxSystem

extension Verbs {
  /// Whose clock is wrong, as far as the daemon and this host tell. Works without a daemon too.
  static func diagnose(_ invocation: Invocation) throws -> ExitCode {
    var facts = HostFacts.read(
      HostFiles(), kernel: KernelClock.read(), suspended: HostClocks.read().suspended.midpoint
    ) { getenv($0).map { String(cString: $0) } }
    let diagnosis: Diagnosis
    do {
      let view = try DaemonView(of: invocation.socket, exchange: invocation.names.first)
      facts.daemonDifference = view.difference
      diagnosis = view.diagnosis(facts)
    } catch let failure as DaemonConnection.Failure {
      if case .refused = failure { throw failure }
      let verdict = NoDaemon.verdict(failure, socket: invocation.socket, facts)
      diagnosis = Diagnosis(
        facts: facts, verdicts: [verdict],
        questions: Questions(facts: facts, verdicts: [verdict]).all)
    }
    if invocation.json {
      try Output.write(diagnosis.json.text)
    } else {
      for line in diagnosis.text { try Output.tell(line) }
    }
    return diagnosis.exitCode
  }
}
