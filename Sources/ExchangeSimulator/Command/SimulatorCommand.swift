internal import Glibc

/// The command `exchange-clock-sim`.
package enum SimulatorCommand {
  package static let version = "0.1.0"

  /// Runs the command to its end and returns its exit status: 0, 1 for a failure, 64 for bad usage.
  package static func run(_ arguments: [String]) -> Int32 {
    do {
      try dispatch(Array(arguments.dropFirst()))
      return 0
    } catch let error as UsageError {
      write(to: 2, "exchange-clock-sim: \(error) (see exchange-clock-sim --help)\n")
      return EX_USAGE
    } catch {
      write(to: 2, "exchange-clock-sim: \(error)\n")
      return 1
    }
  }

  private static func dispatch(_ arguments: [String]) throws {
    let rest = Array(arguments.dropFirst())
    if rest.contains("--help") || rest.contains("-h") { return write(to: 1, help) }
    switch arguments.first {
    case "run"?: try RunCommand(rest).run()
    case "set"?: try ControlCommand.set(rest)
    case "status"?: try ControlCommand.status(rest)
    case "exchanges"?:
      guard rest.isEmpty else { throw UsageError("exchanges takes no arguments") }
      write(to: 1, ExchangeTable.rules)
    case "--help"?, "-h"?, "help"?: write(to: 1, help)
    case "--version"?: write(to: 1, "exchange-clock-sim \(version)\n")
    case nil: throw UsageError("a command is missing; known: run, set, status, exchanges")
    case let other?:
      throw UsageError("unknown command '\(other)'; known: run, set, status, exchanges")
    }
  }

  /// Writes all of a text. Calls `write(2)`; an error ends it, as nobody is left to be told.
  static func write(to descriptor: Int32, _ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  static let help = """
    Simulated exchanges on the loopback: real HTTP servers, each with a clock, a distance and faults
    of its own. Point a bot's base URL at one to see how it behaves under a skewed clock.

    usage:
      exchange-clock-sim run [--exchange ID[:key=value,...]]... [--json] [--port-file FILE]
                             [--control-port N] [--tls-cert FILE --tls-key FILE] [--seed N]
      exchange-clock-sim set [--control URL] ID key=value...
      exchange-clock-sim status [--control URL] [--json]
      exchange-clock-sim exchanges

    run starts the exchanges (default: all, with a perfect clock) and stays until SIGTERM or SIGINT.
      --exchange ID[:..]  simulate this one, under these conditions; may be repeated.
                          IDs: \(wrapped(ExchangeBehaviors.ids, indent: 27))
      --json              print one line of JSON with all URLs instead of the table
      --port-file FILE    write that JSON line to FILE once everything listens
      --control-port N    the control endpoint's port (default: the kernel chooses)
      --tls-cert, --tls-key   PEM files: the exchanges speak HTTPS
      --seed N            makes the jitter repeatable (default 1)
    set and status talk to a running simulator; its control URL may also stand in
    EXCHANGE_CLOCK_SIM_CONTROL. exchanges lists which timestamps each exchange accepts.

    conditions:
      offset_ms            exchange clock minus this host's clock; positive: the exchange is ahead.
                           A change while it runs steps the clock by the difference
      drift_ppm            rate of the exchange's clock; positive: it is fast
      forward_ms           delay before the exchange reads its clock
      forward_jitter_ms    at most this much more, at random
      return_ms            delay after it, before the answer leaves
      return_jitter_ms     at most this much more, at random
      fault                one of:
                           \(wrapped(Fault.allCases.map(\.rawValue), indent: 23))
      fault_count          the fault ends after that many requests (null: it stays)
      fault_scope          time: only the time endpoint (default); all: signed requests too
      retry_after_s        what rate_limited and banned demand (default 5)
      redirect_url         where redirect leads
      drip_ms              pause before each byte of slow_body (default 100)
      port                 only with run --exchange: the port to listen on

    Signed requests are judged by the exchange's real rule for timestamps or nonces, where it is
    known, and answered with its real errors. Signatures are not checked: any key and secret do.

    """

  private static func wrapped(_ words: [String], indent: Int) -> String {
    var lines = [""]
    for word in words {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = word
      } else if indent + line.count + word.count + 2 > 98 {
        lines[lines.count - 1] += ","
        lines.append(word)
      } else {
        lines[lines.count - 1] += ", \(word)"
      }
    }
    return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
  }
}
