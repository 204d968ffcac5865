import ClockCore
import JSONDocument
import Testing

@testable import ClockProtocol

/// Every message of a verdict.
@Suite struct VerdictResultTests {
  static func witness(_ id: String, _ ahead: Int, _ error: Int = 15) -> ClockConsensus.Witness {
    let middle = LocalOffset(nanoseconds: Int64(ahead) * 1_000_000)
    guard
      let interval = OffsetInterval(
        lower: middle - .milliseconds(error), upper: middle + .milliseconds(error))
    else { preconditionFailure("an error is not negative") }
    return ClockConsensus.Witness(id: id, interval: interval)
  }

  static func consensus(_ witnesses: ClockConsensus.Witness...) -> ClockConsensus {
    guard let consensus = ClockConsensus(of: witnesses, leeway: .milliseconds(100)) else {
      preconditionFailure("they agree")
    }
    return consensus
  }

  static let known: ExchangeEvidence.Known = {
    var known = ExchangeEvidence.Known(id: "okx")
    known.error = .milliseconds(12)
    known.shortestRoundTrip = .milliseconds(20)
    known.lastRoundTrip = .milliseconds(31)
    return known
  }()

  static let measure =
    "the estimate in use is sure to ±12.0 ms; round trips: shortest 20.0 ms, last 31.0 ms"

  struct Case: CustomTestStringConvertible, Sendable {
    var verdict: Verdict
    var result: VerdictResult
    var testDescription: String { result.summary }

    init(_ verdict: Verdict, _ result: VerdictResult) {
      (self.verdict, self.result) = (verdict, result)
    }
  }

  static let help =
    "Timestamps by this host's clock are refused, or will be. Those of exchange-clock are right"
    + " all the same. To set the clock is an NTP daemon's task."

  static let clocks = [
    Case(
      .systemClockWrong(consensus(witness("binance", 3000), witness("okx", 3000))),
      VerdictResult(
        .systemClockWrong, causes: [.consensus],
        summary: "your clock is wrong: it is 3.00 s behind what 2 exchanges agree on",
        evidence: ["binance and okx agree: this host's clock is 3.00 s behind, ±15.0 ms"],
        explanation: help, nextCommand: "exchange-clock diagnose")),
    Case(
      .systemClockWrong(
        consensus(witness("a", -3000), witness("b", -3000), witness("c", 0))),
      VerdictResult(
        .systemClockWrong, causes: [.consensus],
        summary: "your clock is wrong: it is 3.00 s ahead of what 2 exchanges agree on",
        evidence: [
          "a and b agree: this host's clock is 3.00 s ahead, ±15.0 ms",
          "1 of 3 exchanges does not agree with them",
        ], explanation: help, nextCommand: "exchange-clock diagnose")),
    Case(
      .exchangeClockWrong(
        witness("bybit", -3000), consensus(witness("binance", 40), witness("okx", 40))),
      VerdictResult(
        .exchangeClockWrong, exchange: "bybit", causes: [.consensus],
        summary: "the clock of bybit is wrong: it is 3.04 s behind what 2 others agree on",
        evidence: [
          "bybit: -3.00 s ±15.0 ms from this host's clock",
          "binance and okx agree: +40.0 ms ±15.0 ms from this host's clock",
        ],
        explanation: "bybit judges orders by its own clock, wrong as it is: stamp them with"
          + " exchange-clock, and not with any clock that is right.",
        nextCommand: "exchange-clock stamp bybit")),
    Case(
      .unknown(.notMeasured(id: "okx", state: .disrupted, reason: "the host was suspended")),
      VerdictResult(
        .unknown, exchange: "okx", causes: [.notMeasured],
        summary: "nothing is known of the clock of okx yet: the host was suspended",
        evidence: ["okx is disrupted: the host was suspended"],
        explanation: "No time is given for okx until a resync is good.",
        nextCommand: "exchange-clock wait okx")),
    Case(
      .unknown(.twoClocks(witness("okx", 3000))),
      VerdictResult(
        .unknown, causes: [.oneExchangeOnly],
        summary: "okx is 3.00 s ahead of this host's clock: which of them is wrong cannot be told",
        evidence: [
          "okx: +3.00 s ±15.0 ms from this host's clock", "no other exchange is measured",
        ],
        explanation: "A second exchange in the configuration tells. If the kernel says that an"
          + " NTP daemon keeps this host's clock, suspect okx; if not, this host.",
        nextCommand: "sudoedit /etc/exchange-clock/exchange-clock.toml")),
    Case(
      .unknown(.divided([witness("okx", 3000), witness("binance", -1)])),
      VerdictResult(
        .unknown, causes: [.noMajority],
        summary: "the clocks contradict each other: which of them are wrong cannot be told",
        evidence: [
          "okx: +3.00 s ±15.0 ms from this host's clock",
          "binance: -1.00 ms ±15.0 ms from this host's clock",
        ],
        explanation: "A clock is called wrong when at least two exchanges contradict it, and more"
          + " than side with it. More exchanges in the configuration tell.",
        nextCommand: "sudoedit /etc/exchange-clock/exchange-clock.toml")),
    Case(
      .clocksFine(consensus(witness("binance", 40), witness("bybit", 42), witness("okx", 38))),
      VerdictResult(
        .clocksFine, causes: [.consensus],
        summary: "all clocks are fine: if orders are refused, your code stamps too early",
        evidence: [
          "binance, bybit and okx agree: this host's clock is 40.0 ms behind, ±13.0 ms",
          "that is too little to matter",
        ], explanation: fine, nextCommand: "exchange-clock stamp binance")),
    Case(
      .clocksFine(consensus(witness("okx", -4))),
      VerdictResult(
        .clocksFine, causes: [.consensus],
        summary: "all clocks are fine: if orders are refused, your code stamps too early",
        evidence: [
          "okx says: this host's clock is 4.00 ms ahead, ±15.0 ms",
          "one exchange alone: a second one would tell which clock is wrong if one was",
        ], explanation: fine, nextCommand: "exchange-clock stamp okx")),
  ]

  static let fine =
    "A timestamp that is refused (-1021, 10002) although the clocks are right was made too long"
    + " before it arrived: before a rate limiter, a queue, a retry, a slow signature. Stamp last,"
    + " right before sending, and never use a timestamp twice."

  static let late =
    "The bounds stay honest, but they are wider, and orders to okx may arrive late: a larger"
    + " window helps against that, another timestamp does not."

  static func path(
    _ finding: PathFinding, _ cause: VerdictResult.Cause, _ summary: String, _ evidence: String,
    explanation: String = late, next: String = "ping -c 20 www.okx.com"
  ) -> Case {
    Case(
      .pathBad(known, [finding]),
      VerdictResult(
        .pathBad, exchange: "okx", causes: [cause], summary: summary,
        evidence: [evidence, measure], explanation: explanation,
        nextCommand: next))
  }

  static let paths = [
    path(
      .noAnswer(reason: "no answer within 5 s", failures: 3), .noAnswer,
      "the path to okx is bad: no answer within 5 s",
      "the last 3 resyncs failed: no answer within 5 s",
      next: "curl -v --max-time 10 'https://www.okx.com/api/v5/public/time?it%27s'"),
    Case(
      .pathBad(
        ExchangeEvidence.Known(id: "okx"),
        [.noAnswer(reason: "Could not resolve host: www.okx.com", failures: 1)]),
      VerdictResult(
        .pathBad, exchange: "okx", causes: [.noAnswer],
        summary: "the path to okx is bad: Could not resolve host: www.okx.com",
        evidence: [
          "the last resync failed: Could not resolve host: www.okx.com",
          "there is no estimate in use",
        ],
        explanation: "No time is given for okx until it answers. The command tries the same way:"
          + " name, connection, certificate, answer.",
        nextCommand: "curl -v --max-time 10 'https://www.okx.com/api/v5/public/time?it%27s'")),
    path(
      .lost(5, of: 16), .loss, "the path to okx is bad: 5 of the last 16 probes got no answer",
      "5 of the last 16 probes got no answer"),
    path(
      .longRoundTrip(shortest: .milliseconds(900), maxError: .milliseconds(100)), .longRoundTrip,
      "the path to okx is bad: no round trip is below 900 ms",
      "the shortest round trip takes 900 ms; only below 200 ms is the error sure to stay within"
        + " max_error (100 ms)"),
    path(
      .unevenRoundTrips(shortest: .milliseconds(20), last: .seconds(2)), .unevenRoundTrips,
      "the path to okx is bad: a round trip took 2.00 s, another 20.0 ms",
      "of one burst the shortest round trip took 20.0 ms, the last 2.00 s"),
    path(
      .contradictingSamples(2, of: 8), .contradictingSamples,
      "the path to okx is bad: 2 of 8 answers contradict the others",
      "2 of 8 answers of the last burst contradict the others: a cache on the way, or servers"
        + " whose clocks differ"),
    path(
      .asymmetrySuspected(
        by: .milliseconds(250), others: consensus(witness("binance", 0), witness("bybit", 1))),
      .asymmetrySuspected,
      "the path to okx may be lopsided: its estimate lies 250 ms beside that of 2 others",
      "a suspicion, not a proof: the estimate lies 250 ms beside what binance and bybit agree on,"
        + " and the error hides it; one way may take longer than the other, or the clock of okx"
        + " be off",
      explanation: "The bounds hold whichever way the round trip divides; the stamps of"
        + " exchange-clock rest on them, an offset from half the round trip does not."),
  ]

  static let answers = [
    Case(
      .answersUnusable(
        known, .toldToStayAway(reason: "HTTP 429 Too Many Requests", wait: .seconds(540))),
      VerdictResult(
        .answersUnusable, exchange: "okx", causes: [.toldToStayAway],
        summary: "okx has told us to stay away: HTTP 429 Too Many Requests",
        evidence: ["no probe is sent for another 9 min", measure],
        explanation: "No clock is to blame. Whatever else asks okx from this address makes it"
          + " worse: stop that, then wait.",
        nextCommand: "exchange-clock wait okx --timeout 600s")),
    Case(
      .answersUnusable(
        ExchangeEvidence.Known(id: "okx"),
        .noTimeInAnswer(reason: "HTTP 503 Service Unavailable", failures: 1)),
      VerdictResult(
        .answersUnusable, exchange: "okx", causes: [.noTimeInAnswer],
        summary: "the answers of okx are of no use: HTTP 503 Service Unavailable",
        evidence: [
          "the last resync failed: HTTP 503 Service Unavailable", "there is no estimate in use",
        ],
        explanation: "The path works and something answers, but not with the time: the exchange"
          + " is down, another URL is needed, or something on the way answers in its place.",
        nextCommand: "curl -i 'https://www.okx.com/api/v5/public/time?it%27s'")),
    Case(
      .answersUnusable(
        ExchangeEvidence.Known(id: "okx"),
        .certificateRefused(reason: "certificate refused: not yet valid", failures: 2)),
      VerdictResult(
        .answersUnusable, exchange: "okx", causes: [.certificateRefused],
        summary: "okx cannot be asked: certificate refused: not yet valid",
        evidence: [
          "the last 2 resyncs failed: certificate refused: not yet valid",
          "there is no estimate in use",
        ],
        explanation: "A certificate has dates: by a clock that is wrong by months it is not valid"
          + " yet, or no longer. If the date of this host is right, something on the way answers in"
          + " the exchange's place, or the host's CA certificates are old.",
        nextCommand: "timedatectl status")),
    Case(
      .answersUnusable(known, .notBelieved(reason: "a jump of 3 h", failures: 2)),
      VerdictResult(
        .answersUnusable, exchange: "okx", causes: [.notBelieved],
        summary: "the answers of okx are not believed: a jump of 3 h",
        evidence: ["the last 2 resyncs failed: a jump of 3 h", measure],
        explanation: "A jump that is known to be real is accepted with: sudo exchange-clock resync"
          + " okx --accept-step",
        nextCommand: "exchange-clock offset okx")),
  ]

  @Test(arguments: clocks + paths + answers)
  func words(_ test: Case) throws {
    let result = VerdictResult(test.verdict) { id in
      id == "okx" ? "https://www.okx.com/api/v5/public/time?it's" : ""
    }
    #expect(result == test.result)
    let text = try JSONValue(parsing: result.json.text)
    #expect(VerdictResult(json: text) == result)
  }

  @Test func theWireNamesWhatProgramsAskFor() {
    let json = VerdictResult(
      .unknown(.notMeasured(id: "okx", state: .unknown, reason: "first resync under way"))
    ) { _ in "" }.json
    #expect(json["verdict"] == "unknown")
    #expect(json["exchange"] == "okx")
    #expect(json["causes"] == ["not_measured"])
    #expect(json["next_command"] == "exchange-clock wait okx")
    #expect(VerdictResult(json: ["verdict": "guilty"]) == nil)
    #expect(
      VerdictResult.Kind.allCases.map(\.rawValue) == [
        "system_clock_wrong", "exchange_clock_wrong", "path_bad", "answers_unusable", "unknown",
        "clocks_fine",
      ])
  }

  @Test(arguments: [
    ("https://api.binance.com/api/v3/time", "api.binance.com"),
    ("http://127.0.0.1:8080/api", "127.0.0.1"), ("http://[::1]:80/x", "::1"),
    ("https://user:secret@host.example/", "host.example"), ("https://host?x=1", "host"), ("", ""),
  ])
  func theHostOfAURL(_ url: String, _ host: String) {
    #expect(VerdictResult.host(of: url) == host)
  }
}
