internal import JSONDocument

/// What the daemon's catalogue has of an exchange.
public struct CatalogEntry: Sendable, Hashable {
  /// One way in which the exchange refuses requests; what is nil is not looked at.
  public struct RefusalCode: Sendable, Hashable {
    public var code: String?
    public var httpStatus: Int?
    public var message: String?
    /// As in `RefusalReport`.
    public var verdict: String
    /// "ahead" or "behind", where it tells on which side of the clock the timestamp was.
    public var side: String?
    public var meaning: String
  }

  public var id: ExchangeID
  public var name: String
  public var market: String

  /// The daemon follows it.
  public var isEnabled: Bool

  /// The URL of its time.
  public var endpoint: String

  /// The smallest step of its answers.
  public var resolution: Duration

  public var timestampFormat: String

  /// What carries the timestamp of a signed request, in words.
  public var timestampCarrier: String

  /// How old a timestamp may be as a rule, and at most, and how far ahead; nil where not known.
  public var window: Duration?
  public var longestWindow: Duration?
  public var tolerance: Duration?

  /// "adjustable", "fixed", "expiry", "nonce", "none" or "unknown": docs/protocol.md.
  public var windowKind: String

  /// What chooses the window; nil where a request cannot.
  public var windowParameter: String?
  public var isWindowDocumented: Bool

  /// The first that fits counts.
  public var codes: [RefusalCode]

  /// How sure all this is, in words, and where it was read.
  public var confidence: String
  public var sources: [String]
}

extension CatalogEntry {
  init(_ result: JSONValue) throws(ClockError) {
    let members = try Members(result)
    let milliseconds = { (name: String) throws(ClockError) -> Duration? in
      try members.optional(name, \.integer).map { .milliseconds($0) }
    }
    self.init(
      id: try members.exchange("id"), name: try members.value("name", \.string),
      market: try members.value("market", \.string),
      isEnabled: try members.value("enabled", \.bool),
      endpoint: try members.value("endpoint", \.string),
      resolution: .nanoseconds(try members.value("resolution_ns", \.integer)),
      timestampFormat: try members.value("timestamp_format", \.string),
      timestampCarrier: try members.value("timestamp_carrier", \.string),
      window: try milliseconds("window_ms"), longestWindow: try milliseconds("window_max_ms"),
      tolerance: try milliseconds("future_tolerance_ms"), windowKind: "unknown",
      windowParameter: nil, isWindowDocumented: true,
      codes: try members.objects("codes").map { RefusalCode($0) }, confidence: "", sources: [])
    // What an older daemon does not say.
    if members.has("window_kind") { windowKind = try members.value("window_kind", \.string) }
    if members.has("window_param") {
      windowParameter = try members.optional("window_param", \.string)
    }
    if members.has("window_documented") {
      isWindowDocumented = try members.value("window_documented", \.bool)
    }
    if members.has("confidence") { confidence = try members.value("confidence", \.string) }
    if members.has("sources") { sources = try members.texts("sources") }
  }
}

extension CatalogEntry.RefusalCode {
  init(_ result: JSONValue) {
    self.init(
      code: result["code"]?.string, httpStatus: result["http_status"]?.integer.map(Int.init),
      message: result["message"]?.string, verdict: result["verdict"]?.string ?? "",
      side: result["side"]?.string, meaning: result["meaning"]?.string ?? "")
  }
}
