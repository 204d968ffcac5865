internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem

/// The exchange's clock when this host's clock showed a past time: rigorous, or refused.
extension StatusBoard.Entry {
  /// - Parameter instants: when CLOCK_REALTIME showed it, if that can be told.
  func convert(
    _ local: LocalInstant, shownAt instants: Result<ClosedRange<MonotonicInstant>, any Error>,
    at clocks: HostClocks, host: HostWatch
  ) throws(RPCError) -> ConvertResult {
    let (state, reason) = state(at: clocks, host: host)
    func refusal(_ reason: String) -> RPCError {
      RPCError(
        .notSynchronized, "\(id): that time cannot be told: \(reason)", exchange: id,
        state: state.rawValue, reason: reason)
    }
    if let interruption = host.interruption(at: clocks) { throw refusal(interruption.reason) }
    let times: ClosedRange<ExchangeInstant>
    do {
      let instants = try instants.get()
      // Not settled yet is what came after the last burst that was believed.
      let isPresent = past.newest.map { instants.upperBound >= $0 } ?? true
      guard state.isUsable || !isPresent else { throw refusal(reason) }
      times = try past.times(in: instants)
    } catch let error as RPCError {
      throw error
    } catch let refused as LocalHistory.Refusal {
      if case .inTheFuture(let wait) = refused {
        throw RPCError(
          .invalidParams, "local_us: this host's clock will show that in \(wait.shortText)")
      }
      throw refusal(refused.reason)
    } catch let refused as ClockHistory.Refusal {
      throw refusal(refused.reason)
    } catch {
      throw refusal("\(error)")
    }
    let (earliest, latest) = (times.lowerBound, times.upperBound)
    return ConvertResult(
      exchange: id, localMicroseconds: floorDivided(local.nanoseconds, by: 1_000),
      estimateMicroseconds: floorDivided(
        (earliest + (latest - earliest) / 2).nanoseconds, by: 1_000),
      earliestMicroseconds: floorDivided(earliest.nanoseconds, by: 1_000),
      latestMicroseconds: -floorDivided(-latest.nanoseconds, by: 1_000))
  }
}

extension LocalHistory.Refusal {
  var reason: String {
    switch self {
    case .inTheFuture(let wait): "this host's clock will show that in \(wait.shortText)"
    case .tooLongAgo(let earliest):
      "what this host's clock showed is known from local_us"
        + " \(floorDivided(earliest.nanoseconds, by: 1_000)) on: for an hour, since the daemon's"
        + " start at most"
    case .nearSetting:
      "this host's clock was set about then, and whether it showed that before or after is not known"
    case .neverShown: "this host's clock never showed that: it was set ahead over it"
    case .shownTwice: "this host's clock showed that twice: it was set back"
    }
  }
}

extension ClockHistory.Refusal {
  var reason: String {
    switch self {
    case .notMeasured:
      "nothing was known of the exchange's clock then, or an interruption of this host made it void"
    case .void: "no resync had been good for too long by then"
    case .clockChanged: "the exchange's clock was set, or changed its rate, some time around then"
    }
  }
}
