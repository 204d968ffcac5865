internal import ClockCore
internal import LinuxSystem

extension TrackerEvent {
  var priority: Log.Priority {
    switch self {
    case .stateChanged(_, .synchronized, _): .info
    case .stateChanged(_, .unknown, _), .stateChanged(_, .holdover, _): .warning
    case .stateChanged(_, .disrupted, _): .notice
    case .rateChanged, .fleetMet: .notice
    case .stepAccepted, .stepRefused, .burstRejected, .stopSignal: .warning
    }
  }

  func message(exchange id: String) -> String {
    switch self {
    case .stateChanged(let from, let to, ""): "\(id): \(from) -> \(to)"
    // As it was restored, so it stays.
    case .stateChanged(let from, let to, let reason) where from == to: "\(id): \(to): \(reason)"
    case .stateChanged(let from, let to, let reason): "\(id): \(from) -> \(to): \(reason)"
    case .stepAccepted(let step):
      "\(id): the exchange's clock jumped by \(step.shortText), confirmed by a second resync"
    case .stepRefused(let step, let limit):
      "\(id): the exchange's clock seems to have jumped by \(step.shortText), more than max_step"
        + " (\(limit.shortText)); the time from before stays in use"
    case .rateChanged(let wanderPPM):
      "\(id): the exchange's clock runs at another rate than before; its rate is taken to stray by"
        + " \(wanderPPM) ppm from now on"
    case .burstRejected(let step):
      "\(id): one resync was off by \(step.shortText) and the next one was not; it is not believed"
    case .fleetMet(let spread):
      "\(id): answers come from servers whose clocks differ, by \(spread.shortText) at most; the"
        + " bound covers them"
    case .stopSignal(let failure, let wait):
      "\(id): \(failure.reason); staying away for \(wait.shortText)"
    }
  }
}

/// What the journal can be searched for.
extension TrackerEvent {
  var messageKind: MessageKind {
    switch self {
    case .stateChanged(_, .synchronized, _): .synchronized
    case .stateChanged(_, .holdover, _): .holdover
    case .stateChanged(_, .disrupted, _): .disrupted
    case .stateChanged(_, .unknown, _): .unknown
    case .stepAccepted: .stepAccepted
    case .stepRefused: .stepRefused
    case .rateChanged: .rateChanged
    case .burstRejected: .burstRejected
    case .fleetMet: .fleetMet
    case .stopSignal: .stopSignal
    }
  }

  var fields: [Log.Field] {
    switch self {
    case .stateChanged(let from, let to, let reason):
      [Log.Field("STATE", to.rawValue), Log.Field("PREVIOUS_STATE", from.rawValue)]
        + (reason.isEmpty ? [] : [Log.Field("REASON", reason)])
    case .stepAccepted(let step), .stepRefused(let step, _), .burstRejected(let step):
      [Log.Field("STEP_NS", String(step.wholeNanoseconds))]
    case .rateChanged(let wanderPPM): [Log.Field("WANDER_PPM", "\(wanderPPM)")]
    case .fleetMet(let spread): [Log.Field("SPREAD_NS", String(spread.wholeNanoseconds))]
    case .stopSignal(let failure, let wait):
      [Log.Field("REASON", failure.reason), Log.Field("WAIT_NS", String(wait.wholeNanoseconds))]
        + (failure.status.map { [Log.Field("HTTP_STATUS", String($0))] } ?? [])
    }
  }
}

extension ExchangeStatus {
  /// The offset against CLOCK_REALTIME and its error, where there is an estimate.
  func fields(at clocks: HostClocks) -> [Log.Field] {
    guard disruption == nil, let interval = interval(at: clocks.raw) else { return [] }
    let local = clocks.localInterval(of: interval)
    return [
      Log.Field("OFFSET_NS", String(local.midpoint.nanoseconds)),
      Log.Field("ERROR_NS", String(local.error.wholeNanoseconds)),
    ]
  }
}
