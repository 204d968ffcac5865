internal import ClockProtocol
internal import DaemonSettings
internal import ExchangeClock
internal import Glibc
internal import JSONDocument
internal import LinuxSystem

/// The program `exchange-clock`: asks the daemon, for people and for scripts.
package enum CommandLineTool {
  /// - Parameter prober: nil in the program that does not have it, to start as fast as it can.
  package static func run(prober: Prober? = nil) -> Never {
    ProcessLimits.fillStandardDescriptors()
    do {
      let invocation = try Invocation(ProcessArguments.read())
      exit(try perform(invocation, prober).rawValue)
    } catch let error as UsageError {
      Output.complain(error.message)
      exit(ExitCode.usage.rawValue)
    } catch let problems as SettingsProblems {
      for line in problems.lines { Output.complain(line) }
      exit(ExitCode.configuration.rawValue)
    } catch let error as SystemError {
      Output.complain("\(error)")
      exit(ExitCode.output.rawValue)
    } catch let failure as DaemonConnection.Failure {
      Output.complain("\(failure)")
      if case .refused = failure { exit(ExitCode.refused.rawValue) }
      exit(ExitCode.unavailable.rawValue)
    } catch {
      Output.complain("\(error)")
      exit(ExitCode.refused.rawValue)
    }
  }

  private static func perform(_ invocation: Invocation, _ prober: Prober?) throws -> ExitCode {
    switch invocation.verb {
    case .help: try Output.write(Help.text)
    case .version: try Output.write("exchange-clock \(exchangeClockVersion)")
    case .status: try Verbs.status(invocation)
    case .now: try Verbs.now(invocation)
    case .stamp: try Verbs.stamp(invocation)
    case .offset: try Verbs.offset(invocation)
    case .wait: return try Verbs.wait(invocation)
    case .resync: return try Verbs.resync(invocation)
    case .watch: try Verbs.watch(invocation)
    case .metrics: try Verbs.metrics(invocation)
    case .history: try Verbs.history(invocation)
    case .probe: return try Verbs.probe(invocation, prober)
    case .report: return try Verbs.report(invocation)
    case .diagnose: return try Verbs.diagnose(invocation)
    case .exchanges: try Verbs.exchanges(invocation)
    case .checkConfig: return try Verbs.checkConfig(invocation)
    }
    return .success
  }
}
