internal import ClockCore
internal import ClockProtocol
internal import ExchangeCatalog
internal import JSONDocument
internal import LinuxSystem

/// Answers `report`: at once where the verdict is clear, or after the exchange's clock was read
/// anew where it is in doubt.
struct RejectionService: Sendable {
  /// What came of reading an exchange's clock anew.
  enum Reading: Sendable {
    /// It was read a moment ago, and that will do.
    case isFresh

    /// A resync has ended; this is what was known when it was asked for.
    case ended(before: IntervalClock?)

    case refused(reason: String)
  }

  /// Why an exchange's clock is to be read anew.
  struct Doubt: Sendable, Equatable {
    /// When the refused timestamp was made, at the latest; nil where that cannot be told.
    var stampMade: MonotonicInstant?

    /// What is known of the clock is contradicted, however fresh it is.
    var isContradiction: Bool
  }

  typealias Done = @Sendable (JSONValue) -> Void

  enum Answer: Sendable {
    case now(JSONValue)
    case later(@Sendable (@escaping Done) -> Void)
  }

  let board: StatusBoard

  /// Has one exchange's clock read anew.
  let readAnew: @Sendable (String, Doubt, @escaping @Sendable (Reading) -> Void) -> Void

  /// Nil where the exchange is not followed.
  func answer(_ report: RejectionReport) -> Answer? {
    guard let inquiry = inquiry(report, after: nil) else { return nil }
    guard let doubt = inquiry.doubt else { return .now(inquiry.result(board).json) }
    return .later { done in
      readAnew(report.exchange, doubt) { reading in
        done(self.inquiry(report, after: reading)?.result(board).json ?? .null)
      }
    }
  }

  /// The report is looked into outside of the board's lock: its message may be long.
  private func inquiry(_ report: RejectionReport, after reading: Reading?) -> RejectionInquiry? {
    board.withEntry(of: report.exchange) { ($0, $1) }.map { entry, host in
      RejectionInquiry(report, of: entry, host: host, after: reading)
    }
  }
}
