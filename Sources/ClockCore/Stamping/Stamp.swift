/// The timestamp that a signed request should carry, and how sure it is to be accepted.
///
/// Problem: the request will be judged by the exchange's clock when it arrives, `uplink` after
/// it was stamped; both that clock and the uplink are known only as intervals.
///
/// Symbols: the exchange's clock is now in [earliest, latest]; the request arrives 0 to d later;
/// the exchange accepts a stamp s iff `clock - W <= s < clock + F` on arrival. Then
///
///     margin ahead  = F - (s - earliest)         how much further ahead s could be
///     margin behind = W - (latest + d - s)       how much later the request could arrive
///
/// The best s makes the smaller margin largest. It is kept within [earliest, midpoint]: never put
/// above the estimate, and not below the earliest either, since being provably never ahead leaves
/// nothing to gain there. And it stays below earliest + F: where no s is sure of both ends, it is
/// never the one that the exchange may find too far ahead. With W = 5 s and F = 1 s that is
/// `earliest`.
package struct Stamp: Sendable, Hashable {
  /// The instant to write, already a multiple of the format's resolution.
  package var instant: ExchangeInstant

  /// What the window was judged with; nil where the exchange compares no clocks.
  package var window: Duration?

  /// The smallest window with which acceptance would be guaranteed; nil as above.
  package var smallestWindow: Duration?

  /// The smaller of the two margins, negative when acceptance is not guaranteed; nil as above.
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
  ///   - window: what the request asks for; nil for the exchange's default.
  ///   - resolution: the smallest step of the timestamp's format.
  ///   - previous: the last stamp given out, which a nonce must exceed.
  package func stamp(
    earliest: ExchangeInstant, latest: ExchangeInstant, window: Duration? = nil,
    resolution: Duration, previous: ExchangeInstant? = nil
  ) -> Stamp {
    switch self {
    case .window(let rule):
      return rule.stamp(
        earliest: earliest, latest: latest, window: window ?? rule.window, resolution: resolution)
    case .nonce:
      var instant = earliest.rounded(downTo: resolution)
      if let previous { instant = max(instant, previous + resolution) }
      // Larger than all that are known of: a lost state file forgets, and others may use the key.
      return Stamp(instant: instant, isGuaranteed: false)
    case .expiry(let lifetime, let longest):
      return Self.expiry(
        earliest: earliest, latest: latest, lifetime: window ?? lifetime, longest: longest,
        resolution: resolution)
    case .untimed, .unknown:
      return Stamp(instant: earliest.rounded(downTo: resolution), isGuaranteed: false)
    }
  }

  /// The mirror image of a window: the request is refused when the clock has passed the stamp, so
  /// the danger is a clock that is later than thought.
  private static func expiry(
    earliest: ExchangeInstant, latest: ExchangeInstant, lifetime: Duration, longest: Duration?,
    resolution: Duration
  ) -> Stamp {
    let wanted = (latest + lifetime + resolution - .nanoseconds(1)).rounded(downTo: resolution)
    let limit = longest.map { earliest + $0 }
    let instant = min(wanted, limit?.rounded(downTo: resolution) ?? wanted)
    let behind = instant - latest - Stamp.longestUplink
    let ahead = limit.map { $0 - instant }
    return Stamp(
      instant: instant, window: lifetime, smallestWindow: Stamp.longestUplink,
      margin: min(behind, ahead ?? behind), isGuaranteed: behind >= .zero)
  }
}

extension AcceptanceWindow {
  fileprivate func stamp(
    earliest: ExchangeInstant, latest: ExchangeInstant, window: Duration, resolution: Duration
  ) -> Stamp {
    let width = latest - earliest
    let balanced = (width + Stamp.longestUplink + tolerance - window) / 2
    // The tolerance itself is not tolerated any more.
    let farthest = min(width / 2, max(tolerance - .nanoseconds(1), .zero))
    let instant = (earliest + min(max(balanced, .zero), farthest)).rounded(downTo: resolution)
    let ahead = tolerance - (instant - earliest)
    let smallestWindow = latest + Stamp.longestUplink - instant
    let behind = window - smallestWindow
    return Stamp(
      instant: instant, window: window, smallestWindow: smallestWindow, margin: min(ahead, behind),
      isGuaranteed: behind >= .zero)
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
