internal import JSONDocument

/// The timestamp that a signed request should carry, and how sure it is to be accepted.
public struct RequestStamp: Sendable, Hashable {
  public var exchange: ExchangeID

  /// `synchronized` or `holdover`.
  public var state: ClockState

  /// Exactly as the exchange wants it.
  public var timestamp: String

  /// In JSON the timestamp is a string, not a number.
  public var isText: Bool

  /// The same instant by the exchange's clock, Unix microseconds.
  public var unixMicroseconds: Int64

  /// Where the request carries the timestamp, in words; nil where the shared page was read.
  public var carrier: String?

  /// What acceptance was judged with: the window, or the lifetime of a request; nil where the
  /// exchange compares no clocks. Whole milliseconds, like the next two.
  public var window: Duration?

  /// The smallest window that is sure to do, rounded up; nil as above, or where none is known to.
  public var smallestWindow: Duration?

  /// What is left on the tighter side, rounded down; nil as for `window`.
  public var margin: Duration?

  /// Accepted whatever the true clock and the way there are, within their bounds.
  public var isGuaranteed: Bool

  /// Why it is not, in one clause; nil where it is, or where the shared page was read.
  public var reason: String?
}

extension RequestStamp {
  init(_ result: JSONValue) throws(ClockError) {
    let members = try Members(result)
    let milliseconds = { (name: String) throws(ClockError) -> Duration? in
      try members.optional(name, \.integer).map { .milliseconds($0) }
    }
    let stamp = Self(
      exchange: try members.exchange(), state: try members.state(),
      timestamp: try members.value("timestamp") { $0 },
      unixMicroseconds: try members.value("unix_us", \.integer),
      carrier: try members.optional("carrier", \.string),
      window: try milliseconds("recv_window_ms"),
      smallestWindow: try milliseconds("min_recv_window_ms"),
      margin: try milliseconds("margin_ms"), isGuaranteed: try members.value("guaranteed", \.bool),
      reason: members.has("reason") ? try members.optional("reason", \.string) : nil)
    guard let stamp else { throw Members.unfit("timestamp is not what it should be") }
    self = stamp
  }

  /// - Parameter timestamp: nil comes of what is neither a whole number nor a string.
  init?(
    exchange: ExchangeID, state: ClockState, timestamp: JSONValue, unixMicroseconds: Int64,
    carrier: String?, window: Duration?, smallestWindow: Duration?, margin: Duration?,
    isGuaranteed: Bool, reason: String?
  ) {
    switch timestamp {
    case .string(let string): (self.timestamp, isText) = (string, true)
    case .integer(let number): (self.timestamp, isText) = (String(number), false)
    default: return nil
    }
    (self.exchange, self.state) = (exchange, state)
    (self.unixMicroseconds, self.carrier) = (unixMicroseconds, carrier)
    (self.window, self.smallestWindow, self.margin) = (window, smallestWindow, margin)
    (self.isGuaranteed, self.reason) = (isGuaranteed, reason)
  }
}
