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

    /// The timestamp was given out here, and no delay explains the refusal.
    var isOfGoodStamp: Bool

    /// The user whose bot reports; nil where that cannot be told.
    var reporter: UInt32?
  }

  typealias Done = @Sendable (JSONValue) -> Void

  enum Answer: Sendable {
    case now(JSONValue)
    case later(@Sendable (@escaping Done) -> Void)
  }

  let board: StatusBoard

  /// Where nonces outlive a restart; nil when no state is kept.
  var keeper: StateKeeper?

  /// Has one exchange's clock read anew.
  let readAnew: @Sendable (String, Doubt, @escaping @Sendable (Reading) -> Void) -> Void

  /// Nil where the exchange is not followed.
  func answer(_ report: RejectionReport) -> Answer? {
    guard let inquiry = inquiry(report, after: nil) else { return nil }
    guard let doubt = inquiry.doubt else {
      let result = inquiry.result(board)
      guard waitsForNonce(result) else { return .now(result.json) }
      return .later { done in finish(inquiry, done) }
    }
    return .later { done in
      readAnew(report.exchange, doubt) { reading in
        guard let inquiry = self.inquiry(report, after: reading) else {
          done(.null)
          return
        }
        finish(inquiry, done)
      }
    }
  }

  private func finish(_ inquiry: RejectionInquiry, _ done: @escaping Done) {
    let result = inquiry.result(board)
    guard let keeper, waitsForNonce(result) else {
      done(result.json)
      return
    }
    keeper.extendNonces(for: NonceWaiter { _ in done(inquiry.result(board).json) })
  }

  /// The new stamp would be a nonce, and the state file has to be written first.
  private func waitsForNonce(_ result: ReportResult) -> Bool {
    guard keeper != nil, result.stamp == nil else { return false }
    return board.withEntry(of: result.exchange) { entry, _ in entry.nonces.wantsCeiling } ?? false
  }

  /// The report is looked into outside of the board's lock: its message may be long.
  private func inquiry(_ report: RejectionReport, after reading: Reading?) -> RejectionInquiry? {
    board.withEntry(of: report.exchange) { ($0, $1) }.map { entry, host in
      RejectionInquiry(report, of: entry, host: host, after: reading)
    }
  }
}
