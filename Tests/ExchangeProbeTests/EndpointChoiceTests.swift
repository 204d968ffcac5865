import ClockCore
import ExchangeProbe
import Testing

@Suite struct EndpointChoiceTests {
  private let start = MonotonicInstant(nanoseconds: 1_000)

  /// Ends a resync; `status` 0 is a failure without an answer, nil a good one.
  private func end(
    _ choice: inout EndpointChoice, _ status: Int?, retryAfter: Duration? = nil,
    after: Duration = .zero
  ) -> Int {
    if let status {
      choice.probeFailed(
        ProbeFailure(
          reason: "test", status: status == 0 ? nil : status, retryAfter: retryAfter))
    }
    let before = choice.index
    let hasChanged = choice.resyncEnded(isGood: status == nil, at: start + after)
    #expect(hasChanged == (choice.index != before))
    return choice.index
  }

  @Test(arguments: [0, 500, 502, 503, 504, 599])
  func theNextOneIsAskedAfterAFailureOfTheNetworkOrTheServer(_ status: Int) {
    var choice = EndpointChoice(count: 3)
    #expect(choice.index == 0)
    #expect(end(&choice, status) == 1)
    #expect(end(&choice, status) == 2)
    #expect(end(&choice, status) == 0)
    #expect(end(&choice, status) == 1)
  }

  /// A ban is obeyed, not dodged; what is wrong with the request is wrong everywhere.
  @Test(arguments: [429, 418, 403, 451, 200, 302, 400, 404])
  func itStaysAfterARefusal(_ status: Int) {
    var choice = EndpointChoice(count: 3)
    #expect(end(&choice, status) == 0)
  }

  @Test func itStaysWhereItIsAskedToWait() {
    var choice = EndpointChoice(count: 3)
    #expect(end(&choice, 503, retryAfter: .seconds(30)) == 0)
    #expect(end(&choice, 0) == 1)
    #expect(end(&choice, 429) == 1)
    #expect(end(&choice, 403) == 1)
  }

  @Test func aStandInThatHasNoTimeIsLeft() {
    for status in [200, 404] {
      var choice = EndpointChoice(count: 3)
      #expect(end(&choice, 0) == 1)
      #expect(end(&choice, status) == 2)
    }
  }

  @Test func aGoodResyncWithAFailedProbeChangesNothing() {
    var choice = EndpointChoice(count: 2)
    choice.probeFailed(ProbeFailure(reason: "test"))
    var hasChanged = choice.resyncEnded(isGood: true, at: start)
    #expect(!hasChanged)
    // Nor does that failure count for a later resync that fails for a reason of its own, such as
    // answers that contradict each other.
    hasChanged = choice.resyncEnded(isGood: false, at: start)
    #expect(!hasChanged)
    #expect(choice.index == 0)
  }

  @Test func theFirstIsTriedAgainAfterAnHour() {
    var choice = EndpointChoice(count: 2)
    #expect(end(&choice, 0, after: .seconds(100)) == 1)
    #expect(end(&choice, nil, after: .seconds(3_699)) == 1)
    #expect(end(&choice, nil, after: .seconds(3_700)) == 0)
    #expect(end(&choice, 0, after: .seconds(3_701)) == 1)
    #expect(end(&choice, nil, after: .seconds(7_000)) == 1)
    // Also when the other one refuses: going home dodges nothing.
    #expect(end(&choice, 403, after: .seconds(7_301)) == 0)
  }

  @Test func oneAloneStays() {
    var choice = EndpointChoice(count: 1)
    for status in [0, 503, 0] { #expect(end(&choice, status) == 0) }
  }
}
