/// The timestamp that a signed request should carry, and how sure it is to be accepted.
///
/// Problem: the request will be judged by the exchange's clock when it arrives, `uplink` after
/// it was stamped; both that clock and the uplink are known only as intervals.
///
/// Symbols: the exchange's clock is now in [earliest, latest]; the request arrives 0 to d later, as
/// the exchange counts time. There the clock may be cut to the timestamp's resolution before it is
/// compared, so that it reads from `first`, which is `earliest` rounded down, to latest + d. The
/// exchange accepts a stamp s if it is less than W behind that reading, and not ahead of it or by
/// less than F. Then
///
///     margin ahead  = F - (s - first)            how much further ahead s could be
///     margin behind = W - (latest + d - s)       how much later the request could arrive
///
/// The best s makes the smaller margin largest. It is kept within [first, midpoint]: never put
/// above the estimate, and not below `first` either, since being provably never ahead leaves
/// nothing to gain there. And it stays below first + F: where no s is sure of both ends, it is
/// never the one that the exchange may find too far ahead. With W = 5 s and F = 1 s that is
/// `first`. Of the two timestamps around the best s that can be written, the better one is taken.
///
/// Edges are not counted on: whether a stamp is taken that is exactly W behind or F ahead is for
/// each exchange to say, and few do.
package struct Stamp: Sendable, Hashable {
  /// The instant to write, already a multiple of the format's resolution.
  package var instant: ExchangeInstant

  /// What acceptance was judged with: the window, or the lifetime of an expiry; nil where the
  /// exchange compares no clocks.
  package var window: Duration?

  /// The smallest window with which this instant is sure to be accepted; where it is not sure with
  /// the one asked for, no smaller one would do with any instant. For an expiry, the smallest
  /// lifetime that is enough however it is rounded. Nil where no window that the exchange allows
  /// would do. Acceptance is guaranteed if and only if the window is at least this.
  package var smallestWindow: Duration?

  /// The smaller of the two margins, not above zero on the late side when acceptance is not
  /// guaranteed; nil as for `window`.
  package var margin: Duration?

  /// Accepted whatever the true clock and the uplink are within their bounds.
  package var isGuaranteed: Bool

  /// The longest uplink that a guarantee covers, from stamping to the exchange's judgement.
  package static let longestUplink = Duration.seconds(1)
}

extension AcceptanceRule {
  /// The stamp for a request that is sent now.
  ///
  /// - Parameters:
  ///   - earliest: the exchange's clock shows at least this now.
  ///   - latest: the exchange's clock shows at most this now.
  ///   - window: what the request asks for, a window or a lifetime; nil for the exchange's default.
  ///   - resolution: the smallest step of the timestamp's format.
  package func stamp(
    earliest: ExchangeInstant, latest: ExchangeInstant, window: Duration? = nil,
    resolution: Duration
  ) -> Stamp {
    switch self {
    case .window(let rule):
      return rule.stamp(
        earliest: earliest, latest: latest, window: window ?? rule.window, resolution: resolution)
    case .expiry(let lifetime, let longest):
      return Self.expiry(
        earliest: earliest, latest: latest, lifetime: window ?? lifetime, longest: longest,
        resolution: resolution)
    case .nonce, .untimed, .unknown:
      // A nonce begins there, but must be larger than those before it: `NonceSequence`.
      return Stamp(instant: earliest.rounded(downTo: resolution), isGuaranteed: false)
    }
  }

  /// The mirror image of a window: the request is refused when the clock has passed the stamp, so
  /// the danger is a clock that is later than thought.
  private static func expiry(
    earliest: ExchangeInstant, latest: ExchangeInstant, lifetime: Duration, longest: Duration?,
    resolution: Duration
  ) -> Stamp {
    let limit = longest.map { earliest.rounded(downTo: resolution) + $0 }
    let most = limit.map { ($0 - .nanoseconds(1)).rounded(downTo: resolution) }
    let wanted = (latest + lifetime + resolution - .nanoseconds(1)).rounded(downTo: resolution)
    let instant = min(wanted, most ?? wanted)
    let arrival = latest + Stamp.longestUplink
    var behind = instant - arrival
    // What rounding up adds changes from moment to moment: a lifetime is enough always or never.
    if lifetime <= Stamp.longestUplink { behind = min(behind, lifetime - Stamp.longestUplink) }
    return Stamp(
      instant: instant, window: lifetime,
      smallestWindow: most.map { $0 > arrival } ?? true
        ? Stamp.longestUplink + .nanoseconds(1) : nil,
      margin: min(behind, limit.map { $0 - instant } ?? behind), isGuaranteed: behind > .zero)
  }
}

extension AcceptanceWindow {
  fileprivate func stamp(
    earliest: ExchangeInstant, latest: ExchangeInstant, window: Duration, resolution: Duration
  ) -> Stamp {
    let first = earliest.rounded(downTo: resolution)
    let arrival = latest + Stamp.longestUplink
    let margin = { (instant: ExchangeInstant) in
      min(tolerance - (instant - first), window - (arrival - instant))
    }
    let most = min(
      earliest + (latest - earliest) / 2, first + max(tolerance - .nanoseconds(1), .zero))
    let balanced = first + max((arrival - first + tolerance - window) / 2, .zero)
    let below = min(balanced, most).rounded(downTo: resolution)
    let above = below + resolution
    let instant = above <= most && margin(above) > margin(below) ? above : below
    let smallest = arrival - instant + .nanoseconds(1)
    let isAllowed = (isAdjustable ? longestWindow : self.window).map { smallest <= $0 } ?? true
    return Stamp(
      instant: instant, window: window, smallestWindow: isAllowed ? smallest : nil,
      margin: margin(instant), isGuaranteed: smallest <= window)
  }
}

extension Instant {
  /// The last multiple of `step` that is not later.
  func rounded(downTo step: Duration) -> Self {
    let step = step.wholeNanoseconds
    let remainder = nanoseconds % step
    return Self(nanoseconds: nanoseconds - (remainder < 0 ? remainder + step : remainder))
  }
}
