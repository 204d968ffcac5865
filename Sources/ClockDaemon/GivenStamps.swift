internal import ClockCore
internal import Synchronization

/// Which timestamps have been given out of late, so that a refused one can be told from those of
/// other clocks.
///
/// They are kept by when they were given out, not by what they say: an expiry may be a day ahead.
/// One bit for each step of the format, in words of 64 that are kept only where something was
/// given; all of one part of the minute together, which is forgotten as a whole.
final class GivenStamps: Sendable {
  /// A stamp is remembered for three to four times this.
  private static let span = Duration.seconds(20)
  private static let mostSpans = 4

  /// Of one span. When it is full a new one begins, and the oldest is forgotten early: memory is
  /// bounded, at 12,288 stamps or more.
  private static let mostWords = 4_096

  private struct Span {
    var began: MonotonicInstant
    /// Step n is bit n modulo 64 of word n / 64.
    var words: [Int64: UInt64] = [:]
    /// The step that was noted last.
    var newest: Int64?
  }

  /// Of the format, in nanoseconds.
  private let step: Int64
  /// Oldest first.
  private let spans = Mutex([Span]())

  init(resolution: Duration) {
    step = resolution.wholeNanoseconds
  }

  func note(_ stamp: ExchangeInstant, at now: MonotonicInstant) {
    let number = stamp.nanoseconds / step
    spans.withLock { spans in
      let isFresh = spans.last.map { now - $0.began < Self.span } ?? false
      // Who is asked often gives out the same stamp many times.
      if isFresh, spans.last?.newest == number { return }
      if !isFresh || spans[spans.count - 1].words.count >= Self.mostWords {
        if spans.count == Self.mostSpans { spans.removeFirst() }
        spans.append(Span(began: now))
      }
      spans[spans.count - 1].words[number / 64, default: 0] |= 1 << UInt64(number % 64)
      spans[spans.count - 1].newest = number
    }
  }

  func contains(_ stamp: ExchangeInstant, at now: MonotonicInstant) -> Bool {
    let (number, rest) = stamp.nanoseconds.quotientAndRemainder(dividingBy: step)
    guard rest == 0 else { return false }
    return spans.withLock { spans in
      spans.contains {
        now - $0.began < Self.span * Self.mostSpans
          && ($0.words[number / 64] ?? 0) & (1 << UInt64(number % 64)) != 0
      }
    }
  }

  /// The exchange's clock has stepped: what was given out before was wrong.
  func forget() {
    spans.withLock { $0 = [] }
  }
}
