import ExchangeSimulator
import JSONDocument
import Testing

@Suite struct ConditionsTests {
  @Test func readsEveryKey() throws {
    var conditions = Conditions()
    try conditions.set(
      Conditions.object(of: [
        "fault_count=3", "offset_ms=-250.5", "drift_ppm=12.5", "forward_ms=1",
        "forward_jitter_ms=2", "return_ms=3", "return_jitter_ms=4", "fault=rate_limited",
        "fault_scope=all", "retry_after_s=60", "redirect_url=http://127.0.0.1/", "drip_ms=0.5",
      ]))
    #expect(conditions.offset == .microseconds(-250_500))
    #expect(conditions.driftPPM == 12.5)
    #expect(conditions.forwardDelay == .milliseconds(1))
    #expect(conditions.forwardJitter == .milliseconds(2))
    #expect(conditions.returnDelay == .milliseconds(3))
    #expect(conditions.returnJitter == .milliseconds(4))
    #expect(conditions.fault == .rateLimited)
    #expect(conditions.faultCount == 3)
    #expect(conditions.faultScope == .all)
    #expect(conditions.retryAfterSeconds == 60)
    #expect(conditions.redirectURL == "http://127.0.0.1/")
    #expect(conditions.drip == .microseconds(500))
    var copy = Conditions()
    try copy.set(conditions.json)
    #expect(copy == conditions)
  }

  @Test func aNewFaultLastsUntilItIsChanged() throws {
    var conditions = Conditions()
    try conditions.set(["fault": "reset", "fault_count": 2])
    try conditions.set(["fault": "timeout"])
    #expect(conditions.faultCount == nil)
  }

  @Test(arguments: [
    (#"{"offset":1}"#, "unknown condition 'offset'; known: offset_ms, drift_ppm, forward_ms,"),
    (#"{"fault":"fire"}"#, #"unknown fault "fire"; known: none, timeout, reset, rate_limited,"#),
    (#"{"fault":1}"#, "unknown fault 1; known: none"),
    (#"{"fault_scope":"some"}"#, #"unknown fault_scope "some"; known: time, all"#),
    (#"{"fault_count":0}"#, "fault_count: wants a whole number from 1 to 1000000000, not 0"),
    (
      #"{"offset_ms":"1"}"#,
      #"offset_ms: wants a number from -1000000000000 to 1000000000000, not "1""#
    ),
    (#"{"forward_ms":-1}"#, "forward_ms: wants a number from 0 to 600000, not -1"),
    (#"{"retry_after_s":1.5}"#, "retry_after_s: wants a whole number from 0 to 31536000, not 1.5"),
    (#"{"redirect_url":""}"#, "redirect_url: wants a URL or null"),
    ("[]", "wants a JSON object of conditions; known: offset_ms,"),
  ])
  func refuses(_ text: String, _ message: String) throws {
    var conditions = Conditions()
    do {
      try conditions.set(JSONValue(parsing: text))
      Issue.record("accepted")
    } catch {
      #expect("\(error)".hasPrefix(message), "\(error)")
    }
  }

  @Test func oneBadValueChangesNothing() throws {
    var conditions = Conditions()
    #expect(throws: SimulatorError.self) {
      try conditions.set(["offset_ms": 5, "drift_ppm": "fast"])
    }
    #expect(conditions == Conditions())
  }

  @Test(arguments: [["offset_ms"], ["=1"], ["drip_ms=1", "drip_ms=2"]])
  func refusesSettings(_ settings: [String]) {
    #expect(throws: SimulatorError.self) { try Conditions.object(of: settings) }
  }
}
