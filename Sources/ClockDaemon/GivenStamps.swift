internal import ClockCore
internal import Synchronization

/// Which timestamps have been given out of late, so that a refused one can be told from those of
/// other clocks: one bit for each step of the format, for 65 s in milliseconds.
final class GivenStamps: Sendable {
  private static let words = 1024

  private struct State {
    /// Step n is in word n / 64 modulo `words`. Empty until the first stamp.
    var bits: [UInt64] = []
    /// The last word in use; so are the `words - 1` before it.
    var newest: Int64 = 0
  }

  /// Of the format, in nanoseconds.
  private let step: Int64
  private let state = Mutex(State())

  init(resolution: Duration) {
    step = resolution.wholeNanoseconds
  }

  func note(_ stamp: ExchangeInstant) {
    let number = stamp.nanoseconds / step
    let word = number / 64
    state.withLock { state in
      if state.bits.isEmpty || word - state.newest >= Int64(Self.words) {
        state.bits = Array(repeating: 0, count: Self.words)
        state.newest = word
      }
      while state.newest < word {
        state.newest += 1
        state.bits[Self.place(of: state.newest)] = 0
      }
      guard state.newest - word < Int64(Self.words) else { return }
      state.bits[Self.place(of: word)] |= 1 << UInt64(number % 64)
    }
  }

  func contains(_ stamp: ExchangeInstant) -> Bool {
    let (number, rest) = stamp.nanoseconds.quotientAndRemainder(dividingBy: step)
    let word = number / 64
    return state.withLock { state in
      guard rest == 0, !state.bits.isEmpty, word <= state.newest,
        state.newest - word < Int64(Self.words)
      else { return false }
      return state.bits[Self.place(of: word)] & (1 << UInt64(number % 64)) != 0
    }
  }

  /// The exchange's clock has stepped: what was given out before was wrong.
  func forget() {
    state.withLock { $0 = State() }
  }

  private static func place(of word: Int64) -> Int { Int(word % Int64(words)) }
}
