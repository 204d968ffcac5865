internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem

/// What the actor does when this host's clocks are interfered with.
extension ClockDaemon {
  /// The time, after making sure that nothing has interrupted this host's clock since the last
  /// look.
  func checkedNow() -> MonotonicInstant {
    let clocks = HostClocks.read()
    let content = board.read()
    guard let interruption = content.host.interruption(at: clocks) else {
      board.change { $0.host.confirm(at: clocks) }
      page.confirmed(content, at: clocks)
      return clocks.raw
    }
    return disrupt(interruption)
  }

  func handle(_ event: HostEvents.Event) {
    switch event {
    case .looked(let line):
      _ = checkedNow()
      if let line { Log.write(.notice, line, .systemClockSet) }
    case .clockSet(let line, let step):
      // What is slewed as fast is none.
      if abs(step) >= SystemClockSteps.leastStep {
        recordForAll(.localStep, size: step, "CLOCK_REALTIME was set")
        forgetLocalRates()
      }
      clockSet(line)
    case .stoodStill(let pause):
      _ = checkedNow()
      let reason = "this machine stood still"
      let event =
        "\(reason) for at least \(pause.shortText), or its hardware clock was set ahead"
      _ = disrupt(HostWatch.Interruption(reason: reason, event: event))
    }
  }

  /// Nothing that is known holds any more: everything is asked anew.
  ///
  /// - Returns: the time after that.
  private func disrupt(_ interruption: HostWatch.Interruption) -> MonotonicInstant {
    Log.write(
      .notice, "\(interruption.event): resyncing", .hostInterrupted,
      [Log.Field("REASON", interruption.reason)])
    recordForAll(.disruption, interruption.event)
    var watch = board.read().host
    watch.renew(at: HostClocks.read())
    // Read last: probes that left before this instant may have left before the interruption.
    let now = HostClocks.monotonic()
    let actions = exchanges.indices.map {
      exchanges[$0].tracker.disrupted(interruption.reason, at: now)
    }
    let statuses = exchanges.map(\.tracker.status)
    // In one step: no reader may find an estimate from before that looks good.
    let content = board.publish { content in
      content.host = watch
      for (index, status) in statuses.enumerated() { content.entries[index].show(status) }
      return content
    }
    page.write(content)
    for (index, actions) in actions.enumerated() { perform(actions, index) }
    return now
  }

  /// CLOCK_REALTIME is no part of any estimate, so no exchange is asked; but one whose certificate
  /// was refused may have been refused because of its dates.
  private func clockSet(_ line: String?) {
    let now = checkedNow()
    var retried: [String] = []
    for index in exchanges.indices {
      let actions = exchanges[index].tracker.systemClockSet(at: now)
      guard !actions.isEmpty else { continue }
      retried.append(exchanges[index].id)
      perform(actions, index)
    }
    guard let line else { return }
    let effect =
      retried.isEmpty
      ? "no exchange was asked"
      : "asking again where the certificate was refused: \(retried.joined(separator: ", "))"
    Log.write(.notice, "\(line), \(effect)", .systemClockSet)
  }
}
