internal import Glibc
internal import JSONDocument

/// `exchange-clock-sim run`.
struct RunCommand {
  private(set) var exchanges: [SimulatedExchange.Configuration] = []
  private(set) var portFile: String?
  private(set) var isJSON = false
  private(set) var controlPort: UInt16 = 0
  private(set) var certificatePath: String?
  private(set) var keyPath: String?
  private(set) var seed: UInt64 = 1

  init(_ arguments: [String]) throws(UsageError) {
    var arguments = arguments[...]
    while let option = arguments.popFirst() {
      if option == "--json" {
        isJSON = true
        continue
      }
      let known = [
        "--exchange", "--json", "--port-file", "--control-port", "--tls-cert", "--tls-key",
        "--seed",
      ]
      guard known.contains(option) else {
        throw UsageError("unknown option '\(option)'; known: \(known.joined(separator: ", "))")
      }
      guard let value = arguments.popFirst() else {
        throw UsageError("\(option) wants a value")
      }
      switch option {
      case "--exchange": exchanges.append(try Self.exchange(value))
      case "--port-file": portFile = value
      case "--control-port": controlPort = try Self.port(value, option)
      case "--tls-cert": certificatePath = value
      case "--tls-key": keyPath = value
      default:
        guard let number = UInt64(value) else {
          throw UsageError("--seed wants a whole number from 0 on, not '\(value)'")
        }
        seed = number
      }
    }
    guard (certificatePath == nil) == (keyPath == nil) else {
      throw UsageError("--tls-cert and --tls-key go together")
    }
    var seen: Set<String> = []
    for exchange in exchanges where !seen.insert(exchange.id).inserted {
      throw UsageError("exchange '\(exchange.id)' is given twice")
    }
    if exchanges.isEmpty { exchanges = ExchangeBehaviors.ids.map { .init($0) } }
  }

  /// Simulates until SIGTERM or SIGINT. Calls `unlink(2)`, `pthread_sigmask(3)`
  /// and `sigwait(3)`.
  func run() throws {
    var ends = sigset_t()
    sigemptyset(&ends)
    sigaddset(&ends, SIGTERM)
    sigaddset(&ends, SIGINT)
    // Before the first thread starts, so that all of them inherit it.
    pthread_sigmask(SIG_BLOCK, &ends, nil)
    signal(SIGPIPE, SIG_IGN)
    // Whoever waits for the file must not find that of an earlier run.
    if let portFile { unlink(portFile) }
    var certificate: ServerCertificate?
    if let certificatePath, let keyPath {
      certificate = ServerCertificate(
        certificatePEM: try TextFile.read(certificatePath), keyPEM: try TextFile.read(keyPath))
    }
    let simulator = try ExchangeSimulator(
      exchanges, controlPort: controlPort, tls: certificate, seed: seed)
    defer { simulator.stop() }
    let description: JSONValue = [
      "control_url": .string(simulator.controlURL), "exchanges": simulator.listing,
    ]
    if let portFile { try TextFile.replace(portFile, with: description.text + "\n") }
    SimulatorCommand.write(
      to: 1,
      isJSON
        ? description.text + "\n"
        : ExchangeTable.text(simulator.listing, withCounters: false)
          + "\ncontrol  \(simulator.controlURL)\n")
    var signal: Int32 = 0
    sigwait(&ends, &signal)
  }

  /// Reads `ID` or `ID:key=value,...`; `port` is one of the keys.
  private static func exchange(_ text: String) throws(UsageError)
    -> SimulatedExchange.Configuration
  {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let id = String(parts[0])
    guard ExchangeBehaviors[id] != nil else {
      throw UsageError(
        "unknown exchange '\(id)'; known: \(ExchangeBehaviors.ids.joined(separator: ", "))")
    }
    var configuration = SimulatedExchange.Configuration(id)
    guard parts.count == 2 else { return configuration }
    var settings = parts[1].split(separator: ",", omittingEmptySubsequences: false)
    if let port = settings.firstIndex(where: { $0.hasPrefix("port=") }) {
      configuration.port = try Self.port(String(settings.remove(at: port).dropFirst(5)), "port")
    }
    do throws(SimulatorError) {
      try configuration.conditions.set(Conditions.object(of: settings))
    } catch {
      throw UsageError("\(id): \(error)")
    }
    return configuration
  }

  private static func port(_ text: String, _ option: String) throws(UsageError) -> UInt16 {
    guard let port = UInt16(text) else {
      throw UsageError("\(option) wants a port from 0 to 65535, not '\(text)'")
    }
    return port
  }
}
