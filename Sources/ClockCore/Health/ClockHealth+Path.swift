/// What is said of one exchange's path and answers; its clock is judged elsewhere.
extension ClockHealth {
  /// - Parameter witnesses: the exchanges whose clocks are not accused.
  func verdict(
    onPathTo exchange: ExchangeEvidence, among witnesses: [ClockConsensus.Witness]
  ) -> [Verdict] {
    let status = exchange.status
    var findings: [PathFinding] = []
    if let failure = status.failure {
      if let until = status.blockedUntil, until > now {
        let finding = AnswerFinding.toldToStayAway(reason: failure.reason, wait: until - now)
        return [.answersUnusable(exchange.known, finding)]
      }
      if failure.mayBeSystemClock {
        let finding = AnswerFinding.certificateRefused(
          reason: failure.reason, failures: status.failures)
        return [.answersUnusable(exchange.known, finding)]
      }
      switch status.recentProbes.last {
      case .noAnswer:
        findings.append(.noAnswer(reason: failure.reason, failures: status.failures))
      case .unusable:
        let finding = AnswerFinding.noTimeInAnswer(
          reason: failure.reason, failures: status.failures)
        return [.answersUnusable(exchange.known, finding)]
      case .sample, nil:
        let finding = AnswerFinding.notBelieved(
          reason: failure.reason, failures: status.failures)
        return [.answersUnusable(exchange.known, finding)]
      }
    } else if !exchange.state.isUsable {
      return [
        .unknown(
          .notMeasured(id: exchange.id, state: exchange.state, reason: exchange.reason))
      ]
    }
    findings += loss(of: status) + roundTrips(of: exchange) + rejections(of: status)
    if let finding = asymmetry(of: exchange, among: witnesses) { findings.append(finding) }
    return findings.isEmpty ? [] : [.pathBad(exchange.known, findings)]
  }

  private func loss(of status: ExchangeStatus) -> [PathFinding] {
    let (lost, sent) = (status.recentProbes.unanswered, status.recentProbes.count)
    guard lost >= thresholds.lostProbes, lost * 100 >= sent * thresholds.lostPercent else {
      return []
    }
    return [.lost(lost, of: sent)]
  }

  private func roundTrips(of exchange: ExchangeEvidence) -> [PathFinding] {
    guard let interval = exchange.interval, let shortest = exchange.status.shortestRoundTrip,
      let last = exchange.status.lastRoundTrip
    else { return [] }
    var findings: [PathFinding] = []
    let maxError = exchange.status.settings.maxError
    // Half of the shortest round trip is in every error, unless the exchange's own stamps cut it.
    let isTooLong = interval.error > maxError && shortest > maxError * 2
    if isTooLong || shortest > thresholds.longRoundTrip {
      findings.append(.longRoundTrip(shortest: shortest, maxError: maxError))
    }
    if last - shortest > thresholds.unevenRoundTrip {
      findings.append(.unevenRoundTrips(shortest: shortest, last: last))
    }
    return findings
  }

  private func rejections(of status: ExchangeStatus) -> [PathFinding] {
    let (rejected, all) = (status.rejected, status.samples + status.rejected)
    guard rejected >= thresholds.rejectedSamples,
      rejected * 100 >= all * thresholds.rejectedPercent
    else { return [] }
    return [.contradictingSamples(rejected, of: all)]
  }

  /// Whether the estimate lies beside what at least two others agree on, by so much that only the
  /// exchange's own error keeps it from contradicting them.
  private func asymmetry(
    of exchange: ExchangeEvidence, among witnesses: [ClockConsensus.Witness]
  ) -> PathFinding? {
    guard let interval = exchange.interval, witnesses.contains(where: { $0.id == exchange.id }),
      // A narrow interval hides nothing: it would contradict the others.
      interval.error > thresholds.contradiction / 2,
      let others = ClockConsensus(
        of: witnesses.filter { $0.id != exchange.id }, leeway: thresholds.contradiction),
      others.members.count >= 2
    else { return nil }
    let distance = others.interval.gap(to: interval.midpoint)
    guard distance > thresholds.contradiction,
      interval.gap(to: others.interval) <= thresholds.contradiction
    else { return nil }
    return .asymmetrySuspected(by: distance, others: others)
  }
}
