internal import ClockCore

extension VerdictResult {
  static func pathBad(
    _ known: ExchangeEvidence.Known, _ findings: [PathFinding], endpoint: String
  ) -> VerdictResult {
    let id = known.id
    let words = findings.map { Self.words(of: $0, on: known) }
    let isSuspicion = findings.allSatisfy {
      if case .asymmetrySuspected = $0 { true } else { false }
    }
    let isSilent = findings.contains { if case .noAnswer = $0 { true } else { false } }
    return VerdictResult(
      .pathBad, exchange: id, causes: words.map(\.cause),
      summary: isSuspicion
        ? "the path to \(id) may be lopsided: \(words[0].short)"
        : "the path to \(id) is bad: \(words[0].short)",
      evidence: words.map(\.evidence) + [measure(of: known)],
      explanation: isSuspicion
        ? "The bounds hold whichever way the round trip divides; the stamps of exchange-clock rest"
          + " on them, an offset from half the round trip does not."
        : known.error == nil
          ? "No time is given for \(id) until it answers. The command tries the same way: name,"
            + " connection, certificate, answer."
          : "The bounds stay honest, but they are wider, and orders to \(id) may arrive late: a"
            + " larger window helps against that, another timestamp does not.",
      nextCommand: isSilent
        ? "curl -v --max-time 10 '\(quoted(endpoint))'" : "ping -c 20 \(host(of: endpoint))")
  }

  private static func words(
    of finding: PathFinding, on known: ExchangeEvidence.Known
  ) -> (cause: Cause, short: String, evidence: String) {
    switch finding {
    case .noAnswer(let reason, let failures):
      (.noAnswer, reason, "\(resyncs(failures)) failed: \(reason)")
    case .lost(let lost, let sent):
      (
        .loss, "\(lost) of the last \(sent) probes got no answer",
        "\(lost) of the last \(sent) probes got no answer"
      )
    case .longRoundTrip(let shortest, let maxError):
      (
        .longRoundTrip, "no round trip is below \(shortest.shortText)",
        "the shortest round trip takes \(shortest.shortText); only below"
          + " \((maxError * 2).shortText) is the error sure to stay within max_error"
          + " (\(maxError.shortText))"
      )
    case .unevenRoundTrips(let shortest, let last):
      (
        .unevenRoundTrips,
        "a round trip took \(last.shortText), another \(shortest.shortText)",
        "of one burst the shortest round trip took \(shortest.shortText), the last"
          + " \(last.shortText)"
      )
    case .contradictingSamples(let rejected, let all):
      (
        .contradictingSamples, "\(rejected) of \(all) answers contradict the others",
        "\(rejected) of \(all) answers of the last burst contradict the others: a cache on the"
          + " way, or servers whose clocks differ"
      )
    case .asymmetrySuspected(let distance, let others):
      (
        .asymmetrySuspected,
        "its estimate lies \(distance.shortText) beside that of \(others.members.count) others",
        "a suspicion, not a proof: the estimate lies \(distance.shortText) beside what"
          + " \(list(others.members)) agree on, and the error hides it; one way may take longer"
          + " than the other, or the clock of \(known.id) be off"
      )
    }
  }

  static func answersUnusable(
    _ known: ExchangeEvidence.Known, _ finding: AnswerFinding, endpoint: String
  ) -> VerdictResult {
    let id = known.id
    switch finding {
    case .toldToStayAway(let reason, let wait):
      // A minute more, so that the resync that is due then has time.
      let seconds = wait.components.seconds + 60
      return VerdictResult(
        .answersUnusable, exchange: id, causes: [.toldToStayAway],
        summary: "\(id) has told us to stay away: \(reason)",
        evidence: ["no probe is sent for another \(wait.shortText)", measure(of: known)],
        explanation: "No clock is to blame. Whatever else asks \(id) from this address makes it"
          + " worse: stop that, then wait.",
        nextCommand: "exchange-clock wait \(id) --timeout \(seconds)s")
    case .noTimeInAnswer(let reason, let failures):
      return VerdictResult(
        .answersUnusable, exchange: id, causes: [.noTimeInAnswer],
        summary: "the answers of \(id) are of no use: \(reason)",
        evidence: ["\(resyncs(failures)) failed: \(reason)", measure(of: known)],
        explanation: "The path works and something answers, but not with the time: the exchange"
          + " is down, another URL is needed, or something on the way answers in its place.",
        nextCommand: "curl -i '\(quoted(endpoint))'")
    case .certificateRefused(let reason, let failures):
      return VerdictResult(
        .answersUnusable, exchange: id, causes: [.certificateRefused],
        summary: "\(id) cannot be asked: \(reason)",
        evidence: ["\(resyncs(failures)) failed: \(reason)", measure(of: known)],
        explanation: "A certificate has dates: by a clock that is wrong by months it is not valid"
          + " yet, or no longer. If the date of this host is right, something on the way answers in"
          + " the exchange's place, or the host's CA certificates are old.",
        nextCommand: "timedatectl status")
    case .notBelieved(let reason, let failures):
      return VerdictResult(
        .answersUnusable, exchange: id, causes: [.notBelieved],
        summary: "the answers of \(id) are not believed: \(reason)",
        evidence: ["\(resyncs(failures)) failed: \(reason)", measure(of: known)],
        explanation: "A jump that is known to be real is accepted with: sudo exchange-clock resync"
          + " \(id) --accept-step",
        nextCommand: "exchange-clock offset \(id)")
    }
  }

  // MARK: Words

  private static func resyncs(_ failures: Int) -> String {
    failures == 1 ? "the last resync" : "the last \(failures) resyncs"
  }

  private static func measure(of known: ExchangeEvidence.Known) -> String {
    guard let error = known.error, let shortest = known.shortestRoundTrip,
      let last = known.lastRoundTrip
    else { return "there is no estimate in use" }
    return "the estimate in use is sure to ±\(error.shortText); round trips: shortest"
      + " \(shortest.shortText), last \(last.shortText)"
  }

  /// The URL as it may stand between single quotes in a shell.
  private static func quoted(_ url: String) -> String {
    url.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "%27")
  }

  /// The host of a URL, without port, brackets and what else a URL may hold.
  static func host(of url: String) -> String {
    let afterScheme = url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first
    let authority = afterScheme?.split(separator: "@").last ?? ""
    if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
    return String(authority.prefix { $0 != ":" && $0 != "?" && $0 != "#" })
  }
}
