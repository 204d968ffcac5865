package import JSONDocument

/// One verdict on the health of the clocks, with its evidence and what to do next.
package struct VerdictResult: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case systemClockWrong = "system_clock_wrong"
    case exchangeClockWrong = "exchange_clock_wrong"
    case pathBad = "path_bad"
    case answersUnusable = "answers_unusable"
    case unknown
    case clocksFine = "clocks_fine"
  }

  /// What a verdict rests on, for programs.
  package enum Cause: String, Sendable, CaseIterable {
    case consensus
    case noAnswer = "no_answer"
    case loss
    case longRoundTrip = "long_round_trip"
    case unevenRoundTrips = "uneven_round_trips"
    case contradictingSamples = "contradicting_samples"
    case asymmetrySuspected = "asymmetry_suspected"
    case toldToStayAway = "told_to_stay_away"
    case noTimeInAnswer = "no_time_in_answer"
    case certificateRefused = "certificate_refused"
    case notBelieved = "not_believed"
    case notMeasured = "not_measured"
    case oneExchangeOnly = "one_exchange_only"
    case noMajority = "no_majority"
    /// Only in what `exchange-clock diagnose` says itself.
    case noDaemon = "no_daemon"
    case clockFaked = "clock_faked"
  }

  package var kind: Kind

  /// The exchange it is about; nil when it is about this host or all of them.
  package var exchange: String?
  package var causes: [Cause]

  /// One clause for people: what is the case.
  package var summary: String

  /// The numbers, one clause each.
  package var evidence: [String]

  /// What it means and what helps, in sentences.
  package var explanation: String

  /// The one command to run next.
  package var nextCommand: String

  package init(
    _ kind: Kind, exchange: String? = nil, causes: [Cause], summary: String, evidence: [String],
    explanation: String, nextCommand: String
  ) {
    self.kind = kind
    self.exchange = exchange
    self.causes = causes
    self.summary = summary
    self.evidence = evidence
    self.explanation = explanation
    self.nextCommand = nextCommand
  }

  package var json: JSONValue {
    [
      "verdict": .string(kind.rawValue),
      "exchange": exchange.map(JSONValue.string) ?? .null,
      "causes": .array(causes.map { .string($0.rawValue) }),
      "summary": .string(summary), "evidence": .array(evidence.map(JSONValue.string)),
      "explanation": .string(explanation), "next_command": .string(nextCommand),
    ]
  }

  package init?(json: JSONValue) {
    guard let kind = json["verdict"]?.string.flatMap(Kind.init(rawValue:)),
      let causes = json["causes"]?.array, let summary = json["summary"]?.string,
      let evidence = json["evidence"]?.array, let explanation = json["explanation"]?.string,
      let nextCommand = json["next_command"]?.string
    else { return nil }
    self.init(
      kind, exchange: json["exchange"]?.string,
      causes: causes.compactMap { $0.string.flatMap(Cause.init(rawValue:)) }, summary: summary,
      evidence: evidence.compactMap(\.string), explanation: explanation, nextCommand: nextCommand)
  }
}
