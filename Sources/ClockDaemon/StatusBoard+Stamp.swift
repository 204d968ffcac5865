internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import ExchangeCatalog
internal import LinuxSystem

extension StatusBoard.Entry {
  /// The stamp for a request that is sent now; nil where it is a nonce, and a higher ceiling must
  /// be on disk before one can be given.
  mutating func stamp(
    _ demand: StampDemand, at clocks: HostClocks, host: HostWatch
  ) throws(RPCError) -> StampResult? {
    let (state, earliest, latest) = try usableTimes(at: clocks, host: host)
    if demand.window != nil || demand.lifetime != nil { try check(demand) }
    let (rule, format) = (settings.definition.rule, settings.definition.timestampFormat)
    var stamp = rule.stamp(
      earliest: earliest, latest: latest, window: demand.window ?? demand.lifetime,
      resolution: format.resolution)
    if case .nonce = rule {
      guard let nonce = nonces.next(from: earliest, resolution: format.resolution) else {
        return nil
      }
      stamp.instant = nonce
    }
    if !settings.definition.isWindowDocumented {
      stamp.isGuaranteed = false
      stamp.smallestWindow = nil
    }
    if let verified = rule.verifiedWindow {
      if let window = stamp.window, window > verified { stamp.isGuaranteed = false }
      if let smallest = stamp.smallestWindow, smallest > verified { stamp.smallestWindow = nil }
    }
    givenStamps.note(stamp.instant, at: clocks.raw)
    return StampResult(
      exchange: settings.definition.id, state: state.rawValue,
      timestamp: format.json(of: stamp.instant),
      unixMicroseconds: floorDivided(stamp.instant.nanoseconds, by: 1_000),
      carrier: settings.definition.timestampCarrier,
      windowMilliseconds: stamp.window.map(milliseconds),
      smallestWindowMilliseconds: stamp.smallestWindow.map { -milliseconds(.zero - $0) },
      marginMilliseconds: stamp.margin.map(milliseconds), isGuaranteed: stamp.isGuaranteed,
      reason: stamp.isGuaranteed ? nil : doubt(of: stamp, error: (latest - earliest) / 2))
  }

  /// Why acceptance is not guaranteed, in one clause.
  private func doubt(of stamp: Stamp, error: Duration) -> String {
    let definition = settings.definition
    let name: String
    switch definition.rule {
    case .window: name = "window"
    case .expiry: name = "lifetime"
    case .nonce:
      return "only \(id) knows which nonces the key has used"
        + (nonces.isKept ? "" : "; and as no state is kept, a restart may repeat some")
    case .untimed: return "requests to \(id) carry no timestamp"
    case .unknown: return "which timestamps \(id) accepts is not known"
    }
    guard definition.isWindowDocumented else {
      return "the window of \(id) is not documented: \((stamp.window ?? .zero).shortText) is what"
        + " clients use or report"
    }
    if let verified = definition.rule.verifiedWindow, let window = stamp.window, window > verified {
      return "\(id) is not known to grant a window of more than \(verified.shortText): it may count"
        + " as less"
    }
    let smallest = stamp.smallestWindow.map { "one of \(-milliseconds(.zero - $0)) ms is enough" }
    return "a \(name) of \((stamp.window ?? .zero).shortText) is too short for a clock known to"
      + " ±\(error.shortText) and a request that may take \(Stamp.longestUplink.shortText); "
      + (smallest
        ?? "so is every one that \(id) "
        + (definition.rule.verifiedWindow == nil ? "allows" : "is known to grant"))
  }

  private func check(_ demand: StampDemand) throws(RPCError) {
    switch settings.definition.rule {
    case .window(let rule):
      if demand.lifetime != nil {
        throw refusal(
          "lifetime_ms", "is no expiry" + (rule.isAdjustable ? "; use recv_window_ms" : ""))
      }
      if let window = demand.window, !rule.isAdjustable, window != rule.window {
        throw RPCError(
          .invalidParams,
          "recv_window_ms: \(id) has no window that a request can set; it is always"
            + " \(milliseconds(rule.window)) ms")
      }
      try check("recv_window_ms", demand.window, atMost: rule.longestWindow)
    case .expiry(_, let longest):
      if demand.window != nil { throw refusal("recv_window_ms", "is an expiry; use lifetime_ms") }
      try check("lifetime_ms", demand.lifetime, atMost: longest)
    case .nonce: try refuseWindow(demand, "is a nonce, which has none")
    case .untimed: try refuseWindow(demand, "is none: its requests carry none")
    case .unknown:
      let what = "is judged by a rule that is not known"
      // A request may choose its window there, only what it does is not known.
      if settings.definition.windowParameter == nil { try refuseWindow(demand, what) }
      if demand.lifetime != nil { throw refusal("lifetime_ms", what) }
    }
  }

  private func refuseWindow(_ demand: StampDemand, _ what: String) throws(RPCError) {
    if demand.window != nil { throw refusal("recv_window_ms", what) }
    if demand.lifetime != nil { throw refusal("lifetime_ms", what) }
  }

  private func refusal(_ parameter: String, _ what: String) -> RPCError {
    RPCError(.invalidParams, "\(parameter): the timestamp of \(id) \(what)")
  }

  private func check(
    _ parameter: String, _ wanted: Duration?, atMost longest: Duration?
  ) throws(RPCError) {
    guard let wanted, let longest, wanted > longest else { return }
    throw RPCError(
      .invalidParams, "\(parameter): \(id) allows at most \(milliseconds(longest)) ms")
  }
}

extension AcceptanceRule {
  /// The longest window that is known to be granted, where it is not known how long one a request
  /// may ask for; else nil.
  var verifiedWindow: Duration? {
    guard case .window(let rule) = self, rule.isAdjustable, rule.longestWindow == nil else {
      return nil
    }
    return rule.window
  }
}
