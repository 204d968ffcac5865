extension ExchangeTracker {
  /// A good resync answers the reports of refusals for so long: bots that were refused at the same
  /// moment report within seconds, and the clock need not be read anew for each of them.
  package static let freshness = Duration.seconds(3)

  /// A resync that refuted what a refusal was said to tell has the next such reports weigh no more
  /// than others, for so long: a bot that lies, or that a proxy lies to, must not spend the probes
  /// of the honest ones.
  package static let distrust = Duration.seconds(60)

  /// A bot was refused for its timestamp, which puts what is known of the exchange's clock in
  /// doubt. Nothing is taken over from the report; the clock is read anew, within the limits of any
  /// demand.
  ///
  /// - Parameters:
  ///   - stampMade: when the timestamp was made, as far as that can be told: what was read before
  ///     says nothing of it.
  ///   - isContradicted: the refusal contradicts what is known, however fresh that is. Overlooked
  ///     for a while after such a contradiction was refuted.
  /// - Returns: nil where the last resync answers the doubt.
  package mutating func clockDoubted(
    stampMade: MonotonicInstant?, isContradicted: Bool, at now: MonotonicInstant
  ) -> ResyncDemand? {
    let isContradicted = isContradicted && !isDistrusted(at: now)
    if isContradicted { contradicted = status.clock.map { (now, $0) } }
    if !isContradicted, status.resyncs.total > 0, status.failure == nil, status.disruption == nil,
      !status.isRestored, let lastSync = status.lastSync, now - lastSync <= Self.freshness,
      let burstBegan, stampMade ?? burstBegan <= burstBegan
    {
      return nil
    }
    return resyncDemanded(for: .report, at: now)
  }

  /// The last contradiction is not long ago, the clock has been read since, and it had not moved.
  private func isDistrusted(at now: MonotonicInstant) -> Bool {
    guard let contradicted, now - contradicted.at < Self.distrust,
      status.failure == nil, let lastSync = status.lastSync, lastSync > contradicted.at,
      let interval = status.interval(at: now)
    else { return false }
    return contradicted.clock.interval(at: now).distance(to: interval) == nil
  }
}
