extension ExchangeTracker {
  /// A good resync answers the reports of refusals for so long: bots that were refused at the same
  /// moment report within seconds, and the clock need not be read anew for each of them.
  package static let freshness = Duration.seconds(3)

  /// A bot was refused for its timestamp, which puts what is known of the exchange's clock in
  /// doubt. Nothing is taken over from the report; the clock is read anew, within the limits of any
  /// demand.
  ///
  /// - Parameters:
  ///   - stampMade: when the timestamp was made, as far as that can be told: what was read before
  ///     says nothing of it.
  ///   - isContradicted: the refusal contradicts what is known, however fresh that is.
  /// - Returns: nil where the last resync answers the doubt.
  package mutating func clockDoubted(
    stampMade: MonotonicInstant?, isContradicted: Bool, at now: MonotonicInstant
  ) -> ResyncDemand? {
    if !isContradicted, status.resyncs > 0, status.failure == nil, status.disruption == nil,
      !status.isRestored, let lastSync = status.lastSync, now - lastSync <= Self.freshness,
      let burstBegan, stampMade ?? burstBegan <= burstBegan
    {
      return nil
    }
    return resyncDemanded(at: now)
  }
}
