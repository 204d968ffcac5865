internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import ExchangeCatalog
internal import JSONDocument
internal import LinuxSystem

extension Verbs {
  /// Measures one exchange here and now, without a daemon.
  static func probe(_ invocation: Invocation, _ prober: Prober?) throws -> ExitCode {
    let name = invocation.names[0]
    let settings = try invocation.probe.settings(of: name, timeout: invocation.probeTimeout)
    guard let prober else { try becomeProber() }
    var probe = OneShotProbe(settings)
    var text = ProbeText(glyphs: Terminal.hasUnicode ? .unicode : .ascii)
    let progress = ProgressLine(isWanted: !invocation.json)
    let shows = !invocation.json
    if shows {
      let quantum = Text.whole(settings.definition.resolution)
      try Output.write("\(settings.definition.url) tells its time in steps of \(quantum)")
      if invocation.probe.readsDate(of: name) {
        try Output.write("read from the Date header; --time says where else the time is")
      }
      try Output.write(ProbeText.titles)
    }
    let failure = try probe.run(
      prober,
      waiting: { progress.show("\($0) of \(settings.samples) samples; asking ...") },
      said: { number, step in
        progress.show("")
        if shows { try Output.tell(text.row(number, step)) }
      })
    progress.show("")
    let offset = probe.offset
    if invocation.json {
      guard case .object(var members) = offset.json else { return .refused }
      members.append(.init("probes", .array(probe.steps.map(\.json))))
      try Output.write(JSONValue.object(members).text)
    } else {
      // Without any time the summary says why.
      if let failure, offset.measurement != nil { try Output.write("failed: \(failure.reason)") }
      try Output.tell(ProbeText.summary(offset, settings: name))
    }
    return failure == nil ? .success : .refused
  }

  /// Goes on as the program that can probe, with the same arguments.
  private static func becomeProber() throws(SystemError) -> Never {
    let name = "exchange-clock-probe"
    // Beside this one where it was built, in libexec where it was installed.
    let directory = try RunningProgram.directory()
    let beside = "\(directory)/\(name)"
    let path =
      RunningProgram.canRun(beside) ? beside : "\(directory)/../libexec/exchange-clock/\(name)"
    try RunningProgram.become(path, ProcessArguments.read())
  }
}

extension OneShotProbe.Step {
  fileprivate var json: JSONValue {
    [
      "rtt_ns": .integer(roundTrip.wholeNanoseconds),
      "lower_ns": .optional(together?.lower.nanoseconds),
      "upper_ns": .optional(together?.upper.nanoseconds),
      "error_ns": .optional(together?.error.wholeNanoseconds),
    ]
  }
}
