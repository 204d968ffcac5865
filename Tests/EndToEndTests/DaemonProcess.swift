import ClockCore
import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

/// A running `exchange-clockd` in a directory of its own, ended with the object.
final class DaemonProcess: Sendable {
  let directory: TemporaryDirectory
  let process: ChildProcess

  var socketPath: String { directory.path("daemon.sock") }

  /// What the daemon has written to standard error so far.
  var log: String { directory.read("daemon.log") }

  /// - Parameters:
  ///   - configuration: the TOML text.
  ///   - environment: more variables, such as NOTIFY_SOCKET.
  ///   - wrapper: a command that runs the daemon, such as unshare(1).
  init(
    _ configuration: String, in directory: TemporaryDirectory = TemporaryDirectory(),
    arguments: [String] = [], environment: [String] = [], wrapper: [String] = []
  ) throws {
    self.directory = directory
    directory.write("exchange-clock.toml", configuration)
    let command = wrapper + [product("exchange-clockd")]
    process = try ChildProcess(
      command[0],
      command.dropFirst() + [
        "--config", directory.path("exchange-clock.toml"), "--socket",
        directory.path("daemon.sock"),
      ]
        + arguments,
      output: directory.path("daemon.log"), environment: environment)
  }

  /// A daemon that follows simulated exchanges.
  convenience init(
    following simulator: ExchangeSimulator, in directory: TemporaryDirectory = TemporaryDirectory(),
    settings: String = "", perExchange: String = "", arguments: [String] = [],
    environment: [String] = [], wrapper: [String] = []
  ) throws {
    let tables = simulator.ids.map { id in
      "[exchanges.\(id)]\nbase_url = \"\(simulator.url(of: id))\"\n\(perExchange)\n"
    }
    try self.init(
      ([settings] + tables).joined(separator: "\n"), in: directory, arguments: arguments,
      environment: environment, wrapper: wrapper)
  }

  func connect() throws -> DaemonConnection {
    try eventually("the daemon answers at its socket") {
      (try? UnixSocket.connect(to: socketPath)) != nil
    }
    return try DaemonConnection(to: socketPath, patience: .seconds(60))
  }

  func call(_ method: ClockProtocol.Method, _ params: JSONValue = [:]) throws -> JSONValue {
    var connection = try connect()
    return try connection.call(method, params)
  }

  /// The error that a request is answered with; nil when it is answered with a result.
  func refusal(of method: ClockProtocol.Method, _ params: JSONValue) throws -> RPCError? {
    do {
      _ = try call(method, params)
      return nil
    } catch DaemonConnection.Failure.refused(let refusal) {
      return refusal
    }
  }

  func offset(_ id: String) throws -> OffsetResult {
    try #require(OffsetResult(json: try call(.offset, ["exchange": .string(id)])))
  }

  /// Waits until every exchange has an estimate and its first resync is over.
  func waitUntilReady() throws {
    try eventually("the daemon is ready") {
      guard try call(.health)["ready"] == true else { return false }
      let offsets = try call(.offsets).array ?? []
      return offsets.allSatisfy { $0["next_sync_ms"]?.integer ?? 0 > 0 }
    }
  }

  /// Waits until an exchange is in a state, and says which it was in otherwise.
  func wait(_ id: String, until state: String) throws {
    try eventually("\(id) is \(state)") { try offset(id).state == state }
  }

  /// Calls `condition` until it holds; fails with the daemon's log when it never does.
  func eventually(_ what: String, _ condition: () throws -> Bool) throws {
    guard try holds(condition) else { throw Expired(what: what, log: log) }
  }
}

/// Something that should have happened did not, within a time that is generous on any machine.
struct Expired: Error, CustomStringConvertible {
  var what: String
  var log: String
  var description: String { "never: \(what)\n\(log)" }
}

/// Whether a condition comes to hold within 60 s.
func holds(_ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = HostClocks.monotonic() + .seconds(60)
  while true {
    if try condition() { return true }
    if HostClocks.monotonic() > deadline { return false }
    Thread.pause(for: .milliseconds(10))
  }
}
