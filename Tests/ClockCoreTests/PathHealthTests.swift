import Testing

@testable import ClockCore

/// When a path is called bad, and when answers are called unusable.
@Suite struct PathHealthTests {
  static let now = MonotonicInstant(nanoseconds: 1_000_000_000_000)
  static let silence = ProbeFailure(reason: "no answer within 5 s")
  static let refusal = ProbeFailure(reason: "HTTP 503", status: 503)

  /// A good exchange with an error of 10 ms over a path of 20 ms, changed by the test.
  private func verdicts(
    state: SyncState = .synchronized, error: Duration = .milliseconds(10),
    ahead: Duration = .zero, _ change: (inout ExchangeStatus) -> Void
  ) -> [Verdict] {
    ClockHealth([evidence("x", state, error, ahead, change)], at: Self.now).verdicts
  }

  private func evidence(
    _ id: String, _ state: SyncState, _ error: Duration, _ ahead: Duration,
    _ change: (inout ExchangeStatus) -> Void = { _ in }
  ) -> ExchangeEvidence {
    var status = ExchangeStatus(settings: TrackerSettings(), nextSync: Self.now)
    status.samples = 8
    status.shortestRoundTrip = .milliseconds(20)
    status.lastRoundTrip = .milliseconds(21)
    for _ in 0..<8 { status.recentProbes.note(nil) }
    change(&status)
    let middle = LocalOffset(nanoseconds: 0) + ahead
    return ExchangeEvidence(
      id: id, state: state, reason: "first resync under way",
      interval: state.isUsable
        ? OffsetInterval(lower: middle - error, upper: middle + error) : nil,
      status: status)
  }

  private func findings(_ verdicts: [Verdict]) -> [PathFinding] {
    verdicts.flatMap { verdict -> [PathFinding] in
      guard case .pathBad(_, let findings) = verdict else { return [] }
      return findings
    }
  }

  private func isFine(_ verdicts: [Verdict]) -> Bool {
    if case .clocksFine = verdicts.first { verdicts.count == 1 } else { false }
  }

  @Test func aGoodPathIsNotMentioned() {
    #expect(isFine(verdicts { _ in }))
  }

  @Test(arguments: [(2, 8, false), (3, 8, true), (3, 29, false), (3, 27, true)])
  func lossCountsFromThreeProbesAndATenth(_ lost: Int, _ good: Int, _ isBad: Bool) {
    let found = verdicts { status in
      status.recentProbes = ProbeRegister()
      for _ in 0..<lost { status.recentProbes.note(Self.silence) }
      for _ in 0..<good { status.recentProbes.note(nil) }
    }
    #expect(findings(found) == (isBad ? [.lost(lost, of: lost + good)] : []))
    #expect(isFine(found) == !isBad)
  }

  @Test(arguments: [
    (200, 110, false), (201, 110, true), (201, 100, false), (999, 50, false), (1_000, 50, false),
    (1_001, 50, true),
  ])
  func aRoundTripIsTooLongWhereTheErrorCannotBeSmall(
    _ roundTrip: Int, _ error: Int, _ isBad: Bool
  ) {
    let found = verdicts(error: .milliseconds(error)) { status in
      status.shortestRoundTrip = .milliseconds(roundTrip)
      status.lastRoundTrip = .milliseconds(roundTrip)
    }
    let long = PathFinding.longRoundTrip(
      shortest: .milliseconds(roundTrip), maxError: .milliseconds(100))
    #expect(findings(found) == (isBad ? [long] : []))
  }

  @Test(arguments: [(1_020, false), (1_021, true)])
  func oneMuchLongerRoundTripIsNamed(_ last: Int, _ isBad: Bool) {
    let found = verdicts { $0.lastRoundTrip = .milliseconds(last) }
    let uneven = PathFinding.unevenRoundTrips(
      shortest: .milliseconds(20), last: .milliseconds(last))
    #expect(findings(found) == (isBad ? [uneven] : []))
  }

  @Test(arguments: [(7, 1, false), (3, 1, false), (6, 2, true), (7, 2, false)])
  func contradictingSamplesCountFromTwoAndAQuarter(_ good: Int, _ bad: Int, _ isBad: Bool) {
    let found = verdicts { status in
      status.samples = good
      status.rejected = bad
    }
    #expect(findings(found) == (isBad ? [.contradictingSamples(bad, of: good + bad)] : []))
  }

  @Test func aFailedResyncIsJudgedByItsLastProbe() {
    let unanswered = verdicts(state: .holdover) { status in
      status.failure = Self.silence
      status.failures = 2
      status.recentProbes.note(Self.silence)
    }
    #expect(findings(unanswered) == [.noAnswer(reason: "no answer within 5 s", failures: 2)])
    let refused = verdicts(state: .holdover) { status in
      status.failure = Self.refusal
      status.failures = 1
      status.recentProbes.note(Self.refusal)
    }
    guard case .answersUnusable(_, .noTimeInAnswer("HTTP 503", 1)) = refused.first else {
      Issue.record("\(refused)")
      return
    }
    let contradictory = ProbeFailure(reason: "answers contradict the past and each other")
    let disbelieved = verdicts(state: .holdover) { status in
      status.failure = contradictory
      status.failures = 1
    }
    guard case .answersUnusable(_, .notBelieved(contradictory.reason, 1)) = disbelieved.first
    else {
      Issue.record("\(disbelieved)")
      return
    }
  }

  @Test func whoWantsUsAwayIsNeitherAClockNorAPath() {
    let banned = ProbeFailure(reason: "HTTP 418", status: 418)
    let found = verdicts(state: .holdover) { status in
      status.failure = banned
      status.recentProbes.note(banned)
      status.blockedUntil = Self.now + .seconds(90)
    }
    guard case .answersUnusable(let known, .toldToStayAway("HTTP 418", let wait)) = found.first
    else {
      Issue.record("\(found)")
      return
    }
    #expect(wait == .seconds(90) && known.id == "x" && found.count == 1)
    // Once the wait is over, it is an answer without a time like any other.
    let over = verdicts(state: .holdover) { status in
      status.failure = banned
      status.recentProbes.note(banned)
      status.blockedUntil = Self.now
    }
    guard case .answersUnusable(_, .noTimeInAnswer) = over.first else {
      Issue.record("\(over)")
      return
    }
  }

  @Test(arguments: [SyncState.unknown, .disrupted])
  func whatIsNotMeasuredIsNotFine(_ state: SyncState) {
    let found = verdicts(state: state) { $0.recentProbes = ProbeRegister() }
    #expect(
      found == [
        .unknown(.notMeasured(id: "x", state: state, reason: "first resync under way"))
      ])
  }

  @Test(arguments: [(110, false), (111, true), (-111, true), (300, true)])
  func anEstimateBesideTheOthersIsASuspicion(_ ahead: Int, _ isSuspect: Bool) {
    // What the two others agree on is ±10 ms, so that the midpoint may be 110 ms beside zero.
    let others = ["a", "b"].map { evidence($0, .synchronized, .milliseconds(10), .zero) }
    let wide = evidence("x", .holdover, .milliseconds(400), .milliseconds(ahead))
    let found = ClockHealth(others + [wide], at: Self.now).verdicts
    #expect(isFine(found) == !isSuspect)
    guard isSuspect else { return }
    guard case .asymmetrySuspected(let distance, let consensus) = findings(found).first else {
      Issue.record("\(found)")
      return
    }
    #expect(distance == .milliseconds(abs(ahead) - 10))
    #expect(consensus.members.map(\.id) == ["a", "b"])
    // One other is not enough to be lopsided against.
    #expect(isFine(ClockHealth([others[0], wide], at: Self.now).verdicts))
  }
}
