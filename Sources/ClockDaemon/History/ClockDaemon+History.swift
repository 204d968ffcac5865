internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem

/// What the actor has written down for `history`.
extension ClockDaemon {
  /// A good resync of an exchange has ended.
  func recordMeasurement(_ index: Int) {
    guard let history else { return }
    let (clocks, content) = (HostClocks.read(), board.read())
    let offset = content.entries[index].offset(at: clocks, host: content.host)
    guard let known = offset.measurement else { return }
    exchanges[index].localRate.look(at: clocks)
    history.add(
      HistoryResult.Measurement(
        sequence: 0, microseconds: clocks.local.nanoseconds / 1_000,
        offsetNanoseconds: known.offsetNanoseconds, lowerNanoseconds: known.lowerNanoseconds,
        upperNanoseconds: known.upperNanoseconds, driftPPM: known.driftPPM,
        driftErrorPPM: known.driftErrorPPM,
        shortestRoundTripNanoseconds: known.shortestRoundTripNanoseconds,
        lastRoundTripNanoseconds: known.lastRoundTripNanoseconds, samples: offset.samples,
        rejected: offset.rejected, localRatePPM: exchanges[index].localRate.ppm),
      of: offset.exchange)
  }

  /// What is in holdover still is; called every few seconds.
  func recordHoldovers() {
    guard history != nil else { return }
    let (clocks, content) = (HostClocks.read(), board.read())
    for (index, entry) in content.entries.enumerated() {
      let (state, reason) = entry.state(at: clocks, host: content.host)
      guard state == .holdover else {
        exchanges[index].heldSince = nil
        continue
      }
      let since = exchanges[index].heldSince ?? clocks.raw
      exchanges[index].heldSince = since
      record(.held, size: clocks.raw - since, reason, of: [entry.id])
    }
  }

  /// CLOCK_REALTIME was set: its rate begins anew.
  func forgetLocalRates() {
    let clocks = HostClocks.read()
    for index in exchanges.indices { exchanges[index].localRate.begin(at: clocks) }
  }

  /// Something happened to one exchange.
  func record(_ event: TrackerEvent, _ index: Int) {
    let id = exchanges[index].id
    // The operator's line begins with the exchange, which is known here.
    let text = String(event.message(exchange: id).dropFirst(id.count + 2))
    record(event.kind, size: event.size, text, of: [id])
  }

  /// Something happened to this host, and so to all.
  func recordForAll(
    _ kind: HistoryResult.Event.Kind, size: Duration = .zero, _ text: String
  ) {
    record(kind, size: size, text, of: exchanges.map(\.id))
  }

  private func record(
    _ kind: HistoryResult.Event.Kind, size: Duration, _ text: String, of ids: [String]
  ) {
    history?.add(
      HistoryResult.Event(
        sequence: 0, microseconds: HostClocks.read().local.nanoseconds / 1_000, kind: kind,
        sizeNanoseconds: size.wholeNanoseconds, text: text), of: ids)
  }
}

extension TrackerEvent {
  fileprivate var kind: HistoryResult.Event.Kind {
    switch self {
    case .stateChanged: .state
    case .stepAccepted: .exchangeStep
    case .stepRefused: .stepRefused
    case .rateChanged: .rate
    case .burstRejected: .rejection
    case .fleetMet: .fleet
    case .stopSignal: .stopSignal
    }
  }

  fileprivate var size: Duration {
    switch self {
    case .stepAccepted(let step), .stepRefused(let step, _), .burstRejected(let step): step
    case .fleetMet(let spread): spread
    case .stopSignal(_, let wait): wait
    case .stateChanged, .rateChanged: .zero
    }
  }
}
