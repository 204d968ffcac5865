internal import JSONDocument

/// How the daemon, this host's clock and the exchanges are.
public struct DaemonHealth: Sendable, Hashable {
  /// This host's CLOCK_REALTIME.
  public struct SystemClock: Sendable, Hashable {
    /// What most exchanges agree that it lacks, off by at most `error`. Positive: it is behind.
    public var offset: Duration?
    public var error: Duration?

    /// The kernel believes that an NTP daemon keeps it; nil where it may not be asked.
    public var isKernelSynchronized: Bool?

    /// How far off the kernel thinks it is, and may be; nil as above.
    public var kernelEstimatedError: Duration?
    public var kernelMaximumError: Duration?
  }

  /// Whose clock is wrong, or which path is bad: docs/diagnose.md has all of them.
  public struct Verdict: Sendable, Hashable {
    public var verdict: String
    /// Nil where it is about this host, or about all exchanges.
    public var exchange: ExchangeID?
    public var causes: [String]
    public var summary: String
    public var evidence: [String]
    public var explanation: String
    public var nextCommand: String
  }

  /// "ok": every exchange is synchronized; "degraded": time is given for some; "failing": for none.
  public var status: String

  /// A clause for each exchange that is not synchronized.
  public var reasons: [String]

  /// Every exchange that could be reached has had an estimate.
  public var isReady: Bool

  /// As much is known now as the daemon's setting `ready.when` demands.
  public var isReadyNow: Bool

  /// The file that the daemon reads its settings from; nil where it does not tell.
  public var configuration: String?

  public var uptime: Duration

  /// This host's Unix time when the daemon was started; nil where it does not tell.
  public var startedMicroseconds: Int64?
  public var version: String
  public var systemClock: SystemClock

  /// How many exchanges there are, how many in each state, by its name, and how many `clients`.
  public var counts: [String: Int]

  /// The gravest first.
  public var verdicts: [Verdict]
}

extension DaemonHealth {
  init(_ result: JSONValue) throws(ClockError) {
    let members = try Members(result)
    var verdicts: [Verdict] = []
    if members.has("verdicts") {
      verdicts = try members.objects("verdicts").map { Verdict($0) }
    }
    self.init(
      status: try members.value("status", \.string), reasons: try members.texts("reasons"),
      isReady: try members.value("ready", \.bool),
      isReadyNow: members.has("ready_now") ? try members.value("ready_now", \.bool) : false,
      configuration: members.has("configuration")
        ? try members.optional("configuration", \.string) : nil,
      uptime: .milliseconds(try members.value("uptime_ms", \.integer)),
      startedMicroseconds: members.has("started_us")
        ? try members.optional("started_us", \.integer) : nil,
      version: try members.value("version", \.string),
      systemClock: SystemClock(try members.object("system_clock")),
      counts: try members.counts("counts"), verdicts: verdicts)
  }
}

extension DaemonHealth.SystemClock {
  init(_ result: JSONValue) {
    let duration = { (name: String) in result[name]?.integer.map { Duration.nanoseconds($0) } }
    self.init(
      offset: duration("offset_ns"), error: duration("error_ns"),
      isKernelSynchronized: result["kernel_synchronized"]?.bool,
      kernelEstimatedError: duration("kernel_estimated_error_ns"),
      kernelMaximumError: duration("kernel_maximum_error_ns"))
  }
}

extension DaemonHealth.Verdict {
  /// What is not said is empty.
  init(_ result: JSONValue) {
    let text = { (name: String) in result[name]?.string ?? "" }
    let texts = { (name: String) in result[name]?.array?.compactMap(\.string) ?? [] }
    self.init(
      verdict: text("verdict"), exchange: result["exchange"]?.string.map { ExchangeID($0) },
      causes: texts("causes"), summary: text("summary"), evidence: texts("evidence"),
      explanation: text("explanation"), nextCommand: text("next_command"))
  }
}
