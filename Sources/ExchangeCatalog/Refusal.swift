package import ClockCore

/// A refusal as a bot reports it.
package struct Refusal: Sendable, Equatable {
  /// As text, also where the exchange sends a number.
  package var code: String?
  package var httpStatus: Int?
  package var message: RefusalText?

  package init(code: String? = nil, httpStatus: Int? = nil, message: String? = nil) {
    self.code = code.map(Self.plain)
    self.httpStatus = httpStatus
    self.message = message.map(RefusalText.init)
  }

  /// Without spaces around it; a whole number without the fraction that some JSON writers add.
  static func plain(_ code: String) -> String {
    let words = code.split(whereSeparator: \.isWhitespace)
    let text = words.count == 1 ? words[0] : code[...]
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, Int64(parts[0]) != nil, !parts[1].isEmpty,
      parts[1].allSatisfy({ $0 == "0" })
    else { return String(text) }
    return String(parts[0])
  }
}

extension ExchangeDefinition {
  /// What the exchange's table makes of a refusal, and the entry that fits.
  ///
  /// The first entry counts that fits in everything it names. Where none does, an HTTP status that
  /// does not fit is overlooked beside a code that does: libraries and proxies change it. A code
  /// that was not reported, or means nothing here, is taken from the body, and where that has none
  /// from what a library made of it. Two that mean different things decide nothing, and a code that
  /// means nothing here is not overruled by what stands around it.
  package func reading(of refusal: Refusal) -> (reading: RejectionReading, entry: RefusalCode?) {
    let found = foundCodes(in: refusal)
    var isAmbiguous = false
    for codes in found {
      let entries = codes.map { entry(code: $0, refusal) }
      if let entry = entries.lazy.compactMap(\.self).first {
        guard entries.allSatisfy({ $0?.reading == entry.reading }) else { return (.ambiguous, nil) }
        // Without the message, another entry of this code might have been meant.
        guard refusal.message != nil || !isContested(entry, code: codes.first) else {
          isAmbiguous = true
          continue
        }
        return (entry.reading, entry)
      }
      isAmbiguous =
        isAmbiguous
        || (refusal.message == nil
          && codes.contains { code in self.codes.contains { $0.fits(code: code) } })
    }
    if isAmbiguous { return (.ambiguous, nil) }
    // The message alone is as good as a code; beside a code that means nothing here, only where the
    // exchange has none for this refusal.
    let hasNoCode = refusal.code == nil && found.allSatisfy(\.isEmpty)
    let byMessage = codes.first {
      $0.message == nil
        ? hasNoCode && $0.isNamed(in: refusal.message)
        : ($0.code == nil || hasNoCode) && $0.fits(refusal.message)
    }
    if let byMessage { return (byMessage.reading, byMessage) }
    if let entry = codes.first(where: {
      $0.code == nil && $0.message == nil && $0.fits(httpStatus: refusal.httpStatus)
    }) {
      return (entry.reading, entry)
    }
    // RFC 6585, and what exchanges send to whom they have banned.
    if refusal.httpStatus == 429 || refusal.httpStatus == 418 {
      return (.listed(.rateLimit, nil), nil)
    }
    return (.unlisted, nil)
  }

  /// The code of a refusal, as far as one is found.
  package func code(of refusal: Refusal) -> String? {
    foundCodes(in: refusal).lazy.compactMap(\.first).first ?? refusal.code
  }

  /// The codes of a refusal: the one that was reported, those of its bodies, and where there are
  /// none of these, those of what a library made of them.
  private func foundCodes(in refusal: Refusal) -> [[String]] {
    let isKnown = { (code: String) in self.codes.contains { $0.fits(code: code) } }
    // Some take the HTTP status for the code.
    let isOwn = { (code: String) in
      isKnown(code) || !(code.utf8.count == 3 && code.allSatisfy(\.isNumber))
    }
    let reported = (refusal.code.map { [$0] } ?? []).filter(isOwn)
    // Where no entry has a code, what stands there is something else.
    let place = codes.contains { $0.code != nil } ? codePointer : nil
    let inBody = place.flatMap { refusal.message?.scalars(at: $0) } ?? []
    guard reported.isEmpty, inBody.isEmpty else { return [reported, inBody.map(Refusal.plain)] }
    // "error code: none" names nothing.
    let named = (refusal.message?.namedCodes ?? []).map(Refusal.plain)
    return [named.filter { isKnown($0) || isOwn($0) && $0.contains(where: \.isNumber) }]
  }

  /// The exchange's clock as the refusal tells it, truncated to the resolution beside it.
  package func disclosedTime(in refusal: Refusal) -> (time: ExchangeInstant, resolution: Duration)?
  {
    guard let refusalTime, let time = refusalTime.read(from: refusal.message) else { return nil }
    return (time, refusalTime.resolution)
  }

  /// The timestamp that was refused, as the refusal repeats it.
  package func repeatedTimestamp(in refusal: Refusal) -> ReportedTimestamp? {
    refusalTimestamp?.number(in: refusal.message).map { reportedTimestamp($0) }
  }

  /// The window that the request asked for, as the refusal repeats it.
  package func repeatedWindow(in refusal: Refusal) -> Duration? {
    guard let text = refusalWindow?.number(in: refusal.message), let milliseconds = Int64(text),
      (1...86_400_000).contains(milliseconds)
    else { return nil }
    return .milliseconds(milliseconds)
  }

  private func entry(code: String?, _ refusal: Refusal) -> RefusalCode? {
    let fitting = codes.filter {
      $0.fits(code: code) && ($0.message == nil || $0.fits(refusal.message))
    }
    return fitting.first { $0.httpStatus == nil || $0.fits(httpStatus: refusal.httpStatus) }
      ?? fitting.first
  }

  private func isContested(_ entry: RefusalCode, code: String?) -> Bool {
    codes.contains { $0.fits(code: code) && $0.message != nil && $0.verdict != entry.verdict }
  }
}

extension RefusalCode {
  /// Whether the entry is of this code, in which it may have `?` for any digit.
  func fits(code wanted: String?) -> Bool {
    guard let code, let wanted, code.utf8.count == wanted.utf8.count else { return false }
    return zip(code.utf8, wanted.utf8).allSatisfy {
      $0 == $1 || ($0 == UInt8(ascii: "?") && UInt8(ascii: "0")...UInt8(ascii: "9") ~= $1)
    }
  }

  func fits(_ text: RefusalText?) -> Bool {
    guard let message, let text else { return false }
    return text.contains(message)
  }

  /// Whether the text has the code, which is a word: a number may stand for anything.
  func isNamed(in text: RefusalText?) -> Bool {
    guard let code, let text, code.contains(where: \.isLetter) else { return false }
    return text.contains(code)
  }

  func fits(httpStatus wanted: Int?) -> Bool {
    httpStatus != nil && httpStatus == wanted
  }

  var reading: RejectionReading {
    switch verdict {
    case .clock: isOfNonce ? .listed(.nonce, nil) : .listed(.clock, side)
    case .late: .listed(.late, side)
    case .signature: .listed(.signature, nil)
    case .key: .listed(.key, nil)
    case .rateLimit: .listed(.rateLimit, nil)
    case .format: .listed(.format, nil)
    }
  }
}
