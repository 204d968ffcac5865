internal import ClockProtocol
internal import DaemonSettings
internal import ExchangeClock
internal import JSONDocument
internal import LinuxSystem

extension Verbs {
  /// Reads a configuration as the daemon would, and lists every problem.
  static func checkConfig(_ invocation: Invocation) throws -> ExitCode {
    let file = try invocation.checksRunning ? runningFile(invocation) : fileToCheck(invocation)
    var problems: [String] = []
    var exchanges: [String] = []
    do throws(SystemError) {
      switch DaemonSettings.read(try FileContents.read(file), file: file) {
      case .success(let settings): exchanges = settings.exchanges.map(\.id)
      case .failure(let found): problems = found.lines
      }
    } catch {
      problems = ["\(error)"]
    }
    if invocation.json {
      try Output.write(
        JSONValue.members(
          ("file", .string(file)), ("valid", .bool(problems.isEmpty)),
          ("problems", .array(problems.map(JSONValue.string))),
          ("exchanges", .array(exchanges.map(JSONValue.string)))
        ).text)
    } else if problems.isEmpty {
      try Output.write("\(file): valid, follows \(exchanges.joined(separator: ", "))")
    } else {
      for problem in problems { try Output.write(problem) }
    }
    return problems.isEmpty ? .success : .configuration
  }

  private static func fileToCheck(_ invocation: Invocation) -> String {
    invocation.names.first ?? "/etc/exchange-clock/exchange-clock.toml"
  }

  /// The one that the daemon was told to read.
  private static func runningFile(_ invocation: Invocation) throws -> String {
    let health = try ask(invocation, .health)
    guard let file = health["configuration"]?.string else { throw ForeignAnswer(json: health) }
    return file
  }
}
