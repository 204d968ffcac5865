import ClockCore

/// The machine that the tracker runs on.
package struct HostModel: Sendable, Hashable {
  /// CLOCK_MONOTONIC_RAW against true time; its pauses are the suspends.
  package var oscillator: ClockModel
  /// CLOCK_REALTIME against true time: whatever its keeper does to it. The tracker never sees it.
  package var realtime: ClockModel
  /// The longest time from the end of a suspend until the daemon has noticed it.
  package var longestNotice: Duration
  /// The pauses are those of a virtual machine that is not told: they show only when the daemon
  /// looks at the hardware clock. What it says until then cannot be right.
  package var pausesAreSilent: Bool

  package init(
    oscillator: ClockModel = ClockModel(), realtime: ClockModel = ClockModel(),
    longestNotice: Duration = .milliseconds(20), pausesAreSilent: Bool = false
  ) {
    self.oscillator = oscillator
    self.realtime = realtime
    self.longestNotice = longestNotice
    self.pausesAreSilent = pausesAreSilent
  }
}

/// The clocks of one host.
struct LocalClocks: Sendable {
  let model: HostModel
  let monotonic: SimulatedClock<Monotonic>
  let realtime: SimulatedClock<Local>

  /// Since the boot at the beginning, ns.
  private static let boot: Int64 = 1_000_000_000_000

  init(_ model: HostModel, span: Duration, seeds: Seeds) {
    self.model = model
    monotonic = SimulatedClock(
      model.oscillator, origin: Self.boot, span: span,
      random: seeds.generator(.localClock, 0))
    realtime = SimulatedClock(
      model.realtime, origin: SimulatedServer.epoch, span: span,
      random: seeds.generator(.localClock, 1))
  }

  /// The first instant from `instant` on at which the host is not suspended.
  func awake(from instant: WorldInstant) -> WorldInstant {
    model.oscillator.pauses.reduce(instant) { later, pause in
      .after(pause.from) <= later && later < .after(pause.end) ? .after(pause.end) : later
    }
  }
}
