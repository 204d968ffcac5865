internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import ExchangeCatalog
internal import LinuxSystem

extension StatusBoard.Entry {
  /// What the shared page says of this exchange; nil where its id fits no slot.
  ///
  /// - Parameters:
  ///   - now: for the state; what time does to it is in the slot.
  ///   - check: as of the last look at this host's clocks.
  func slot(at now: MonotonicInstant, check: PageCheck) -> PageSlot? {
    guard let id = PageID(id) else { return nil }
    var slot = PageSlot(id: id)
    settings.definition.describe(&slot)
    slot.state = PageSlot.State(status.state(at: now))
    slot.checkedNanoseconds = check.raw.nanoseconds
    slot.realMinusRawNanoseconds = check.lead.nanoseconds
    guard let clock = status.clock, let voidAfter = status.voidAfter,
      let holdoverAfter = status.holdoverAfter
    else { return slot }
    slot.asOfNanoseconds = clock.asOf.nanoseconds
    slot.lowerNanoseconds = (clock.asOf + clock.interval.lower).nanoseconds
    slot.upperNanoseconds = (clock.asOf + clock.interval.upper).nanoseconds
    // Outwards by the last digit, which the division may have rounded the other way.
    slot.lowerRate = (clock.rates.lowerPPM / 1e6).nextDown
    slot.upperRate = (clock.rates.upperPPM / 1e6).nextUp
    slot.voidAfterNanoseconds = min(voidAfter, check.raw + PageCheck.lease).nanoseconds
    slot.holdoverAfterNanoseconds = holdoverAfter.nanoseconds
    return slot
  }
}

/// A look at this host's clocks that found them uninterrupted.
struct PageCheck: Sendable {
  /// How long the page may be used without another look. A daemon that is gone looks no more, and
  /// with the time since its last look grows what a reader cannot tell from slewing: by 0.2 s in
  /// this time, and no suspend is as short.
  static let lease = Duration.seconds(300)

  var raw: MonotonicInstant
  /// CLOCK_REALTIME minus CLOCK_MONOTONIC_RAW.
  var lead: Offset<Monotonic, Local>

  /// - Parameter clocks: of which no interruption shows.
  init(_ clocks: HostClocks) {
    raw = clocks.raw
    lead = Offset(from: clocks.raw, to: clocks.local)
  }
}

extension PageSlot.State {
  init(_ state: SyncState) {
    self =
      switch state {
      case .unknown: .unknown
      case .synchronized: .synchronized
      case .holdover: .holdover
      case .disrupted: .disrupted
      }
  }
}

extension ExchangeDefinition {
  /// Fills in what the catalogue knows.
  fileprivate func describe(_ slot: inout PageSlot) {
    slot.formatCode = timestampFormat.pageCode
    slot.resolutionNanoseconds = resolution.wholeNanoseconds
    slot.isDocumented = isWindowDocumented
    switch rule {
    case .window(let window):
      slot.rule = .window
      slot.isAdjustable = window.isAdjustable
      slot.windowNanoseconds = window.window.wholeNanoseconds
      // More than is known to be granted is for the socket to judge.
      slot.longestWindowNanoseconds =
        (window.longestWindow ?? rule.verifiedWindow)?.wholeNanoseconds ?? 0
      slot.toleranceNanoseconds = window.tolerance.wholeNanoseconds
    case .expiry(let lifetime, let longest):
      slot.rule = .expiry
      // The timestamp itself says how long the request lives.
      slot.isAdjustable = true
      slot.windowNanoseconds = lifetime.wholeNanoseconds
      slot.longestWindowNanoseconds = longest?.wholeNanoseconds ?? 0
    case .nonce: slot.rule = .nonce
    case .untimed: slot.rule = .untimed
    case .unknown: slot.rule = .unknown
    }
  }
}
