import Testing

@testable import ClockCore

@Suite struct ProbeRegisterTests {
  private let silence = ProbeFailure(reason: "no answer within 5 s")
  private let refusal = ProbeFailure(reason: "HTTP 503", status: 503)

  @Test func theLastProbeAndTheLossAreKnown() {
    var register = ProbeRegister()
    #expect(register.last == nil && register.count == 0 && register.unanswered == 0)
    register.note(nil)
    #expect(register.last == .sample)
    register.note(silence)
    #expect(register.last == .noAnswer && register.unanswered == 1)
    register.note(refusal)
    #expect(register.last == .unusable && register.unanswered == 1 && register.count == 3)
  }

  @Test func whatIsOlderThanThirtyTwoProbesIsForgotten() {
    var register = ProbeRegister()
    register.note(silence)
    for _ in 1..<32 { register.note(nil) }
    #expect(register.unanswered == 1 && register.count == 32)
    register.note(nil)
    #expect(register.unanswered == 0 && register.count == 32)
  }

  @Test func theTrackerFillsIt() {
    var tracker = ExchangeTracker(
      settings: TrackerSettings(), seed: 1, now: MonotonicInstant(nanoseconds: 0))
    _ = tracker.started(at: MonotonicInstant(nanoseconds: 0))
    _ = tracker.probed(
      Sample(
        sent: MonotonicInstant(nanoseconds: 1_000), received: MonotonicInstant(nanoseconds: 2_000),
        arrival: ExchangeInstant(nanoseconds: 1_700_000_000_000_000_000),
        departure: ExchangeInstant(nanoseconds: 1_700_000_000_000_000_000),
        resolution: .milliseconds(1)),
      at: MonotonicInstant(nanoseconds: 2_000))
    #expect(tracker.status.recentProbes.last == .sample)
    _ = tracker.woke(at: MonotonicInstant(nanoseconds: 1_000_000_000))
    _ = tracker.probeFailed(silence, at: MonotonicInstant(nanoseconds: 2_000_000_000))
    #expect(tracker.status.recentProbes.last == .noAnswer)
    #expect(tracker.status.recentProbes.count == 2)
  }
}
