internal import ClockCore
internal import Synchronization

/// One exchange: its clock, its conditions and its server.
package final class SimulatedExchange: Sendable {
  /// What an exchange starts with.
  package struct Configuration: Sendable {
    package var id: String
    package var conditions: Conditions
    /// On the loopback; 0 lets the kernel choose.
    package var port: UInt16

    package init(_ id: String, _ conditions: Conditions = Conditions(), port: UInt16 = 0) {
      self.id = id
      self.conditions = conditions
      self.port = port
    }
  }

  private struct State {
    var conditions: Conditions
    var clock: SimulatedClock
    /// What the clock shows while it stands still.
    var frozen: ExchangeInstant?
    var counters = Counters()
    var ledger = Ledger()
    var generator: SeededGenerator
  }

  /// What becomes of one request, settled at its arrival.
  private struct Plan {
    var conditions: Conditions
    var forward: Duration
    var back: Duration
    var fault: Fault
    var frozen: ExchangeInstant?
  }

  let behavior: any ExchangeBehavior
  private let stop: StopSignal
  private let state: Mutex<State>

  init(_ configuration: Configuration, seed: UInt64, stop: StopSignal) throws(SimulatorError) {
    guard let behavior = ExchangeBehaviors[configuration.id] else {
      throw .refused(
        "unknown exchange '\(configuration.id)'; known: "
          + ExchangeBehaviors.ids.joined(separator: ", "))
    }
    self.behavior = behavior
    self.stop = stop
    let host = HostClock.pair()
    let origin = host.local.nanoseconds + configuration.conditions.offset.wholeNanoseconds
    let clock = SimulatedClock(
      reading: ExchangeInstant(nanoseconds: origin), at: host.monotonic,
      driftPPM: configuration.conditions.driftPPM)
    var state = State(
      conditions: configuration.conditions, clock: clock,
      generator: SeededGenerator(seed: seed, name: configuration.id))
    if configuration.conditions.fault == .frozen {
      state.frozen = ExchangeInstant(nanoseconds: origin)
    }
    self.state = Mutex(state)
  }

  /// The conditions, the counters and what the clock shows.
  var snapshot: (conditions: Conditions, counters: Counters, now: ExchangeInstant) {
    state.withLock { state in
      (state.conditions, state.counters, state.frozen ?? state.clock.reading(at: .now))
    }
  }

  /// What the clock shows minus what CLOCK_REALTIME shows. Positive: the exchange is ahead.
  var ahead: Duration {
    state.withLock { state in
      let host = HostClock.pair()
      let reading = state.frozen ?? state.clock.reading(at: host.monotonic)
      return .nanoseconds(reading.nanoseconds - host.local.nanoseconds)
    }
  }

  /// Changes conditions: another offset steps the clock, another drift bends it from here on. The
  /// change runs under a lock and must not call back.
  func update<Failure: Error>(_ change: (inout Conditions) throws(Failure) -> Void) throws(Failure)
  {
    try state.withLock { (state) throws(Failure) in
      let old = state.conditions
      var new = old
      try change(&new)
      let now = MonotonicInstant.now
      state.conditions = new
      state.clock.step(by: new.offset - old.offset)
      if new.driftPPM != old.driftPPM { state.clock.setDrift(new.driftPPM, at: now) }
      if new.fault != .frozen {
        state.frozen = nil
      } else if old.fault != .frozen || new.offset != old.offset {
        state.frozen = state.clock.reading(at: now)
      }
    }
  }

  func connected() {
    state.withLock { $0.counters.connections += 1 }
  }

  /// Answers one request; sleeps through its delays. `elsewhere`: where redirects lead by default.
  func reply(to request: HTTPRequest, elsewhere: String) -> HTTPReply {
    let endpoint = behavior.endpoint(of: request)
    let plan = state.withLock { Self.plan(for: endpoint, &$0) }
    if plan.fault == .timeout { return .silence }
    guard stop.sleep(plan.forward) else { return .silence }
    let (answer, now) = state.withLock { self.answer(request, endpoint, plan, &$0) }
    guard stop.sleep(plan.back) else { return .silence }
    return plan.fault.applied(
      to: answer, of: behavior, at: now, conditions: plan.conditions, elsewhere: elsewhere)
  }

  private static func plan(for endpoint: Endpoint?, _ state: inout State) -> Plan {
    let conditions = state.conditions
    var plan = Plan(
      conditions: conditions,
      forward: conditions.forwardDelay + state.generator.duration(upTo: conditions.forwardJitter),
      back: conditions.returnDelay + state.generator.duration(upTo: conditions.returnJitter),
      fault: .none, frozen: nil)
    if endpoint == .time { state.counters.timeRequests += 1 }
    if endpoint == nil { state.counters.otherRequests += 1 }
    guard conditions.fault.reaches(endpoint, scope: conditions.faultScope) else { return plan }
    plan.fault = conditions.fault
    plan.frozen = state.frozen
    state.counters.faults += 1
    guard let left = conditions.faultCount else { return plan }
    if left > 1 {
      state.conditions.faultCount = left - 1
    } else {
      state.conditions.fault = .none
      state.conditions.faultCount = nil
      state.frozen = nil
    }
    return plan
  }

  private func answer(
    _ request: HTTPRequest, _ endpoint: Endpoint?, _ plan: Plan, _ state: inout State
  ) -> (HTTPAnswer, ExchangeInstant) {
    let now = plan.frozen ?? state.clock.reading(at: .now)
    // A refusal by the gateway: the exchange itself never sees the request.
    let isRefused = ![.none, .frozen, .seconds, .slowBody, .huge, .truncated].contains(plan.fault)
    guard !isRefused else { return (HTTPAnswer(json: ""), now) }
    var answer: HTTPAnswer
    switch endpoint {
    case nil: answer = behavior.unknownPath(request, at: now)
    case .time?:
      answer = behavior.timeAnswer(
        to: request, received: now, now: plan.frozen ?? state.clock.reading(at: .now),
        inWrongUnit: plan.fault == .seconds)
    case let endpoint?:
      if let rejection = behavior.rejection(of: request, at: now, ledger: &state.ledger) {
        state.counters.signedRejected += 1
        answer = rejection
      } else {
        state.counters.signedAccepted += 1
        answer = behavior.acceptance(of: request, at: endpoint, now: now, ledger: &state.ledger)
      }
    }
    answer.headers.append(HTTPRequest.Field("Date", now.httpDate))
    return (answer, now)
  }
}

extension Instant where Scale == Monotonic {
  /// CLOCK_MONOTONIC_RAW now.
  fileprivate static var now: Self { HostClock.monotonic() }
}
