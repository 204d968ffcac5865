package import ClockCore

/// Where an exchange tells when it received a request and when it sent the answer.
package struct ServerStamps: Sendable, Equatable {
  package var receive: TimeSource
  package var transmit: TimeSource
  package var unit: TimeUnit
  /// A unit in which they may come instead; told apart by magnitude. Nothing finer than `unit` is
  /// claimed all the same.
  package var finerUnit: TimeUnit?

  package init(receive: TimeSource, transmit: TimeSource, unit: TimeUnit) {
    self.receive = receive
    self.transmit = transmit
    self.unit = unit
  }
}

/// An exchange's clock at the two ends of its work on a request.
package struct TimeReading: Sendable, Equatable {
  /// Truncated to `resolution`.
  package var arrival: ExchangeInstant

  /// Truncated to `resolution`; not before `arrival`.
  package var departure: ExchangeInstant

  /// Quantum of both.
  package var resolution: Duration
}

extension ExchangeDefinition {
  /// What the answer tells of the exchange's clock: two stamps where it has them and they enclose
  /// the time itself, else that time, of unknown place between arrival and departure, as both.
  ///
  /// Stamps that do not are of another clock, such as a gateway's, which may be right or not: the
  /// time itself is what the exchange says that its clock shows.
  ///
  /// - Parameter roundTrip: of the request; stamps further apart are not of this request.
  package func readStamps(
    from answer: TimeAnswer, roundTrip: Duration
  ) throws(TimeAnswerError) -> TimeReading {
    let (time, resolution) = try readTimeAndResolution(from: answer)
    if let stamps = serverStamps,
      let arrival = try? reading(stamps.receive, stamps).readTime(from: answer),
      let departure = try? reading(stamps.transmit, stamps).readTime(from: answer),
      arrival <= departure, departure - arrival <= roundTrip,
      arrival < time + resolution, time < departure + stamps.unit.resolution
    {
      return TimeReading(
        arrival: arrival, departure: departure, resolution: stamps.unit.resolution)
    }
    return TimeReading(arrival: time, departure: time, resolution: resolution)
  }

  /// The same exchange, with its time elsewhere in the answer.
  private func reading(_ source: TimeSource, _ stamps: ServerStamps) -> ExchangeDefinition {
    var other = self
    other.timeSource = source
    other.unit = stamps.unit
    other.finerUnit = stamps.finerUnit
    return other
  }
}
