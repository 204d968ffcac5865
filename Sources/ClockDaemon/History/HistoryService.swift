internal import ClockProtocol
internal import JSONDocument

/// Answers `history`.
struct HistoryService: Sendable {
  /// Nil where no state is kept.
  var keeper: HistoryKeeper?

  /// Measurements and events of one answer: it fits what may wait for a slow reader.
  static let mostEntries = 500

  /// The parameters, checked.
  static func query(_ parameters: Parameters) throws(RPCError) -> HistoryKeeper.Query {
    let limit = try parameters.optionalInteger("limit", in: 1...Int64(mostEntries))
    return HistoryKeeper.Query(
      exchange: try parameters.string("exchange"),
      since: try parameters.optionalInteger("since_us", in: 0...1 << 53) ?? .min,
      after: try parameters.optionalInteger("after", in: 0...1 << 53) ?? 0,
      limit: limit.map(Int.init) ?? mostEntries)
  }

  func read(_ query: HistoryKeeper.Query, _ done: @escaping RequestService.Done) {
    guard let keeper else {
      done(
        .failure(
          RPCError(
            .refused, "no history is kept: start the daemon with --state",
            exchange: query.exchange, reason: "the daemon was started without a state file")))
      return
    }
    keeper.read(query) { result in
      done(
        result.map(\.json).mapError {
          RPCError(
            .refused, "the history of \(query.exchange) cannot be read: \($0.reason)",
            exchange: query.exchange, reason: $0.reason)
        })
    }
  }
}
