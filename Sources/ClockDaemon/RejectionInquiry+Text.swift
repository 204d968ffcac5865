internal import ClockCore
internal import DaemonSettings
internal import ExchangeCatalog
internal import LinuxSystem

/// The explanation for people.
extension RejectionInquiry {
  var explanation: String {
    "\(refusalText); \(findingText).\(readingText)"
  }

  /// What was refused: "binance -1021, the timestamp is too old".
  private var refusalText: String {
    // An entry may be for many codes.
    let listed = entry?.code.flatMap { $0.contains("?") ? nil : $0 }
    let what = listed ?? code ?? report.refusal.httpStatus.map { "HTTP \($0)" }
    let meaning = entry?.meaning ?? ""
    return definition.id + (what.map { " \(Excerpt.plain($0, 48))" } ?? "")
      + (meaning.isEmpty ? "" : ": \(meaning)")
  }

  /// Of several that mean different things, none is the one.
  private var code: String? {
    judgement.finding == .ambiguous ? report.refusal.code : definition.code(of: report.refusal)
  }

  /// The forms in which the timestamp is wanted.
  private var wantedText: String {
    definition.timestampFormats(for: entry).map(\.noun).joined(separator: " or ")
  }

  private var findingText: String {
    switch judgement.finding {
    case .listed: listedText
    case .ambiguous:
      report.refusal.message == nil
        ? "the code has more than one meaning there: report the message as well"
        : "the message has codes that mean different things: report the one that the exchange gave"
    case .unlisted where code != nil && report.refusal.message != nil:
      "this code is not in the exchange's table, and nothing else of the refusal tells what it"
        + " means"
    case .unlisted:
      "this refusal is not known: report its code, http_status and message, the whole body if need"
        + " be"
    case .foreignForm(let form):
      "the timestamp is written as \(form), wanted is \(wantedText)"
    case .unreadable:
      "the timestamp \(Excerpt.quoted(report.timestamp ?? "")) is no time in any known form,"
        + " wanted is \(wantedText)"
    case .nonceUsedUp:
      "no clock is compared, each nonce must exceed the last one of its key: take all nonces from"
        + " one source, such as the stamp given here"
    case .keyTakesNonces:
      "this key takes nonces that grow, while the stamps given here are times, of which two may be"
        + " the same: set window_kind = \"nonce\" and a timestamp_format of \"unix_ms\" for"
        + " [exchanges.\(definition.id)], or use a key with time-based nonces"
    case .nonceOutrun(let lead):
      "the nonce was larger than those given out here, by "
        + (lead.map(\.shortText) ?? "far")
        + ", and still too small: this key has been used with larger ones; use a new key, or keep"
        + " to their source"
    case .ahead(let lead?):
      "the timestamp was at least \(lead.shortText) ahead of the exchange's clock: the clock that"
        + " it was taken from is wrong"
    case .ahead(nil): "the timestamp was ahead of the exchange's clock"
    case .behind(let age?):
      "the timestamp was at least \(age.shortText) behind the exchange's clock\(windowText), and"
        + " no recent stamp of this daemon: the clock that it was taken from is wrong, or the"
        + " request was that late"
    case .behind(nil): "the timestamp was older than the exchange allows\(windowText)"
    case .contradicted(let lead):
      "the exchange says that its clock is at least \(lead.shortText) ahead of what was known of it"
    case .moved:
      "the exchange's clock is not where it was before: stamps from before do not fit it"
    case .ownStampLate(let age):
      "\(rightText), and the timestamp was a stamp of this daemon: the request"
        + " took longer than \(rightfulText); when it was reported, the timestamp was at least"
        + " \(age.shortText) old. Take the stamp later or send sooner"
    case .windowTooSmall(let age, let smallest):
      "\(rightText), and the timestamp was at least \(age.shortText) old when it"
        + " was reported\(windowText): to be sure takes a window of \(smallest.shortText)"
    case .insideWindow(let age):
      "\(rightText), and by it the timestamp is fine even now"
        + " (\(age.shortText) old\(windowText)): "
        + (isWindowAdjustable ? "the request asked for a smaller window than that, or " : "it ")
        + "took too long within the exchange"
    case .ownExpiryPassed(let past):
      "\(rightText), and the expiry was one of this daemon's: the request took"
        + " longer than its lifetime; when it was reported, the expiry had passed by at least"
        + " \(past.shortText). Take the stamp later, send sooner, or ask for a longer lifetime"
    case .lifetimeTooSmall(let past, let smallest):
      "\(rightText), and the expiry had passed by at least \(past.shortText) when"
        + " it was reported\(lifetimeText): to be sure takes a lifetime of more than"
        + " \(smallest.shortText)"
    case .expired(let past):
      "when it was reported, the expiry had passed by at least \(past.shortText) by the exchange's"
        + " clock\(lifetimeText), and it is no recent stamp of this daemon: the clock that it was"
        + " reckoned from is behind, or the request took longer than its lifetime"
    case .notExpired(let left):
      "\(rightText), and by it the timestamp expires in \(left.shortText), even"
        + " now: the exchange judged another expiry than the one reported, or took that long"
    case .clockConfirmed:
      "\(rightText), as the refusal itself shows: "
        + (judgement.verdict == .late
          ? "" : "the clock that the timestamp was taken from is wrong, or ")
        + "with a stamp of this daemon, the request took longer than \(rightfulText)"
    }
  }

  private var listedText: String {
    switch judgement.verdict {
    case .clock: "the clock that the timestamp was taken from is in doubt"
    case .late:
      "the request waited too long before it was judged"
        + (knowledge == nil ? "" : ", while \(rightText)")
    case .signature: "what is signed, or how, is wrong; this is no matter of clocks"
    case .key: "the key or what it may do is wrong; this is no matter of clocks"
    case .rateLimit:
      "this host or key asks too often; this is no matter of clocks, and a resync would be one more"
        + " request"
    case .format:
      "look at how timestamp and window are written, wanted is \(wantedText)"
        + (definition.timestampCarrier.isEmpty || entry?.timestampFormats.isEmpty == false
          ? "" : " in \(definition.timestampCarrier)")
    case .unknown: "nothing is known of it"
    }
  }

  /// What became of reading the clock anew, where that was tried.
  private var readingText: String {
    switch reading {
    case nil: return ""
    case .refused(let reason): return " The clock cannot be read anew now: \(reason)."
    case .isFresh, .ended:
      if let failure = known.status.failure {
        return " The clock could not be read anew: \(failure.reason)."
      }
      if let blockedFor {
        return " The clock has been read anew, and then the exchange said stop: leave it alone for"
          + " \(blockedFor.shortText)."
      }
      guard judgement.verdict == .clock, knowledge != nil else { return "" }
      return " The exchange's clock has been read anew and is known\(errorText): sign again with"
        + " the stamp given here."
    }
  }

  /// Not said of now where it could not be read now.
  private var rightText: String {
    guard case .refused = reading, let lastSync = known.status.lastSync else {
      return "its clock is right\(errorText)"
    }
    return "its clock was right\(errorText) when it was read"
      + " \((clocks.raw - lastSync).shortText) ago"
  }

  private var errorText: String {
    guard let knowledge else { return "" }
    return " within ±\(((knowledge.latest - knowledge.earliest) / 2).shortText)"
  }

  /// ", with a window of 5.00 s"; empty where none is known.
  private var windowText: String {
    width.map { ", with a window of \($0.shortText)" } ?? ""
  }

  /// ", with a lifetime of 500 ms"; empty where none is known.
  private var lifetimeText: String {
    window.map { ", with a lifetime of \($0.shortText)" } ?? ""
  }

  private var rightfulText: String {
    width.map { "its window of \($0.shortText)" } ?? "the exchange allows"
  }

  private var isWindowAdjustable: Bool {
    if case .window(let rule) = rule { rule.isAdjustable } else { false }
  }

  private var width: Duration? {
    switch rule {
    case .window(let rule): rule.isAdjustable ? window ?? rule.window : rule.window
    case .expiry, .nonce, .untimed, .unknown: nil
    }
  }
}
