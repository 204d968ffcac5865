internal import ClockCore
internal import ClockProtocol
internal import ExchangeCatalog
internal import ExchangeClock
internal import JSONDocument
internal import LinuxSystem

/// What each command does: ask, then print the JSON as it came or a text for people.
enum Verbs {
  static func now(_ invocation: Invocation) throws {
    let params = JSONValue.members(
      ("exchange", .string(invocation.names[0])),
      ("max_error_ms", invocation.maxErrorMilliseconds.map(JSONValue.integer)))
    try show(invocation, try ask(invocation, .now, params), NowResult.init(json:)) { now in
      let error = (now.latestMicroseconds - now.earliestMicroseconds + 1) / 2
      let ahead = Text.offset(
        nanoseconds: (now.estimateMicroseconds - now.localMicroseconds) * 1_000,
        error: error * 1_000)
      return [
        Text.time(microseconds: now.estimateMicroseconds)
          + " ±\(Text.nanoseconds(error * 1_000)) (\(ahead) from this host's clock, \(now.state))"
      ]
    }
  }

  static func stamp(_ invocation: Invocation) throws {
    let params = JSONValue.members(
      ("exchange", .string(invocation.names[0])),
      ("recv_window_ms", invocation.windowMilliseconds.map(JSONValue.integer)),
      ("lifetime_ms", invocation.lifetimeMilliseconds.map(JSONValue.integer)))
    try show(invocation, try ask(invocation, .stamp, params), StampResult.init(json:)) { stamp in
      if !stamp.isGuaranteed {
        Output.complain("\(stamp.exchange): not guaranteed: \(stamp.reason ?? "no reason is told")")
      }
      // The timestamp alone, so that a script can take it as it is.
      return [stamp.timestamp.string ?? stamp.timestamp.text]
    }
  }

  static func offset(_ invocation: Invocation) throws {
    let params: JSONValue = ["exchange": .string(invocation.names[0])]
    try show(
      invocation, try ask(invocation, .offset, params), OffsetResult.init(json:),
      OffsetText.details)
  }

  static func status(_ invocation: Invocation) throws {
    var connection = try connect(invocation)
    let offsets = try connection.call(.offsets)
    let health = try connection.call(.health)
    guard !invocation.json else {
      try Output.write(JSONValue.members(("health", health), ("offsets", offsets)).text)
      return
    }
    try show(invocation, offsets, Self.offsets(of:)) {
      OffsetText.table($0) + [""] + HealthText.lines(health) + [legend]
    }
  }

  /// So that a table that is pasted somewhere says what it shows, and when it was.
  private static var legend: String {
    let time = CivilTime(unixNanoseconds: HostClocks.read().local.nanoseconds)
      .iso8601(fractionDigits: 0)
    return "\(time); +: the exchange is ahead of this host; ±: a bound"
  }

  static func exchanges(_ invocation: Invocation) throws {
    guard !invocation.markdown else {
      // Every built-in exchange, whether or not a daemon runs.
      try Output.write(CataloguePage.markdown(of: ExchangeCatalog.builtIn))
      return
    }
    let result = try ask(invocation, .exchanges)
    let decode = { (json: JSONValue) in json.array?.compactMap(ExchangeResult.init(json:)) }
    try show(invocation, result, decode, ExchangeText.table)
  }

  /// One object or an array of them.
  static func offsets(of json: JSONValue) -> [OffsetResult]? {
    let offsets = (json.array ?? [json]).map(OffsetResult.init(json:))
    return offsets.contains { $0 == nil } ? nil : offsets.compactMap(\.self)
  }

  static func ask(
    _ invocation: Invocation, _ method: Method, _ params: JSONValue = [:]
  ) throws(DaemonConnection.Failure) -> JSONValue {
    var connection = try connect(invocation)
    return try connection.call(method, params)
  }

  /// How long an answer may take. A resync, which a report has made as well, may take some seconds
  /// for each probe that gets no answer.
  static func connect(
    _ invocation: Invocation
  ) throws(DaemonConnection.Failure) -> DaemonConnection {
    let takesLong = [.resync, .report].contains(invocation.verb)
    return try DaemonConnection(
      to: invocation.socket, patience: takesLong ? .seconds(60) : .seconds(10))
  }

  static func show<Value>(
    _ invocation: Invocation, _ json: JSONValue, _ decode: (JSONValue) -> Value?,
    _ text: (Value) -> [String]
  ) throws {
    guard !invocation.json else {
      try Output.write(json.text)
      return
    }
    guard let value = decode(json) else { throw ForeignAnswer(json: json) }
    for line in text(value) { try Output.tell(line) }
  }
}

/// An answer that this program does not understand.
struct ForeignAnswer: Error, CustomStringConvertible {
  var json: JSONValue

  var description: String {
    "the daemon's answer is of another version than this program: \(json.text)"
  }
}
