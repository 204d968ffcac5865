package import ClockCore
package import JSONDocument

/// What is known of one exchange: where it tells its time, and which timestamps it accepts.
package struct ExchangeDefinition: Sendable, Equatable {
  /// The ccxt id, lower case: `[a-z0-9][a-z0-9_-]{0,31}`.
  package var id: String
  /// For people; the id where nothing else is given.
  package var name: String
  /// "spot", "futures" ...; empty where it is not given.
  package var market: String
  /// Scheme, host and port of the time endpoint; may end in a path of its own, never in a slash.
  package var baseURL: String
  /// What follows `baseURL`: path and query.
  /// `{unix_ms}` in it stands for the local time of the request.
  package var path: String
  /// Other base URLs that answer for the same exchange.
  package var alternatives: [String]
  /// The base URL of the exchange's test environment; nil where none is known.
  package var sandboxURL: String?
  /// Makes the request a POST.
  package var requestBody: String?
  package var timeSource: TimeSource
  package var unit: TimeUnit
  /// A unit in which the answer may come instead; told apart by magnitude.
  package var finerUnit: TimeUnit?
  /// Quantum of the answer: the exchange's clock is in [answer, answer + resolution).
  package var resolution: Duration
  /// Quantum of an answer that is a whole multiple of it; nil where `resolution` holds for all.
  package var coarseResolution: Duration?
  /// Stamps of its own that the exchange may add to an answer; nil where it has none.
  package var serverStamps: ServerStamps?
  /// Sent with every request for the time; sorted by name.
  package var requestHeaders: [Header]
  package var timestampFormat: TimestampFormat
  /// Another format that the exchange takes as well; told apart by magnitude.
  package var otherTimestampFormat: TimestampFormat?
  /// For people: the header or parameter that carries the timestamp of a signed request.
  package var timestampCarrier: String
  /// The parameter or header that chooses the window of a signed request.
  package var windowParameter: String?
  package var rule: AcceptanceRule
  /// The rule's window is documented, not only used or reported.
  package var isWindowDocumented: Bool
  /// The rule in words.
  package var ruleText: String
  /// Where the body of a refusal has its code; nil where it has none.
  package var codePointer: JSONPointer?
  /// How the exchange refuses requests; the first that fits counts.
  package var codes: [RefusalCode]
  /// Where a refusal tells the exchange's clock; nil where it does not.
  package var refusalTime: RefusalTime?
  /// Where a refusal repeats the timestamp that was refused; nil where it does not.
  package var refusalTimestamp: RefusalPlace?
  /// Where a refusal repeats the window that the request asked for; nil where it does not.
  package var refusalWindow: RefusalPlace?
  /// The most that the exchange's hosts are asked in a minute; nil for the daemon's own limit.
  package var probesPerMinute: Int?
  /// How sure these facts are, in words.
  package var confidence: String
  /// Where these facts were read.
  package var sources: [String]

  /// A definition with nothing but what every exchange must have.
  package init(
    id: String, url: String, timeSource: TimeSource, unit: TimeUnit = .milliseconds
  ) {
    self.id = id
    name = id
    market = ""
    baseURL = ""
    path = ""
    alternatives = []
    self.timeSource = timeSource
    self.unit = unit
    resolution = unit.resolution
    requestHeaders = []
    timestampFormat = .unixMilliseconds
    timestampCarrier = ""
    windowParameter = nil
    rule = .unknown
    isWindowDocumented = true
    ruleText = ""
    codes = []
    confidence = ""
    sources = []
    self.url = url
  }

  /// The complete URL of the time endpoint.
  package var url: String {
    get { baseURL + path }
    set {
      var slashes = 0
      let end = newValue.firstIndex {
        if $0 == "/" { slashes += 1 }
        return slashes == 3 || $0 == "?"
      }
      baseURL = String(newValue[..<(end ?? newValue.endIndex)])
      path = String(newValue[(end ?? newValue.endIndex)...])
    }
  }

  /// Whether all that is read of an answer is in its headers.
  package var needsNoBody: Bool {
    let sources = [timeSource] + (serverStamps.map { [$0.receive, $0.transmit] } ?? [])
    return sources.allSatisfy { if case .header = $0 { true } else { false } }
  }

  /// The base URLs in the order in which they are tried.
  package var baseURLs: [String] { [baseURL] + alternatives }

  /// Whether a text may name an exchange.
  package static func isValid(id: String) -> Bool {
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let isFine = id.utf8.allSatisfy {
      letters ~= $0 || digits ~= $0 || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
    }
    return isFine && (1...32).contains(id.utf8.count) && !id.hasPrefix("_") && !id.hasPrefix("-")
  }
}
