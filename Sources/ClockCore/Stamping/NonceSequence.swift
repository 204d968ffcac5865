/// The nonces of one exchange: each is larger than all before it, over restarts too.
///
/// Problem: an exchange refuses a nonce that is not larger than the last one, whoever of a host's
/// bots sent it. They follow the exchange's clock, which may be corrected backwards; and the
/// process that gives them out may be killed at any moment, also right after it gave one.
///
/// Way: none is given out above a ceiling that is on disk already, and the next process begins
/// above the ceiling that it finds there. A higher one is asked for when less than half is left.
/// It lies `reserve` ahead of the exchange's clock, so that nonces run ahead of it by no more than
/// that after a kill. Those that are ahead already, after a kill, a clock set back or more demand
/// than the format has room for, get a few steps at a time, so that many kills in a row do not add
/// up.
///
/// Where nothing is kept on disk there is no ceiling, and a restart may repeat nonces.
package struct NonceSequence: Sendable, Equatable {
  /// How far ahead of the exchange's clock a ceiling is put.
  package static let reserve = Duration.seconds(10)

  /// No nonce up to this is given out any more; nil where none ever was.
  package private(set) var last: ExchangeInstant?

  /// No nonce above this is given out; nil while nothing is on disk.
  private var ceiling: ExchangeInstant?

  /// What is wanted on disk instead; nil while there is enough.
  private var wanted: ExchangeInstant?

  /// Whether there is a ceiling.
  package let isKept: Bool

  /// No more is given out at all.
  private var isEnded = false

  /// - Parameters:
  ///   - floor: the ceiling found on disk; nil for none.
  ///   - isKept: whether ceilings are written to disk.
  package init(above floor: ExchangeInstant? = nil, isKept: Bool = false) {
    last = floor
    ceiling = floor
    self.isKept = isKept
  }

  /// The next nonce.
  ///
  /// - Parameters:
  ///   - earliest: the exchange's clock shows at least this now.
  ///   - resolution: the smallest step of the timestamp's format.
  /// - Returns: nil where a higher ceiling must be on disk first.
  package mutating func next(
    from earliest: ExchangeInstant, resolution: Duration
  ) -> ExchangeInstant? {
    var nonce = earliest.rounded(downTo: resolution)
    if let last { nonce = max(nonce, last.rounded(downTo: resolution) + resolution) }
    guard isKept else {
      last = nonce
      return nonce
    }
    guard !isEnded else { return nil }
    want(nonce, earliest, resolution)
    guard let ceiling, nonce <= ceiling else { return nil }
    last = nonce
    return nonce
  }

  private mutating func want(
    _ nonce: ExchangeInstant, _ earliest: ExchangeInstant, _ resolution: Duration
  ) {
    let steps = max(resolution * 4, min(resolution * 50, .seconds(1)))
    let target = max(earliest + Self.reserve, nonce + steps)
    let left = ceiling.map { $0 - nonce } ?? .zero
    guard left * 2 < target - nonce else { return }
    wanted = max(wanted ?? target, target)
  }

  /// Whether a higher ceiling should be written.
  package var wantsCeiling: Bool { wanted != nil }

  /// What belongs on disk now: never below any nonce that is given out while it is written.
  package var ceilingToWrite: ExchangeInstant? { wanted ?? ceiling }

  /// A ceiling is on disk, and will be found by the next process.
  package mutating func wrote(_ written: ExchangeInstant) {
    ceiling = max(ceiling ?? written, written)
    if let wanted, wanted <= written { self.wanted = nil }
  }

  /// Gives out nothing any more, so that the last one can take the place of the ceiling.
  package mutating func end() {
    guard isKept else { return }
    isEnded = true
    wanted = nil
    ceiling = last
  }
}
