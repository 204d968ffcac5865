internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import ExchangeCatalog
internal import JSONDocument
internal import LinuxSystem

extension StatusBoard.Content {
  func health(at clocks: HostClocks, started: MonotonicInstant) -> HealthResult {
    let states = entries.map { ($0.id, $0.state(at: clocks, host: host)) }
    let usable = states.count { $0.1.state.isUsable }
    let wanting = states.filter { $0.1.state != .synchronized }
    let isFine = wanting.isEmpty && socketProblem == nil
    let clockHealth = clockHealth(at: clocks)
    let kernel = KernelClock.read()
    var counts: [JSONValue.Member] = [.init("exchanges", .integer(Int64(entries.count)))]
    for state in SyncState.allCases {
      counts.append(
        .init(state.rawValue, .integer(Int64(states.count { $0.1.state == state }))))
    }
    counts.append(.init("clients", .integer(Int64(clients))))
    var result = HealthResult(
      status: isFine ? .ok : usable > 0 ? .degraded : .failing,
      reasons: (socketProblem.map { [$0] } ?? [])
        + wanting.map { id, judgement in
          "\(id) is \(judgement.state.rawValue): \(judgement.reason)"
        },
      isReady: isReady, uptimeMilliseconds: milliseconds(clocks.raw - started),
      version: exchangeClockVersion,
      systemClockOffsetNanoseconds: clockHealth.consensus?.interval.midpoint.nanoseconds,
      systemClockErrorNanoseconds: clockHealth.consensus?.interval.error.wholeNanoseconds,
      isKernelSynchronized: kernel?.isSynchronized, counts: counts)
    result.kernelEstimatedErrorNanoseconds = kernel?.estimatedError.wholeNanoseconds
    result.kernelMaximumErrorNanoseconds = kernel?.maximumError.wholeNanoseconds
    // As at the first readiness, but by what is known now.
    var readiness = Readiness(when: readyWhen)
    result.isReadyNow = readiness.update(
      zip(entries, states).map { entry, state in
        (state.1.state.isUsable, entry.status.failures >= Readiness.attempts)
      })
    result.configuration = configuration
    result.verdicts = clockHealth.verdicts.map { verdict in
      VerdictResult(verdict) { id in
        entries.first { $0.id == id }?.definition.url ?? ""
      }
    }
    return result
  }

  /// What is known of each exchange, as a reader must take it.
  private func clockHealth(at clocks: HostClocks) -> ClockHealth {
    ClockHealth(
      entries.map { entry in
        let (state, reason) = entry.state(at: clocks, host: host)
        let interval = state.isUsable ? entry.status.interval(at: clocks.raw) : nil
        return ExchangeEvidence(
          id: entry.id, state: state, reason: reason,
          interval: interval.map(clocks.localInterval), status: entry.status)
      }, at: clocks.raw)
  }
}
