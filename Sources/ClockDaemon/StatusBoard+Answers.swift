internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import ExchangeCatalog
internal import JSONDocument
internal import LinuxSystem

/// Answers computed from the board at the moment of reading.
extension StatusBoard.Entry {
  /// The stamp for a request that is sent now, which is written down as given out.
  mutating func giveStamp(
    at clocks: HostClocks, host: HostWatch, window: Duration?
  ) throws(RPCError) -> StampResult {
    let (result, instant) = try stamp(at: clocks, host: host, window: window)
    if settings.definition.rule == .nonce { lastNonce = instant }
    givenStamps.note(instant)
    return result
  }

  func stamp(
    at clocks: HostClocks, host: HostWatch, window: Duration?
  ) throws(RPCError) -> (result: StampResult, instant: ExchangeInstant) {
    let (state, earliest, latest) = try usableTimes(at: clocks, host: host)
    let definition = settings.definition
    try check(window)
    let stamp = definition.rule.stamp(
      earliest: earliest, latest: latest, window: window,
      resolution: definition.timestampFormat.resolution, previous: lastNonce)
    let result = StampResult(
      exchange: id, state: state.rawValue,
      timestamp: definition.timestampFormat.json(of: stamp.instant),
      unixMicroseconds: floorDivided(stamp.instant.nanoseconds, by: 1_000),
      carrier: definition.timestampCarrier,
      windowMilliseconds: stamp.window.map { milliseconds($0) },
      smallestWindowMilliseconds: stamp.smallestWindow.map { -milliseconds(.zero - $0) },
      marginMilliseconds: stamp.margin.map { milliseconds($0) },
      isGuaranteed: stamp.isGuaranteed && definition.isWindowDocumented)
    return (result, stamp.instant)
  }

  func now(
    at clocks: HostClocks, host: HostWatch, maxError: Duration?
  ) throws(RPCError) -> NowResult {
    let (state, earliest, latest) = try usableTimes(at: clocks, host: host)
    let width = latest - earliest
    if let maxError, width / 2 > maxError {
      throw RPCError(
        .errorTooLarge,
        "the error of \((width / 2).shortText) is above the max_error_ms of \(maxError.shortText)",
        exchange: id, state: state.rawValue, reason: status.reason(at: clocks.raw))
    }
    return NowResult(
      exchange: id, state: state.rawValue,
      estimateMicroseconds: floorDivided((earliest + width / 2).nanoseconds, by: 1_000),
      earliestMicroseconds: floorDivided(earliest.nanoseconds, by: 1_000),
      latestMicroseconds: -floorDivided(-latest.nanoseconds, by: 1_000),
      localMicroseconds: floorDivided(clocks.local.nanoseconds, by: 1_000))
  }

  func offset(at clocks: HostClocks, host: HostWatch) -> OffsetResult {
    let (state, reason) = state(at: clocks, host: host)
    var result = OffsetResult(
      exchange: id, state: state.rawValue, reason: reason,
      measurement: state.isUsable ? measurement(at: clocks) : nil,
      samples: Int64(status.samples), rejected: Int64(status.rejected),
      resolutionNanoseconds: settings.definition.resolution.wholeNanoseconds,
      nextSyncMilliseconds: milliseconds(max(status.nextSync - clocks.raw, .zero)),
      failures: Int64(status.failures))
    result.rejectedBy = [
      .init("contradicting", .integer(Int64(status.rejections.contradicting))),
      .init("stale", .integer(Int64(status.rejections.stale))),
      .init("unusable", .integer(Int64(status.rejections.unusable))),
    ]
    return result
  }

  /// The exchange's clock now, within these; an error when no time is to be given.
  private func usableTimes(
    at clocks: HostClocks, host: HostWatch
  ) throws(RPCError) -> (state: SyncState, earliest: ExchangeInstant, latest: ExchangeInstant) {
    let (state, reason) = state(at: clocks, host: host)
    guard state.isUsable, let interval = status.interval(at: clocks.raw) else {
      let wait = max(status.nextSync - clocks.raw, .seconds(1))
      throw RPCError(
        .notSynchronized, "\(id): no time can be given: \(reason)", exchange: id,
        state: state.rawValue, reason: reason, retryAfterMilliseconds: milliseconds(wait))
    }
    return (state, clocks.raw + interval.lower, clocks.raw + interval.upper)
  }

  private func check(_ window: Duration?) throws(RPCError) {
    guard let window else { return }
    guard case .window(let rule) = settings.definition.rule, rule.isAdjustable else {
      throw RPCError(.invalidParams, "recv_window_ms: \(id) has no window that a request can set")
    }
    if let longest = rule.longestWindow, window > longest {
      throw RPCError(
        .invalidParams,
        "recv_window_ms: \(id) allows at most \(milliseconds(longest)) ms")
    }
  }

  private func measurement(at clocks: HostClocks) -> OffsetResult.Measurement? {
    guard let interval = status.interval(at: clocks.raw), let clock = status.clock,
      let shortest = status.shortestRoundTrip, let last = status.lastRoundTrip,
      let lastSync = status.lastSync
    else { return nil }
    let local = clocks.localInterval(of: interval)
    let age = clocks.raw - lastSync
    return OffsetResult.Measurement(
      offsetNanoseconds: local.midpoint.nanoseconds, lowerNanoseconds: local.lower.nanoseconds,
      upperNanoseconds: local.upper.nanoseconds,
      errorNanoseconds: local.error.wholeNanoseconds,
      driftPPM: clock.rates.midpointPPM, driftErrorPPM: clock.rates.errorPPM,
      shortestRoundTripNanoseconds: shortest.wholeNanoseconds,
      lastRoundTripNanoseconds: last.wholeNanoseconds,
      lastSyncMicroseconds: floorDivided((clocks.local - age).nanoseconds, by: 1_000),
      ageMilliseconds: milliseconds(age))
  }
}

extension TimestampFormat {
  /// The timestamp as the exchange wants it; text where a JSON number would lose digits.
  func json(of instant: ExchangeInstant) -> JSONValue {
    switch self {
    case .unixSeconds: .integer(floorDivided(instant.nanoseconds, by: 1_000_000_000))
    case .unixMilliseconds: .integer(floorDivided(instant.nanoseconds, by: 1_000_000))
    case .unixMicroseconds: .integer(floorDivided(instant.nanoseconds, by: 1_000))
    case .unixNanoseconds: .string(String(instant.nanoseconds))
    case .iso8601Milliseconds:
      .string(CivilTime(unixNanoseconds: instant.nanoseconds).iso8601(fractionDigits: 3))
    case .iso8601BareSeconds:
      .string(
        String(
          CivilTime(unixNanoseconds: instant.nanoseconds).iso8601(fractionDigits: 0).dropLast())
      )
    }
  }
}

/// Whole milliseconds, rounded down, also below zero.
func milliseconds(_ duration: Duration) -> Int64 {
  floorDivided(duration.wholeNanoseconds, by: 1_000_000)
}

/// Rounded down, also below zero.
func floorDivided(_ number: Int64, by divisor: Int64) -> Int64 {
  let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? quotient - 1 : quotient
}
