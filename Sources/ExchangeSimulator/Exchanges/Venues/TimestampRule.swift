/// What an exchange compares the timestamp of a signed request with. All times are in ms.
enum TimestampRule: Sendable {
  /// The exchange's clock.
  case window(Window)
  /// The exchange's clock, which must not have passed the timestamp.
  case expiry
  /// The last nonce of the key, which must be smaller.
  case growing
  /// The nonces of the key: those that were used, and those that are too far below the largest.
  case unordered(tolerance: UInt64)
  /// As `growing` for the keys with this in their name, as `window` for all others.
  case growingForKeys(containing: String, Window)
  /// Nothing: requests carry no timestamp.
  case untimed

  /// A distance between the exchange's clock and a timestamp.
  enum Limit: Sendable {
    case within(Int64)
    case below(Int64)

    func allows(_ distance: Int64) -> Bool {
      switch self {
      case .within(let limit): distance <= limit
      case .below(let limit): distance < limit
      }
    }

    func widened(to milliseconds: Int64) -> Self {
      switch self {
      case .within: .within(milliseconds)
      case .below: .below(milliseconds)
      }
    }
  }

  /// How far a timestamp may be from the exchange's clock.
  struct Window: Sendable {
    /// How old it may be.
    var past: Limit
    /// How far ahead it may be.
    var future: Limit
    /// Both are compared in whole seconds, rounded down.
    var isOfSeconds = false
    /// Where a request chooses how old it may be.
    var chosen: [StampPlace] = []
    /// What it may choose.
    var choice: ClosedRange<Int64> = 0...Int64.max
    /// The choice holds for both sides.
    var widensFuture = false
    /// Without a choice a request is refused.
    var wantsChoice = false

    static func symmetric(_ limit: Limit, isOfSeconds: Bool = false) -> Self {
      Window(past: limit, future: limit, isOfSeconds: isOfSeconds)
    }
  }
}

/// Why a signed request is refused.
enum Grievance: Sendable, Hashable {
  case noKey
  case noStamp
  case badStamp
  case noWindow
  case badWindow
  case tooOld
  /// Older than what the request itself allows.
  case late
  case tooNew
  case smallNonce
  case usedNonce
  case rateLimited
  case unknownPath

  /// What an exchange without words of its own for this says instead.
  var next: Grievance? {
    switch self {
    case .usedNonce: .smallNonce
    case .noWindow: .badWindow
    case .badWindow, .noStamp: .badStamp
    case .badStamp, .late, .tooNew, .smallNonce: .tooOld
    case .noKey, .tooOld, .rateLimited, .unknownPath: nil
    }
  }
}

extension TimestampRule {
  /// What is wrong with a timestamp or nonce; nil: it is accepted, and remembered if it is a nonce.
  ///
  /// - Parameters:
  ///   - text: as the request carries it.
  ///   - now: what the exchange's clock shows, in ms.
  func grievance(
    against text: String, _ format: StampFormat, of request: HTTPRequest, key: String,
    at now: Int64,
    _ ledger: inout Ledger
  ) -> Grievance? {
    switch self {
    case .untimed: return nil
    case .growing: return Self.growing(text, key, &ledger)
    case .unordered(let tolerance): return Self.unordered(text, key, tolerance, &ledger)
    case .growingForKeys(let mark, _) where key.contains(mark):
      return Self.growing(text, key, &ledger)
    case .expiry:
      guard let stamp = format.milliseconds(of: text) else { return .badStamp }
      return now > stamp ? .tooOld : nil
    case .window(let window), .growingForKeys(_, let window):
      guard let stamp = format.milliseconds(of: text) else { return .badStamp }
      return window.grievance(against: stamp, of: request, at: now)
    }
  }

  private static func growing(_ text: String, _ key: String, _ ledger: inout Ledger) -> Grievance? {
    guard let nonce = UInt64(text) else { return .badStamp }
    guard nonce > ledger.nonces[key] ?? 0 else { return .smallNonce }
    ledger.nonces[key] = nonce
    return nil
  }

  private static func unordered(
    _ text: String, _ key: String, _ tolerance: UInt64, _ ledger: inout Ledger
  ) -> Grievance? {
    guard let nonce = UInt64(text) else { return .badStamp }
    var known = ledger.largestNonces[key] ?? []
    guard !known.contains(nonce) else { return .usedNonce }
    if let largest = known.last, largest > nonce, largest - nonce > tolerance { return .smallNonce }
    known.append(nonce)
    known.sort()
    let largest = known[known.endIndex - 1]
    ledger.largestNonces[key] = known.filter { largest - $0 <= tolerance }
    return nil
  }
}

extension TimestampRule.Window {
  fileprivate func grievance(against stamp: Int64, of request: HTTPRequest, at now: Int64)
    -> Grievance?
  {
    var (past, future) = (past, future)
    var tooOld = Grievance.tooOld
    if let text = chosen.text(in: request) {
      guard let window = digits(text), choice.contains(window) else { return .badWindow }
      past = past.widened(to: window)
      tooOld = .late
      if widensFuture { future = future.widened(to: window) }
    } else if wantsChoice {
      return .noWindow
    }
    let unit: Int64 = isOfSeconds ? 1000 : 1
    let shown = isOfSeconds ? stamp / unit * unit : stamp
    // Both are from 0 on, so that their difference fits.
    let age = now / unit * unit - shown
    if !past.allows(age) { return tooOld }
    return future.allows(-age) ? nil : .tooNew
  }
}
