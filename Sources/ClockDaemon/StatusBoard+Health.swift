internal import ClockCore
internal import ClockProtocol
internal import ExchangeCatalog
internal import JSONDocument
internal import LinuxSystem

extension StatusBoard.Content {
  func health(at clocks: HostClocks, started: MonotonicInstant) -> HealthResult {
    let states = entries.map { ($0.id, $0.state(at: clocks, host: host)) }
    let usable = states.count { $0.1.state.isUsable }
    let wanting = states.filter { $0.1.state != .synchronized }
    let consensus = consensus(at: clocks)
    var counts: [JSONValue.Member] = [.init("exchanges", .integer(Int64(entries.count)))]
    for state in SyncState.allCases {
      counts.append(
        .init(state.rawValue, .integer(Int64(states.count { $0.1.state == state }))))
    }
    counts.append(.init("clients", .integer(Int64(clients))))
    return HealthResult(
      status: wanting.isEmpty ? .ok : usable > 0 ? .degraded : .failing,
      reasons: wanting.map { id, judgement in
        "\(id) is \(judgement.state.rawValue): \(judgement.reason)"
      },
      isReady: isReady, uptimeMilliseconds: milliseconds(clocks.raw - started),
      version: exchangeClockVersion,
      systemClockOffsetNanoseconds: consensus?.midpoint.nanoseconds,
      systemClockErrorNanoseconds: consensus?.error.wholeNanoseconds,
      isKernelSynchronized: HostClocks.isKernelSynchronized, counts: counts)
  }

  /// What most exchanges agree on against CLOCK_REALTIME; nil when there is no majority.
  private func consensus(at clocks: HostClocks) -> OffsetInterval<Local, Exchange>? {
    let intervals = entries.filter { $0.state(at: clocks, host: host).state.isUsable }
      .compactMap { $0.status.interval(at: clocks.raw) }.map(clocks.localInterval)
    guard let agreement = Agreement(of: intervals), agreement.count * 2 > intervals.count else {
      return nil
    }
    return agreement.interval
  }
}
