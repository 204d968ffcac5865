internal import ClockCore
internal import ClockProtocol

/// What a slot of the page said at one moment.
struct PageLook {
  let slot: PageSlot
  let reading: PageSlot.Reading
  let realtimeNanoseconds: Int64

  init(
    _ slot: PageSlot, rawNanoseconds: Int64, realtimeNanoseconds: Int64
  ) throws(PageRefusal) {
    reading = try slot.reading(
      rawNanoseconds: rawNanoseconds, coarseNanoseconds: realtimeNanoseconds)
    self.slot = slot
    self.realtimeNanoseconds = realtimeNanoseconds
  }

  func time(of exchange: ExchangeID) -> ExchangeTime {
    ExchangeTime(
      exchange: exchange, state: state, earliestNanoseconds: reading.earliestNanoseconds,
      latestNanoseconds: reading.latestNanoseconds, localNanoseconds: realtimeNanoseconds)
  }

  func stamp(
    for exchange: ExchangeID, window: Duration?, lifetime: Duration?
  ) throws(PageRefusal) -> RequestStamp {
    guard let (rule, format) = slot.acceptance else { throw .askSocket }
    let (wanted, other) = slot.rule == .window ? (window, lifetime) : (lifetime, window)
    guard other == nil, isAllowed(wanted) else { throw .askSocket }
    let stamp = rule.stamp(
      earliest: ExchangeInstant(nanoseconds: reading.earliestNanoseconds),
      latest: ExchangeInstant(nanoseconds: reading.latestNanoseconds), window: wanted,
      resolution: format.resolution)
    // Of a window that is not documented nothing is claimed.
    let smallest = slot.isDocumented ? stamp.smallestWindow : nil
    let result = RequestStamp(
      exchange: exchange, state: state, timestamp: format.json(of: stamp.instant),
      unixMicroseconds: stamp.instant.nanoseconds.floorDivided(by: 1_000), carrier: nil,
      window: stamp.window.map { .milliseconds($0.milliseconds) },
      smallestWindow: smallest.map { .milliseconds(-(.zero - $0).milliseconds) },
      margin: stamp.margin.map { .milliseconds($0.milliseconds) },
      isGuaranteed: stamp.isGuaranteed && slot.isDocumented, reason: nil)
    guard let result else { throw .askSocket }
    return result
  }

  /// The daemon words what is wrong with a window.
  private func isAllowed(_ wanted: Duration?) -> Bool {
    guard let wanted else { return true }
    let longest = slot.longestWindowNanoseconds
    return slot.isAdjustable && wanted >= .milliseconds(1)
      && wanted <= .nanoseconds(longest == 0 ? PageSlot.longestRuleNanoseconds : longest)
  }

  private var state: ClockState {
    reading.state == .synchronized ? .synchronized : .holdover
  }
}

extension PageSlot {
  /// 104 days.
  static let longestRuleNanoseconds: Int64 = 1 << 53

  /// The rule that a stamp is made by; nil where the daemon makes it.
  fileprivate var acceptance: (AcceptanceRule, TimestampFormat)? {
    guard let format = TimestampFormat(pageCode: formatCode) else { return nil }
    // What no exchange has is a damaged page's, and must not overflow what follows.
    for duration in [windowNanoseconds, longestWindowNanoseconds, toleranceNanoseconds] {
      guard duration >= 0, duration <= Self.longestRuleNanoseconds else { return nil }
    }
    let longest =
      longestWindowNanoseconds == 0 ? nil : Duration.nanoseconds(longestWindowNanoseconds)
    switch rule {
    case .window:
      let window = AcceptanceWindow(
        window: .nanoseconds(windowNanoseconds), longestWindow: longest, isAdjustable: isAdjustable,
        tolerance: .nanoseconds(toleranceNanoseconds))
      return (.window(window), format)
    case .expiry:
      return (.expiry(lifetime: .nanoseconds(windowNanoseconds), longest: longest), format)
    case .nonce, .untimed, .unknown: return nil
    }
  }
}

extension Duration {
  /// Whole milliseconds, rounded down, also below zero.
  fileprivate var milliseconds: Int64 { wholeNanoseconds.floorDivided(by: 1_000_000) }
}

extension Int64 {
  fileprivate func floorDivided(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
