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
