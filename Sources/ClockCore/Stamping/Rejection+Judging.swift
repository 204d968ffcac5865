extension Rejection {
  /// The verdict on the refusal.
  ///
  /// - Parameters:
  ///   - rule: which timestamps the exchange accepts.
  ///   - clock: nil where nothing usable is known of it.
  ///   - nextNonce: the nonce that would be given out next; nil where that is not known.
  package func judgement(
    rule: AcceptanceRule, clock: Knowledge?, nextNonce: ExchangeInstant? = nil
  ) -> RejectionJudgement {
    switch reading {
    case .listed(.signature, _): listed(.signature, .checkSignature)
    case .listed(.key, _): listed(.key, .checkKey)
    case .listed(.rateLimit, _): listed(.rateLimit, .wait)
    case .listed(.format, _): malformed ?? listed(.format, .checkFormat)
    // The key takes nonces, and is given times: two of one second are the same nonce.
    case .listed(.nonce, _) where rule != .nonce:
      .init(verdict: .clock, action: .checkKey, finding: .keyTakesNonces, resync: .none)
    case .listed(let cause, let side):
      switch rule {
      case .nonce: nonceJudgement(next: nextNonce)
      case .untimed: cause == .late ? listed(.late, .resign) : listed(.clock, .resign)
      case .window, .expiry, .unknown:
        malformed ?? timeJudgement(rule, clock, isLate: cause == .late, side)
      }
    case .ambiguous, .unlisted: unknownJudgement(rule)
    }
  }

  private func listed(
    _ verdict: RejectionVerdict, _ action: RejectionAction
  ) -> RejectionJudgement {
    .init(verdict: verdict, action: action, finding: .listed, resync: .none)
  }

  /// What is wrong with how the timestamp is written; nil where nothing is, or it is not reported.
  private var malformed: RejectionJudgement? {
    let finding: RejectionJudgement.Finding
    switch timestamp {
    case nil, .instant: return nil
    case .foreign(let form, _): finding = .foreignForm(form)
    case .number, .unreadable: finding = .unreadable
    }
    return .init(verdict: .format, action: .checkFormat, finding: finding, resync: .none)
  }

  /// No clock is compared with a nonce, so there is none to be read anew.
  private func nonceJudgement(next: ExchangeInstant?) -> RejectionJudgement {
    let outrun: RejectionJudgement.Finding?
    switch timestamp {
    // A nonce may be any number that grows: one in a finer unit is past all that are given out.
    case .foreign(_, isFiner: true), .number(isLarger: true): outrun = .nonceOutrun(by: nil)
    case .unreadable:
      return .init(
        verdict: .format, action: .checkFormat, finding: .unreadable, resync: .none)
    case .instant(let nonce):
      outrun = next.flatMap { nonce > $0 ? .nonceOutrun(by: nonce - $0) : nil }
    default: outrun = nil
    }
    if let outrun {
      return .init(verdict: .clock, action: .checkKey, finding: outrun, resync: .none)
    }
    return .init(verdict: .clock, action: .resign, finding: .nonceUsedUp, resync: .none)
  }

  /// The table is no help. That a timestamp is no time of the exchange's form is still told; where
  /// it lies tells nothing of a refusal that may be about anything, such as the balance.
  private func unknownJudgement(_ rule: AcceptanceRule) -> RejectionJudgement {
    switch rule {
    case .window, .expiry: if let malformed { return malformed }
    case .nonce, .untimed, .unknown: break
    }
    return .init(
      verdict: .unknown, action: .none, finding: reading == .ambiguous ? .ambiguous : .unlisted,
      resync: .none)
  }

  private func timeJudgement(
    _ rule: AcceptanceRule, _ clock: Knowledge?, isLate: Bool, _ side: TimestampSide?
  ) -> RejectionJudgement {
    guard let clock else {
      return .init(
        verdict: isLate ? .late : .clock, action: .resign, finding: .listed,
        resync: isLate ? .none : .unlessFresh)
    }
    // A clock that was read since knows better than what a bot says that the exchange said.
    let disclosed = clock.isFresh ? disclosed.flatMap { $0 > clock.latest ? nil : $0 } : disclosed
    if let disclosed, disclosed > clock.latest {
      return .init(
        verdict: .clock, action: .resign, finding: .contradicted(by: disclosed - clock.latest),
        resync: .contradicted)
    }
    if clock.hasMoved { return doubt(.moved, clock) }
    if isLate { return late(.listed, rule) }
    let isConfirmed = disclosed.map { $0 >= clock.earliest - Self.promptness } ?? false
    guard case .instant(let stamp) = timestamp else {
      // Of an exchange whose clock is known to be right, only delay makes a stamp of ours too old.
      if isConfirmed, side == .behind { return late(.clockConfirmed, rule) }
      if isConfirmed, side == nil {
        return .init(
          verdict: .clock, action: .resign, finding: .clockConfirmed, resync: .none)
      }
      return doubt(
        side == .ahead ? .ahead(by: nil) : side == .behind ? .behind(age: nil) : .listed, clock)
    }
    let latestJudged = disclosed.map { $0 + disclosedResolution } ?? clock.latest
    let oldest = latestJudged - stamp
    let youngest = (disclosed ?? clock.earliest) - stamp
    var judgement: RejectionJudgement
    let isExplained: Bool
    if case .expiry = rule {
      judgement = expiryJudgement(rule, clock, oldest, youngest)
      isExplained = true
    } else {
      judgement = windowJudgement(rule, clock, side, oldest, youngest)
      // A clock that went back by less than what passes for a slow report puts right stamps ahead,
      // but not by more than that.
      isExplained =
        side != .ahead && oldest >= .zero
        || .zero - oldest > Self.promptness + (clock.latest - clock.earliest)
    }
    if isConfirmed, isExplained { judgement.resync = .none }
    return judgement
  }

  /// - Parameters:
  ///   - oldest: how old the timestamp was when it was judged, at most. Negative: it was ahead.
  ///   - youngest: how old it was at least.
  private func windowJudgement(
    _ rule: AcceptanceRule, _ clock: Knowledge, _ side: TimestampSide?, _ oldest: Duration,
    _ youngest: Duration
  ) -> RejectionJudgement {
    // Also where the exchange calls it too old: some have one text for both sides.
    if side == .ahead || oldest < .zero {
      return doubt(.ahead(by: oldest < .zero ? .zero - oldest : nil), clock)
    }
    let window = width(of: rule)
    if let window, oldest <= window {
      return late(.insideWindow(age: oldest), rule, resync: clock.isFresh ? .none : .unlessFresh)
    }
    if isOwnStamp {
      // It was right as far as was known. Without a window, nothing tells delay from a step since.
      return late(
        .ownStampLate(age: max(youngest, .zero)), rule,
        resync: window != nil || clock.isFresh ? .none : .unlessFresh)
    }
    let smallest = clock.latest - clock.earliest + Stamp.longestUplink
    if let window, window < smallest, youngest <= window + Self.promptness {
      return late(.windowTooSmall(age: max(youngest, .zero), smallest: smallest), rule)
    }
    return doubt(.behind(age: youngest > .zero ? youngest : nil), clock)
  }

  /// The instant of an expiry is its end: refused at an age of zero. It was made its lifetime
  /// before, so that a clock which is behind by that looks like a request that took as long.
  private func expiryJudgement(
    _ rule: AcceptanceRule, _ clock: Knowledge, _ oldest: Duration, _ youngest: Duration
  ) -> RejectionJudgement {
    if oldest <= .zero {
      // What is refused as past says that the clock is later than what is known of it.
      return late(
        .notExpired(left: .zero - oldest), rule, resync: clock.isFresh ? .none : .contradicted)
    }
    let past = max(youngest, .zero)
    if isOwnStamp { return late(.ownExpiryPassed(by: past), rule) }
    if let window, window <= Stamp.longestUplink, past <= Self.promptness {
      return late(.lifetimeTooSmall(past: past, smallest: Stamp.longestUplink), rule)
    }
    return doubt(.expired(by: past), clock)
  }

  /// A wrong clock, ours or the bot's.
  private func doubt(
    _ finding: RejectionJudgement.Finding, _ clock: Knowledge
  ) -> RejectionJudgement {
    .init(
      verdict: .clock, action: .resign, finding: finding,
      resync: clock.isFresh ? .none : .unlessFresh)
  }

  private func late(
    _ finding: RejectionJudgement.Finding, _ rule: AcceptanceRule,
    resync: RejectionJudgement.ResyncNeed = .none
  ) -> RejectionJudgement {
    .init(
      verdict: .late, action: canWiden(rule) ? .resignWiderWindow : .resign, finding: finding,
      resync: resync)
  }

  /// How old a timestamp may have been; nil where that is not known.
  private func width(of rule: AcceptanceRule) -> Duration? {
    switch rule {
    case .window(let rule): rule.isAdjustable ? window ?? rule.window : rule.window
    // What a request asks for is not what it gets where no rule is known.
    case .expiry, .nonce, .untimed, .unknown: nil
    }
  }

  private func canWiden(_ rule: AcceptanceRule) -> Bool {
    switch rule {
    case .window(let rule):
      rule.isAdjustable && (window ?? rule.window) < rule.longestWindow ?? rule.window
    case .expiry, .nonce, .untimed, .unknown: false
    }
  }
}
