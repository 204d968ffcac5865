package import ClockCore

/// What one slot of the shared page says of an exchange.
///
/// Numbers are bare here, as a reader has some tens of nanoseconds for all of it.
@usableFromInline
package struct PageSlot: Sendable, Equatable {
  @usableFromInline
  package enum State: UInt32, Sendable {
    case unknown = 0
    case synchronized = 1
    case holdover = 2
    case disrupted = 3

    package var name: String { "\(self)" }
    package var isUsable: Bool { self == .synchronized || self == .holdover }
  }

  package enum Rule: UInt32, Sendable {
    case unknown = 0
    case window = 1
    case expiry = 2
    case nonce = 3
    case untimed = 4
  }

  package var id: PageID
  package var state = State.unknown
  package var rule = Rule.unknown

  /// As of `TimestampFormat.pageCode`.
  package var formatCode: UInt32 = 0

  /// A request may choose its window.
  package var isAdjustable = false

  /// The window is documented, so that a guarantee may be claimed.
  package var isDocumented = false

  /// CLOCK_MONOTONIC_RAW at which the ends hold as they stand.
  package var asOfNanoseconds: Int64 = 0

  /// The exchange's clock, Unix time, is at least this at `asOf`, and at most that.
  package var lowerNanoseconds: Int64 = 0
  package var upperNanoseconds: Int64 = 0

  /// What the two gain on CLOCK_MONOTONIC_RAW, nanoseconds for each.
  package var lowerRate = 0.0
  package var upperRate = 0.0

  /// CLOCK_MONOTONIC_RAW after which nothing here may be used.
  package var voidAfterNanoseconds: Int64 = 0

  /// CLOCK_MONOTONIC_RAW after which `synchronized` reads as `holdover`.
  package var holdoverAfterNanoseconds: Int64 = 0

  /// CLOCK_MONOTONIC_RAW at which the daemon last found this host's clocks uninterrupted.
  package var checkedNanoseconds: Int64 = 0

  /// CLOCK_REALTIME minus CLOCK_MONOTONIC_RAW at `checked`.
  package var realMinusRawNanoseconds: Int64 = 0

  /// The quantum of the exchange's answers.
  package var resolutionNanoseconds: Int64 = 0

  /// The usual window, or the lifetime of a request; 0 where there is none.
  package var windowNanoseconds: Int64 = 0

  /// The longest window or lifetime; 0 where that is not known.
  package var longestWindowNanoseconds: Int64 = 0

  /// How far ahead of the exchange's clock a timestamp may be.
  package var toleranceNanoseconds: Int64 = 0

  package init(id: PageID) {
    self.id = id
  }
}

extension PageSlot {
  /// The words of a slot; the sequence number is left out.
  package var words: PageWords {
    var words = PageWords()
    words.id = id
    words[code: .state] = state.rawValue
    words[code: .rule] = rule.rawValue
    words[code: .format] = formatCode
    words[code: .flags] = (isAdjustable ? 1 : 0) | (isDocumented ? 2 : 0)
    words[number: .asOf] = asOfNanoseconds
    words[number: .lower] = lowerNanoseconds
    words[number: .upper] = upperNanoseconds
    words[fraction: .lowerRate] = lowerRate
    words[fraction: .upperRate] = upperRate
    words[number: .voidAfter] = voidAfterNanoseconds
    words[number: .holdoverAfter] = holdoverAfterNanoseconds
    words[number: .checked] = checkedNanoseconds
    words[number: .realMinusRaw] = realMinusRawNanoseconds
    words[number: .resolution] = resolutionNanoseconds
    words[number: .window] = windowNanoseconds
    words[number: .longestWindow] = longestWindowNanoseconds
    words[number: .tolerance] = toleranceNanoseconds
    return words
  }

  /// What a reader makes of the words; a state or a rule that it does not know is `unknown`.
  package init(_ words: borrowing PageWords) {
    id = words.id
    state = State(rawValue: words[code: .state]) ?? .unknown
    rule = Rule(rawValue: words[code: .rule]) ?? .unknown
    formatCode = words[code: .format]
    let flags = words[code: .flags]
    isAdjustable = flags & 1 != 0
    isDocumented = flags & 2 != 0
    asOfNanoseconds = words[number: .asOf]
    lowerNanoseconds = words[number: .lower]
    upperNanoseconds = words[number: .upper]
    lowerRate = words[fraction: .lowerRate]
    upperRate = words[fraction: .upperRate]
    voidAfterNanoseconds = words[number: .voidAfter]
    holdoverAfterNanoseconds = words[number: .holdoverAfter]
    checkedNanoseconds = words[number: .checked]
    realMinusRawNanoseconds = words[number: .realMinusRaw]
    resolutionNanoseconds = words[number: .resolution]
    windowNanoseconds = words[number: .window]
    longestWindowNanoseconds = words[number: .longestWindow]
    toleranceNanoseconds = words[number: .tolerance]
  }
}

extension TimestampFormat {
  /// What a slot calls it.
  package var pageCode: UInt32 {
    switch self {
    case .unixSeconds: 0
    case .unixMilliseconds: 1
    case .unixMicroseconds: 2
    case .unixNanoseconds: 3
    case .iso8601Milliseconds: 4
    case .iso8601BareSeconds: 5
    }
  }

  /// Nil for what a later version may know.
  package init?(pageCode: UInt32) {
    guard let format = Self.allCases.first(where: { $0.pageCode == pageCode }) else { return nil }
    self = format
  }
}
