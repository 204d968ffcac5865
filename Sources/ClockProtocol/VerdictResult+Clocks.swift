package import ClockCore

/// The words of every verdict.
extension VerdictResult {
  /// - Parameter endpoint: the URL that an exchange is measured at; empty where it is not known.
  package init(_ verdict: Verdict, endpoint: (_ id: String) -> String) {
    switch verdict {
    case .systemClockWrong(let consensus): self = Self.systemClockWrong(consensus)
    case .exchangeClockWrong(let witness, let consensus):
      self = Self.exchangeClockWrong(witness, consensus)
    case .pathBad(let known, let findings):
      self = Self.pathBad(known, findings, endpoint: endpoint(known.id))
    case .answersUnusable(let known, let finding):
      self = Self.answersUnusable(known, finding, endpoint: endpoint(known.id))
    case .unknown(let ignorance): self = Self.unknown(ignorance)
    case .clocksFine(let consensus): self = Self.clocksFine(consensus)
    }
  }

  private static func systemClockWrong(_ consensus: ClockConsensus) -> VerdictResult {
    let offset = Signed(consensus.interval.midpoint)
    let outsiders = consensus.asked - consensus.members.count
    var evidence = [
      "\(list(consensus.members)) agree: this host's clock is \(offset.size)"
        + " \(offset.hostAdverb), ±\(consensus.interval.error.shortText)"
    ]
    if outsiders > 0 {
      let verb = outsiders == 1 ? "does" : "do"
      evidence.append(
        "\(outsiders) of \(consensus.asked) exchanges \(verb) not agree with them")
    }
    return VerdictResult(
      .systemClockWrong, causes: [.consensus],
      summary: "your clock is wrong: it is \(offset.size) \(offset.hostSide) what"
        + " \(consensus.members.count) exchanges agree on",
      evidence: evidence,
      explanation: "Timestamps by this host's clock are refused"
        + (offset.duration < .seconds(1) ? " by exchanges that allow for less." : ", or will be.")
        + " Those of exchange-clock are right all the same. To set the clock is an NTP daemon's"
        + " task.",
      nextCommand: "exchange-clock diagnose")
  }

  private static func exchangeClockWrong(
    _ witness: ClockConsensus.Witness, _ consensus: ClockConsensus
  ) -> VerdictResult {
    let id = witness.id
    let difference = Signed(witness.interval.midpoint - consensus.interval.midpoint)
    return VerdictResult(
      .exchangeClockWrong, exchange: id, causes: [.consensus],
      summary: "the clock of \(id) is wrong: it is \(difference.size) \(difference.exchangeSide)"
        + " what \(consensus.members.count) others agree on",
      evidence: [
        "\(id): \(offset(witness.interval))",
        "\(list(consensus.members)) agree: \(offset(consensus.interval))",
      ],
      explanation: "\(id) judges orders by its own clock, wrong as it is: stamp them with"
        + " exchange-clock, and not with any clock that is right.",
      nextCommand: "exchange-clock stamp \(id)")
  }

  private static func unknown(_ ignorance: Ignorance) -> VerdictResult {
    switch ignorance {
    case .notMeasured(let id, let state, let reason):
      return VerdictResult(
        .unknown, exchange: id, causes: [.notMeasured],
        summary: "nothing is known of the clock of \(id) yet: \(reason)",
        evidence: ["\(id) is \(state.rawValue): \(reason)"],
        explanation: "No time is given for \(id) until a resync is good.",
        nextCommand: "exchange-clock wait \(id)")
    case .twoClocks(let witness):
      let difference = Signed(witness.interval.midpoint)
      return VerdictResult(
        .unknown, causes: [.oneExchangeOnly],
        summary: "\(witness.id) is \(difference.size) \(difference.exchangeSide) this host's"
          + " clock: which of them is wrong cannot be told",
        evidence: ["\(witness.id): \(offset(witness.interval))", "no other exchange is measured"],
        explanation: "A second exchange in the configuration tells. If the kernel says that an"
          + " NTP daemon keeps this host's clock, suspect \(witness.id); if not, this host.",
        nextCommand: editConfiguration)
    case .divided(let witnesses):
      return VerdictResult(
        .unknown, causes: [.noMajority],
        summary: "the clocks contradict each other: which of them are wrong cannot be told",
        evidence: witnesses.map { "\($0.id): \(offset($0.interval))" },
        explanation: "A clock is called wrong when at least two exchanges contradict it, and more"
          + " than side with it. More exchanges in the configuration tell.",
        nextCommand: editConfiguration)
    }
  }

  private static func clocksFine(_ consensus: ClockConsensus) -> VerdictResult {
    let offset = Signed(consensus.interval.midpoint)
    let isSingle = consensus.members.count == 1
    var evidence = [
      "\(list(consensus.members)) \(isSingle ? "says" : "agree"): this host's clock is"
        + " \(offset.size) \(offset.hostAdverb), ±\(consensus.interval.error.shortText)"
    ]
    if offset.duration > consensus.interval.error {
      evidence.append("that is too little to matter")
    }
    if isSingle {
      evidence.append("one exchange alone: a second one would tell which clock is wrong if one was")
    }
    return VerdictResult(
      .clocksFine, causes: [.consensus],
      summary: "all clocks are fine: if orders are refused, your code stamps too early",
      evidence: evidence,
      explanation: "A timestamp that is refused (-1021, 10002) although the clocks are right was"
        + " made too long before it arrived: before a rate limiter, a queue, a retry, a slow"
        + " signature. Stamp last, right before sending, and never use a timestamp twice.",
      nextCommand: "exchange-clock stamp \(consensus.members.first?.id ?? "")")
  }

  static let editConfiguration = "sudoedit /etc/exchange-clock/exchange-clock.toml"

  // MARK: Words

  /// A difference of clocks without its sign, and the words that say it.
  struct Signed {
    var duration: Duration
    var isPositive: Bool

    /// The exchanges minus this host.
    init(_ offset: LocalOffset) {
      self.init(.nanoseconds(offset.nanoseconds))
    }

    init(_ difference: Duration) {
      isPositive = difference >= .zero
      duration = isPositive ? difference : .zero - difference
    }

    var size: String { duration.shortText }

    var hostAdverb: String { isPositive ? "behind" : "ahead" }

    /// Where this host's clock is.
    var hostSide: String { isPositive ? "behind" : "ahead of" }

    /// Where the exchange's clock is.
    var exchangeSide: String { isPositive ? "ahead of" : "behind" }
  }

  static func offset(_ interval: OffsetInterval<Local, Exchange>) -> String {
    let midpoint = Signed(interval.midpoint)
    return "\(midpoint.isPositive ? "+" : "-")\(midpoint.size) ±\(interval.error.shortText)"
      + " from this host's clock"
  }

  /// "binance, bybit and okx"
  static func list(_ witnesses: [ClockConsensus.Witness]) -> String {
    let ids = witnesses.map(\.id)
    guard let last = ids.last, ids.count > 1 else { return ids.first ?? "" }
    return ids.dropLast().joined(separator: ", ") + " and " + last
  }
}
