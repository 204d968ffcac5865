internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import Dispatch
internal import ExchangeCatalog
internal import ExchangeProbe
internal import LinuxSystem

/// One exchange as the actor keeps it: its state machine and what performs the machine's actions.
struct FollowedExchange {
  typealias ResyncWaiter = @Sendable () -> Void

  /// Tells it from all others that are or were followed, whatever place it has among them.
  let key: Int
  var settings: ExchangeSettings
  let timer: OneShotTimer
  var tracker: ExchangeTracker

  /// Which of the base URLs is asked.
  var endpoints: EndpointChoice

  /// The connection of the burst under way; nil between bursts.
  var connection: ProbeConnection?

  /// Who waits for the resync that is under way or due.
  var waiters: [ResyncWaiter] = []

  /// Who reported a refusal and waits for its clock to be read: by any probe that leaves after they
  /// came and shows the clock where it was known to be, or else by the whole resync.
  var doubters: [Doubter] = []

  struct Doubter {
    var came: MonotonicInstant
    /// What was known then.
    var known: IntervalClock?
    var done: @Sendable (RejectionService.Reading) -> Void
  }

  /// The last jump of its clock; nil once a resync was good that showed none.
  var jump: CommonStep.Jump?

  /// Its clock was found to have been set, or to run at another rate, and readers are not shown
  /// that yet.
  var isClockBroken = false

  /// Readiness no longer waits for this one, and a warning said so.
  var isGivenUp = false

  /// How fast CLOCK_REALTIME runs, from one measurement that is written down to the next.
  var localRate = LocalRate()

  /// When it was first seen in holdover; nil while it is not.
  var heldSince: MonotonicInstant?

  var id: String { settings.definition.id }
}

extension FollowedExchange {
  var target: ProbeTarget { settings.target }

  var baseURL: String { settings.definition.baseURLs[endpoints.index] }

  /// The target, at the base URL that is to be asked now.
  var currentTarget: ProbeTarget {
    var current = target
    current.definition.baseURL = baseURL
    return current
  }
}

extension ExchangeSettings {
  var target: ProbeTarget {
    ProbeTarget(definition: definition, timeout: timeout, caFile: caFile, proxy: proxy)
  }
}

extension DaemonSettings {
  /// How each exchange is to be followed, in their order.
  var trackers: [TrackerSettings] {
    zip(exchanges, probeShares).map { exchange, share in
      var settings = TrackerSettings(
        interval: exchange.interval, maxError: exchange.maxError, samples: exchange.samples,
        timeout: exchange.timeout, drift: DriftBound(partsPerMillion: exchange.maxDriftPPM),
        maxStep: exchange.maxStep, backOff: BackOff(initial: backoffInitial, longest: backoffMax),
        resolution: exchange.definition.resolution)
      settings.hostShare = share.probesPerMinute
      settings.isHostShareStrict = share.isStrict
      return settings
    }
  }
}
