internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import ExchangeCatalog
internal import JSONDocument
internal import LinuxSystem

/// Answers computed from the board at the moment of reading.
extension StatusBoard.Entry {
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
      nextSyncMilliseconds: milliseconds(wait(at: clocks, host: host)),
      failures: Int64(status.failures))
    result.rejectedBy = [
      .init("contradicting", .integer(Int64(status.rejections.contradicting))),
      .init("stale", .integer(Int64(status.rejections.stale))),
      .init("unusable", .integer(Int64(status.rejections.unusable))),
    ]
    result.resyncsBy = ResyncCause.allCases.map {
      .init($0.rawValue, .integer(Int64(status.resyncs[$0])))
    }
    result.resyncsFailed = Int64(status.resyncs.failed)
    return result
  }

  /// The exchange's clock now, within these; an error when no time is to be given.
  // Inlined, since the entry would be copied to call it.
  @inline(__always)
  func usableTimes(
    at clocks: HostClocks, host: HostWatch
  ) throws(RPCError) -> (state: SyncState, earliest: ExchangeInstant, latest: ExchangeInstant) {
    if let interruption = host.interruption(at: clocks) {
      throw noTime(.disrupted, interruption.reason, at: clocks, host: host)
    }
    let interval = status.interval(at: clocks.raw)
    let (state, reason) = status.judgement(at: clocks.raw, given: interval)
    guard state.isUsable, let interval else {
      throw noTime(state, reason, at: clocks, host: host)
    }
    return (state, clocks.raw + interval.lower, clocks.raw + interval.upper)
  }

  @inline(never)
  private func noTime(
    _ state: SyncState, _ reason: String, at clocks: HostClocks, host: HostWatch
  ) -> RPCError {
    let wait = max(wait(at: clocks, host: host), .seconds(1))
    return RPCError(
      .notSynchronized, "\(id): no time can be given: \(reason)", exchange: id,
      state: state.rawValue, reason: reason, retryAfterMilliseconds: milliseconds(wait))
  }

  /// Until the next resync. After an interruption that the actor has not dealt with yet it is due
  /// at once, unless the exchange wants to be left alone.
  private func wait(at clocks: HostClocks, host: HostWatch) -> Duration {
    let isInterrupted = host.interruption(at: clocks) != nil
    let next = isInterrupted ? status.blockedUntil ?? clocks.raw : status.nextSync
    return max(next - clocks.raw, .zero)
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

/// Whole milliseconds, rounded down, also below zero.
func milliseconds(_ duration: Duration) -> Int64 {
  floorDivided(duration.wholeNanoseconds, by: 1_000_000)
}

/// Rounded down, also below zero.
func floorDivided(_ number: Int64, by divisor: Int64) -> Int64 {
  let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? quotient - 1 : quotient
}
