internal import ExchangeCatalog
internal import TOMLDocument

extension DaemonSettings {
  /// Reads the text of a configuration file; `file` is how messages name it.
  ///
  /// Fails with every problem of the text at once.
  package static func read(
    _ text: some Sequence<UInt8>, file: String
  ) -> Result<DaemonSettings, SettingsProblems> {
    let log = ProblemLog()
    var settings = DaemonSettings()
    do {
      let reader = TOMLTableReader(try TOMLTable(parsing: text), log: log)
      settings.read(reader)
      reader.finish()
    } catch {
      log.add(Problem(at: error.position, keyPath: "", message: error.message))
    }
    let problems = log.problems
    guard problems.isEmpty else {
      return .failure(SettingsProblems(file: file, problems: problems))
    }
    return .success(settings)
  }

  package static func read(
    _ text: String, file: String
  ) -> Result<DaemonSettings, SettingsProblems> {
    read(text.utf8, file: file)
  }

  private mutating func read(_ reader: TOMLTableReader) {
    let keys = ProbingKeys(reader)
    interval = keys.interval ?? interval
    maxError = keys.maxError ?? maxError
    samples = keys.samples ?? samples
    timeout = keys.timeout ?? timeout
    maxDriftPPM = keys.maxDriftPPM ?? maxDriftPPM
    maxStep = keys.maxStep ?? maxStep
    caFile = keys.caFile
    proxy = keys.proxy
    if let backoff = reader.table("backoff") { readBackoff(backoff) }
    if let socket = reader.table("socket") { readSocket(socket) }
    if let ready = reader.table("ready") {
      readyWhen = ready.choice("when") ?? readyWhen
      ready.finish()
    }
    readExchanges(reader)
  }

  private mutating func readBackoff(_ reader: TOMLTableReader) {
    let initial = reader.duration("initial", in: .milliseconds(100)...(.seconds(3600)))
    let longest = reader.duration("max", in: .milliseconds(100)...(.seconds(86_400)))
    backoffInitial = initial ?? backoffInitial
    backoffMax = longest ?? backoffMax
    if backoffInitial > backoffMax {
      reader.report(
        "backoff.initial (\(backoffInitial.text)) is longer than backoff.max (\(backoffMax.text))",
        key: initial == nil ? "max" : "initial")
    }
    reader.finish()
  }

  private mutating func readSocket(_ reader: TOMLTableReader) {
    // sockaddr_un has room for 107 bytes and a zero.
    socketPath = ProbingKeys.path("path", reader, longest: 107)
    socketMode = reader.octalMode("mode") ?? socketMode
    socketGroup = reader.string(
      "group", expected: "a group's name",
      { !$0.isEmpty && $0.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F } ? $0 : nil })
    maxClients = reader.integer("max_clients", in: 1...65_536) ?? maxClients
    reader.finish()
  }
}
