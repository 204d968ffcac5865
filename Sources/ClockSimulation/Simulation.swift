package import ClockCore

/// One exchange followed by one host for a while: everything but the seed.
package struct Simulation: Sendable {
  /// Bots that demand a resync at regular times.
  package struct Demand: Sendable, Hashable {
    package var every: Duration
    package var from: Duration
    package var to: Duration

    package init(
      every: Duration, from: Duration = .zero, to: Duration = .seconds(1_000_000_000)
    ) {
      precondition(every > .zero, "a demand takes time")
      self.every = every
      self.from = from
      self.to = to
    }
  }

  package var settings = TrackerSettings()
  package var server = ServerModel()
  package var link = LinkClass.metropolitan
  package var host = HostModel()
  package var faults: [Fault] = []
  package var demands: [Demand] = []
  package var duration = Duration.seconds(6 * 3600)

  /// Between two looks at what readers are shown.
  package var queryInterval = Duration.seconds(60)

  /// The looks are at random instants, that far apart on average.
  package var queriesAtRandom = false

  /// After a lie of the exchange (a step of its clock, a stale stamp) no bound can hold. So long
  /// after the lie has ended a good resync must have ended; nil where it is never believed.
  package var longestRecovery: Duration? = .seconds(2 * 3600)

  /// From then on the published interval must hold the clock of every member of the fleet that has
  /// answered, before that of one at least; nil where what is met does not tell a fleet.
  package var coversFleetFrom: Duration? = .zero

  package init() {}

  package func run(seed: UInt64, keepsTrace: Bool = false) -> Outcome {
    var host = SimulatedHost(self, seed: seed, keepsTrace: keepsTrace)
    return host.run()
  }
}
