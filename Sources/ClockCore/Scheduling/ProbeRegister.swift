/// How the last probes of one exchange ended, as the reach register of NTP keeps it.
package struct ProbeRegister: Sendable, Hashable {
  package enum Outcome: Sendable, Hashable {
    /// An answer with a time in it.
    case sample
    /// Nothing, or nothing whole: the path, or a server that is down.
    case noAnswer
    /// An answer that held no time: a refusal, an error, garbage.
    case unusable
  }

  /// How many probes are remembered: four bursts of eight.
  package static let length = 32

  /// How many are remembered so far.
  package private(set) var count = 0

  /// The newest probe is the lowest bit.
  private var unansweredBits: UInt32 = 0
  private var unusableBits: UInt32 = 0

  package init() {}

  /// - Parameter failure: why the probe yielded no sample; nil when it yielded one.
  package mutating func note(_ failure: ProbeFailure?) {
    count = min(count + 1, Self.length)
    unansweredBits <<= 1
    unusableBits <<= 1
    guard let failure else { return }
    if failure.status == nil { unansweredBits |= 1 } else { unusableBits |= 1 }
  }

  /// How many of them got no answer.
  package var unanswered: Int { unansweredBits.nonzeroBitCount }

  /// How the newest one ended; nil before the first.
  package var last: Outcome? {
    guard count > 0 else { return nil }
    return unansweredBits & 1 != 0 ? .noAnswer : unusableBits & 1 != 0 ? .unusable : .sample
  }
}
