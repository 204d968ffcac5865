internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import ExchangeCatalog
internal import JSONDocument
internal import LinuxSystem

/// One report, held against what is known at one moment.
struct RejectionInquiry {
  let report: RejectionReport
  let known: StatusBoard.Entry
  private let host: HostWatch
  let definition: ExchangeDefinition
  let clocks = HostClocks.read()

  /// What came of reading the clock anew; nil where that was not tried.
  let reading: RejectionService.Reading?

  /// The table's entry that fits.
  let entry: RefusalCode?

  /// The rule by which it is judged: the entry's own, where that has one.
  let rule: AcceptanceRule

  /// Nil where nothing usable is known of the exchange's clock.
  let knowledge: Rejection.Knowledge?
  let judgement: RejectionJudgement

  /// The window or lifetime that the request asked for: as the refusal repeats it, or else as the
  /// bot tells; nil where neither does.
  let window: Duration?

  /// What is to be asked of the exchange's clock before the verdict is given; nil: nothing.
  let doubt: RejectionService.Doubt?

  init(
    _ report: RejectionReport, of known: StatusBoard.Entry, host: HostWatch,
    after reading: RejectionService.Reading?
  ) {
    self.report = report
    self.known = known
    self.host = host
    self.reading = reading
    definition = known.settings.definition
    let (meaning, entry) = definition.reading(of: report.refusal)
    self.entry = entry
    rule =
      entry?.window.map {
        .window(
          AcceptanceWindow(
            window: $0, longestWindow: nil, isAdjustable: false, tolerance: .zero))
      } ?? definition.knownRule
    knowledge = Self.knowledge(of: known, at: clocks, host: host, after: reading)
    let timestamp =
      report.timestamp.map { [definition] in definition.reportedTimestamp($0, for: entry) }
      ?? definition.repeatedTimestamp(in: report.refusal)
    var isOwn = false
    if case .instant(let stamp) = timestamp {
      isOwn = known.givenStamps.contains(stamp, at: clocks.raw)
    }
    let disclosed = definition.disclosedTime(in: report.refusal)
    window = definition.repeatedWindow(in: report.refusal) ?? report.window
    let rejection = Rejection(
      reading: meaning, timestamp: timestamp, isOwnStamp: isOwn, window: window,
      disclosed: disclosed?.time, disclosedResolution: disclosed?.resolution ?? .milliseconds(1))
    judgement = rejection.judgement(
      rule: rule, clock: knowledge,
      nextNonce: [knowledge?.earliest, known.nonces.last].compactMap(\.self).max())
    var stampMade: MonotonicInstant?
    if case .instant(let stamp) = timestamp, let knowledge, stamp <= knowledge.latest {
      stampMade = clocks.raw - max(knowledge.earliest - stamp, .zero)
    }
    doubt =
      judgement.resync == .none || reading != nil
      ? nil
      : .init(
        stampMade: stampMade, isContradiction: judgement.resync == .contradicted,
        isOfGoodStamp: isOwn && !judgement.finding.isExplainedByDelay,
        reporter: report.reporter)
  }

  private static func knowledge(
    of known: StatusBoard.Entry, at clocks: HostClocks, host: HostWatch,
    after reading: RejectionService.Reading?
  ) -> Rejection.Knowledge? {
    guard known.state(at: clocks, host: host).state.isUsable,
      let interval = known.status.interval(at: clocks.raw)
    else { return nil }
    var knowledge = Rejection.Knowledge(
      earliest: clocks.raw + interval.lower, latest: clocks.raw + interval.upper)
    guard known.status.failure == nil else { return knowledge }
    switch reading {
    case .isFresh: knowledge.isFresh = true
    case .ended(let before):
      knowledge.isFresh = true
      knowledge.hasMoved = before?.interval(at: clocks.raw).distance(to: interval) != nil
    case .refused, nil: break
    }
    return knowledge
  }

  // MARK: The answer

  func result(_ board: StatusBoard) -> ReportResult {
    var action = judgement.action
    var wait: Duration?
    var stamp: StampResult?
    // One who must look at the key first would sign with what is refused again.
    if action == .resign || action == .resignWiderWindow {
      stamp = self.stamp(from: board)
      if stamp == nil || isBanned {
        action = .wait
        wait = blockedFor ?? max(known.status.nextSync - clocks.raw, .seconds(1))
      }
    } else if judgement.verdict == .rateLimit {
      wait = blockedFor
    }
    return ReportResult(
      exchange: definition.id, verdict: judgement.verdict.rawValue, action: action.rawValue,
      explanation: explanation, isResynced: knowledge?.isFresh == true,
      retryAfterMilliseconds: wait.map { milliseconds($0) },
      offset: known.offset(at: clocks, host: host).json, stamp: stamp?.json)
  }

  /// The clock was in doubt, and the exchange wants no more requests from this host: before it was
  /// asked, or as its answer.
  private var isBanned: Bool { reading != nil && blockedFor != nil }

  /// How long the exchange wants to be left alone by this host; nil where it does not.
  var blockedFor: Duration? {
    known.status.blockedUntil.flatMap { $0 > clocks.raw ? $0 - clocks.raw : nil }
  }

  /// How a login that was refused for its time wants it written; nil where that is as usual.
  private var loginFormat: TimestampFormat? {
    let formats = definition.timestampFormats(for: entry)
    return judgement.verdict == .clock && !formats.contains(definition.timestampFormat)
      ? formats.first : nil
  }

  /// The stamp to sign with instead; nil where none can be given.
  private func stamp(from board: StatusBoard) -> StampResult? {
    let given = board.withEntry(of: definition.id) { entry, host -> StampResult? in
      let clocks = HostClocks.read()
      // A window that the exchange does not grant is no reason to give no stamp.
      var demand = StampDemand(exchange: definition.id)
      if case .expiry = definition.rule { demand.lifetime = window } else { demand.window = window }
      if let format = loginFormat {
        var login = entry
        login.settings.definition.timestampFormat = format
        return (try? login.stamp(demand, at: clocks, host: host)) ?? nil
      }
      return (try? entry.stamp(demand, at: clocks, host: host))
        ?? (try? entry.stamp(StampDemand(exchange: definition.id), at: clocks, host: host))
    }
    return given ?? nil
  }
}

extension ExchangeDefinition {
  /// The rule as far as refusals may be judged by it. A window that is not documented is what some
  /// client sends: nothing follows from a timestamp inside of it.
  var knownRule: AcceptanceRule {
    if case .window = rule, !isWindowDocumented { .unknown } else { rule }
  }
}
