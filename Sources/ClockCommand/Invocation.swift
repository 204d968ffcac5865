internal import ClockMetrics
internal import ClockProtocol
internal import Glibc
internal import TOMLDocument

/// A command line that cannot be understood.
struct UsageError: Error, Equatable {
  /// What was wrong, and what to do.
  var message: String
}

/// One call of the program, taken apart and checked.
struct Invocation: Equatable {
  enum Verb: String, CaseIterable {
    case status, watch, now, stamp, offset, wait, resync, report, probe, history, diagnose,
      exchanges, metrics
    case checkConfig = "check-config"
    case help, version

    /// How many names may follow.
    var names: ClosedRange<Int> {
      switch self {
      case .status, .watch, .exchanges, .metrics, .help, .version: 0...0
      case .now, .stamp, .offset, .probe, .history: 1...1
      case .resync, .diagnose, .checkConfig: 0...1
      case .report: 1...2
      case .wait: 0...1000
      }
    }

    /// What follows the verb, in words.
    private var takes: String {
      switch self {
      case .report: "an exchange and a code"
      case .checkConfig: "one file"
      case .probe: "one exchange or URL"
      case _ where names.upperBound == 0: "no names"
      default: names.upperBound == 1 ? "one exchange" : "\(names.upperBound) exchanges"
      }
    }

    /// What is wrong with so many names; nil where nothing is.
    func complaint(about names: [String]) -> String? {
      if names.count < self.names.lowerBound { return "\(rawValue) needs the name of an exchange" }
      guard names.count > self.names.upperBound else { return nil }
      let excess = names[self.names.upperBound]
      return "\(rawValue) takes \(takes): \"\(excess)\" is too much"
    }
  }

  var verb: Verb
  var names: [String] = []
  var json = false
  var socket = getenv(SocketPath.variable).map { String(cString: $0) } ?? SocketPath.standard
  var timeout = Duration.seconds(60)
  var acceptsStep = false
  /// For as much as the daemon's settings demand, rather than for named exchanges.
  var waitsForReady = false
  /// The file that the daemon reads, rather than a named one.
  var checksRunning = false
  var markdown = false
  var windowMilliseconds: Int64?
  var lifetimeMilliseconds: Int64?
  var maxErrorMilliseconds: Int64?
  var csv = false
  var exposition = Exposition.openMetrics
  /// The file that takes the picture of a history; "-" for standard output.
  var plot: String?
  /// How far back a history goes; nil for all there is.
  var since: Duration?
  var probe = ProbeOptions()
  /// Of one probe; nil for the usual one.
  var probeTimeout: Duration?
  var httpStatus: Int64?
  var message: String?
  var timestamp: String?

  init(_ arguments: [String]) throws(UsageError) {
    var words: [String] = []
    var options: [(name: String, value: String?)] = []
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "--" {
        words += rest
        break
      }
      // Codes of exchanges may be negative numbers.
      guard word.hasPrefix("-"), word.dropFirst().first?.isNumber != true else {
        words.append(word)
        continue
      }
      if let equals = word.firstIndex(of: "=") {
        options.append((String(word[..<equals]), String(word[word.index(after: equals)...])))
      } else if Self.valued.contains(word) {
        guard let value = rest.popFirst() else {
          throw UsageError(message: "\(word) needs a value")
        }
        options.append((word, value))
      } else {
        options.append((word, nil))
      }
    }
    if options.contains(where: { ["--help", "-h"].contains($0.name) }) { words = ["help"] }
    if options.contains(where: { $0.name == "--version" }) { words = ["version"] }
    guard let name = words.first else {
      throw UsageError(message: "a command is missing; try exchange-clock --help")
    }
    guard let verb = Verb(rawValue: name) else {
      let nearest = NearestName.find(for: name, among: Verb.allCases.map(\.rawValue))
      let hint = nearest.map { ", did you mean \($0)?" }
      throw UsageError(
        message: "unknown command \"\(name)\"\(hint ?? ""); try exchange-clock --help")
    }
    self.verb = verb
    if verb != .help { names = Array(words.dropFirst()) }
    if let complaint = verb.complaint(about: names) { throw UsageError(message: complaint) }
    for option in options { try take(option.name, option.value) }
    if csv, plot != nil {
      throw UsageError(message: "--csv and --plot: one of them; a table is no picture")
    }
  }

  private static let valued =
    [
      "--socket", "--timeout", "--recv-window-ms", "--lifetime-ms", "--max-error-ms", "--message",
      "--http-status", "--timestamp", "--recv-window", "--plot", "--since", "--format",
    ] + ProbeOptions.names

  private mutating func take(_ name: String, _ value: String?) throws(UsageError) {
    switch (name, value) {
    case ("--help", nil), ("-h", nil), ("--version", nil): break
    case ("--json", nil): json = true
    case ("--socket", let value?): socket = value
    case ("--timeout", let value?) where verb == .wait || verb == .probe:
      guard let duration = Self.duration(value) else {
        throw UsageError(message: "--timeout: \"\(value)\" is not a duration such as 60s or 5m")
      }
      if verb == .probe { probeTimeout = duration } else { timeout = duration }
    case ("--format", let value?) where verb == .metrics:
      guard let format = Exposition(rawValue: value) else {
        let known = Exposition.allCases.map(\.rawValue).joined(separator: " or ")
        throw UsageError(message: "--format: \"\(value)\" is not \(known)")
      }
      exposition = format
    case ("--csv", nil) where verb == .history: csv = true
    case ("--plot", let value?) where verb == .history:
      let ending = value.split(separator: ".").last.map { $0.lowercased() } ?? ""
      guard !["png", "jpg", "jpeg", "gif", "pdf", "webp"].contains(ending) else {
        throw UsageError(
          message: "--plot: \"\(value)\": the picture is SVG; name a file that ends with .svg")
      }
      plot = value
    case ("--since", let value?) where verb == .history:
      guard let duration = Self.duration(value) else {
        throw UsageError(message: "--since: \"\(value)\" is not a duration such as 24h or 7d")
      }
      since = duration
    case ("--accept-step", nil) where verb == .resync: acceptsStep = true
    case ("--ready", nil) where verb == .wait && names.isEmpty: waitsForReady = true
    case ("--running", nil) where verb == .checkConfig && names.isEmpty: checksRunning = true
    case ("--markdown", nil) where verb == .exchanges: markdown = true
    case ("--recv-window-ms", let value?) where verb == .stamp:
      windowMilliseconds = try number(value, of: name)
    case ("--lifetime-ms", let value?) where verb == .stamp:
      lifetimeMilliseconds = try number(value, of: name)
    case ("--max-error-ms", let value?) where verb == .now:
      maxErrorMilliseconds = try number(value, of: name)
    case (_, let value?) where verb == .probe && ProbeOptions.names.contains(name):
      try probe.take(name, value)
    case ("--message", let value?) where verb == .report: message = value
    case ("--timestamp", let value?) where verb == .report: timestamp = value
    case ("--recv-window", let value?) where verb == .report,
      ("--recv-window-ms", let value?) where verb == .report:
      windowMilliseconds = try number(value, of: name)
    case ("--http-status", let value?) where verb == .report:
      guard let status = Int64(value), (100...599).contains(status) else {
        throw UsageError(message: "--http-status: \"\(value)\" is not a number from 100 to 599")
      }
      httpStatus = status
    default:
      throw UsageError(
        message: "\(verb.rawValue) takes no option \"\(name)\"; try exchange-clock --help")
    }
  }

  /// With a unit, or in seconds.
  private static func duration(_ text: String) -> Duration? {
    let days = text.hasSuffix("d") ? Int64(text.dropLast()) : nil
    let duration =
      days.flatMap { (0...10_000).contains($0) ? .seconds($0 * 86_400) : nil }
      ?? Duration(text: text) ?? Int64(text).map { .seconds($0) }
    guard let duration, (.zero...(.seconds(1_000_000_000))).contains(duration) else { return nil }
    return duration
  }

  private func number(_ text: String, of name: String) throws(UsageError) -> Int64 {
    guard let number = Int64(text), number >= 0 else {
      throw UsageError(message: "\(name): \"\(text)\" is not a whole number of milliseconds")
    }
    return number
  }
}
