internal import ClockProtocol
internal import JSONDocument

/// What the daemon alone can tell.
///
/// All throw what no answer comes to, `unreachable`, `timedOut` and `protocol`, and `overloaded`
/// where the daemon has too many clients.
extension ExchangeClock {
  /// All that is known of an exchange's clock.
  ///
  /// - Throws: `unknownExchange`.
  public func offset(of exchange: ExchangeID) async throws(ClockError) -> ClockOffset {
    try await inBackground { () throws(ClockError) in
      try ClockOffset(try self.ask(.offset, ["exchange": .string(exchange.rawValue)]))
    }
  }

  /// All that is known of all exchanges' clocks, sorted by id.
  public func offsets() async throws(ClockError) -> [ClockOffset] {
    try await inBackground { () throws(ClockError) in
      try Members.list(try self.ask(.offsets), ClockOffset.init)
    }
  }

  /// What an exchange's clock showed when this host's CLOCK_REALTIME showed that, in the past: an
  /// hour at most.
  ///
  /// - Throws: `unknownExchange`, and `notSynchronized` where that cannot be told.
  public func convert(
    _ exchange: ExchangeID, localMicroseconds: Int64
  ) async throws(ClockError) -> ConvertedTime {
    try await inBackground { () throws(ClockError) in
      try ConvertedTime(
        try self.ask(
          .convert,
          ["exchange": .string(exchange.rawValue), "local_us": .integer(localMicroseconds)]))
    }
  }

  /// Has an exchange probed now, and waits for what comes of it: some seconds at most while it
  /// answers. Other requests do not wait with it.
  ///
  /// - Parameter acceptStep: a jump of the exchange's clock is believed however far it is; only
  ///   root and the daemon's own user may say so.
  /// - Throws: `unknownExchange`, and `refused` while the exchange wants us to stay away.
  public func resync(
    _ exchange: ExchangeID, acceptStep: Bool = false
  ) async throws(ClockError) -> ClockOffset {
    try await inBackground { () throws(ClockError) in
      try ClockOffset(
        try self.askApart(
          .resync,
          .members(
            ("exchange", .string(exchange.rawValue)),
            ("accept_step", acceptStep ? true : nil))))
    }
  }

  /// Has all exchanges probed now that may be, and waits.
  public func resync(acceptStep: Bool = false) async throws(ClockError) -> [ClockOffset] {
    try await inBackground { () throws(ClockError) in
      try Members.list(
        try self.askApart(.resync, .members(("accept_step", acceptStep ? true : nil))),
        ClockOffset.init)
    }
  }

  /// Why an exchange has refused a request, and what to do. The daemon resyncs first where the
  /// exchange's clock is to blame. Other requests do not wait with it.
  ///
  /// - Parameters:
  ///   - code: of the exchange: -1021, "50102".
  ///   - httpStatus: of its answer.
  ///   - message: its words, or those of the library that threw them.
  ///   - timestamp: that the request carried.
  ///   - window: that the request asked for, in whole milliseconds.
  /// - Throws: `unknownExchange`, `invalidParams`.
  public func report(
    _ exchange: ExchangeID, code: NumberOrText? = nil, httpStatus: Int? = nil,
    message: String? = nil, timestamp: NumberOrText? = nil, window: Duration? = nil
  ) async throws(ClockError) -> RefusalReport {
    try await inBackground { () throws(ClockError) in
      try RefusalReport(
        try self.askApart(
          .report,
          .members(
            ("exchange", .string(exchange.rawValue)), ("code", code?.json),
            ("http_status", httpStatus.map { .integer(Int64($0)) }),
            ("message", message.map(JSONValue.string)), ("timestamp", timestamp?.json),
            ("recv_window_ms", window.map { .integer($0.wholeMilliseconds) }))))
    }
  }

  /// How the daemon, this host's clock and the exchanges are.
  public func health() async throws(ClockError) -> DaemonHealth {
    try await inBackground { () throws(ClockError) in try DaemonHealth(try self.ask(.health)) }
  }

  /// The daemon's catalogue, sorted by id.
  public func exchanges() async throws(ClockError) -> [CatalogEntry] {
    try await inBackground { () throws(ClockError) in
      try Members.list(try self.ask(.exchanges), CatalogEntry.init)
    }
  }
}
