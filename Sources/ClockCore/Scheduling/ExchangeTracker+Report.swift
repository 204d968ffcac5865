extension ExchangeTracker {
  /// A good resync answers the reports of refusals for so long: bots that were refused at the same
  /// moment report within seconds, and the clock need not be read anew for each of them.
  package static let freshness = Duration.seconds(3)

  /// A reporter whose report had the clock read anew, and it had not moved, has it read no more for
  /// so long: a bot that lies, or one whose own clock is wrong, must not spend the others' probes.
  package static let distrust = Duration.seconds(30)

  /// The same for reports of stamps that were given out here and should have been accepted. They
  /// are better evidence than any other: nothing else that this user has told speaks against them.
  package static let distrustOfStamps = Duration.seconds(5)

  /// Within this, the reports of all together have the clock read anew no more often than
  /// `mostReportedReadings`, unless it has moved.
  private static let reportPeriod = Duration.seconds(60)

  /// A reading of the clock that a report has led to, and what was known before.
  struct ReportedReading: Sendable {
    var began: MonotonicInstant
    var clock: IntervalClock?
    var reporter: UInt32?
    /// Of a stamp that was given out here and should have been accepted.
    var isOfGoodStamp: Bool
  }

  /// A bot was refused for its timestamp, which puts what is known of the exchange's clock in
  /// doubt. Nothing is taken over from the report; the clock is read anew, within the limits of any
  /// demand and those of reports.
  ///
  /// - Parameters:
  ///   - stampMade: when the timestamp was made, as far as that can be told: what was read before
  ///     says nothing of it.
  ///   - isContradicted: the refusal contradicts what is known, however fresh that is.
  ///   - isOfGoodStamp: the timestamp was given out here, and no delay explains the refusal.
  ///   - reporter: the user whose bot reports; nil where that cannot be told.
  /// - Returns: nil where the last resync answers the doubt.
  package mutating func clockDoubted(
    stampMade: MonotonicInstant?, isContradicted: Bool, isOfGoodStamp: Bool = false,
    by reporter: UInt32?, at now: MonotonicInstant
  ) -> ResyncDemand? {
    reportedReadings = reportedReadings.filter {
      now - $0.began < Self.reportPeriod && !hasMoved(since: $0, at: now)
    }
    // Who joins a burst, or waits for one with others, costs nothing.
    let isDue = !isResting || status.nextSync <= now + .seconds(1)
    guard !isDue, status.blockedUntil.map({ $0 <= now }) ?? true else {
      return resyncDemanded(for: .report, at: now)
    }
    let wait = waitOfReports(by: reporter, isOfGoodStamp: isOfGoodStamp, at: now)
    if isFresh(for: stampMade, at: now), !isContradicted || wait != nil { return nil }
    if let wait { return wait }
    let clock = status.clock
    let demand = resyncDemanded(for: .report, at: now)
    if case .accepted = demand {
      reportedReadings.append(
        .init(began: now, clock: clock, reporter: reporter, isOfGoodStamp: isOfGoodStamp))
    }
    return demand
  }

  private func isFresh(for stampMade: MonotonicInstant?, at now: MonotonicInstant) -> Bool {
    guard status.resyncs.total > 0, status.failure == nil, status.disruption == nil,
      !status.isRestored, let lastSync = status.lastSync, let burstBegan
    else { return false }
    return now - lastSync <= Self.freshness && stampMade ?? burstBegan <= burstBegan
  }

  /// Nil where a report may have the clock read anew now.
  private func waitOfReports(
    by reporter: UInt32?, isOfGoodStamp: Bool, at now: MonotonicInstant
  ) -> ResyncDemand? {
    let distrust = isOfGoodStamp ? Self.distrustOfStamps : Self.distrust
    let last = reportedReadings.last {
      $0.reporter == reporter && ($0.isOfGoodStamp || !isOfGoodStamp)
    }
    if let last, now - last.began < distrust {
      return .refused(
        reason: "a report of the same user had that done \((now - last.began).shortText) ago, and"
          + " it had not moved",
        retryAfter: last.began + distrust - now)
    }
    // The last one is kept for the better evidence.
    let most = isOfGoodStamp ? mostReportedReadings : max(1, mostReportedReadings - 1)
    guard let first = reportedReadings.first, reportedReadings.count >= most else { return nil }
    return .refused(
      reason: "reports had that done \(reportedReadings.count) times within a minute, and it had"
        + " not moved",
      retryAfter: first.began + Self.reportPeriod - now)
  }

  /// Half of the budget, so that demands and the exchange's own schedule keep the other half.
  private var mostReportedReadings: Int {
    max(1, budget.probesPerMinute / (2 * status.settings.samples))
  }

  /// Whether one sample is enough to tell who doubts that the clock is where it was known to be, so
  /// that they need not wait for the rest of the burst: of a coarse clock, that takes seconds. A
  /// sample that is against what is known has to be confirmed, and one that took longer than a
  /// request may take is too blunt.
  ///
  /// - Parameter sample: the one that has just come in, before the tracker is told of it.
  package func isInAccord(_ sample: Sample, at now: MonotonicInstant) -> Bool {
    guard status.failure == nil, status.disruption == nil, !sample.isCached,
      sample.roundTrip <= Stamp.longestUplink, let known = status.interval(at: now),
      let seen = sample.interval(at: now, drift: status.settings.drift)
    else { return false }
    return known.distance(to: seen) == nil
  }

  /// The exchange's clock has been read since, and is elsewhere.
  private func hasMoved(since reading: ReportedReading, at now: MonotonicInstant) -> Bool {
    guard status.failure == nil, let lastSync = status.lastSync, lastSync > reading.began,
      let interval = status.interval(at: now)
    else { return false }
    return reading.clock.map { $0.interval(at: now).distance(to: interval) != nil } ?? true
  }
}
