internal import Glibc
internal import JSONDocument

/// `exchange-clock-sim set` and `exchange-clock-sim status`.
enum ControlCommand {
  static let variable = "EXCHANGE_CLOCK_SIM_CONTROL"

  static func set(_ arguments: [String]) throws {
    let (url, rest) = try control(arguments, allowing: [])
    guard let id = rest.first, rest.count > 1 else {
      throw UsageError("set wants an exchange and at least one key=value")
    }
    let object: JSONValue
    do throws(SimulatorError) {
      object = try Conditions.object(of: rest.dropFirst())
    } catch {
      throw UsageError("\(error)")
    }
    let answer = try request("POST", url, "/exchanges/\(id)", body: object.text)
    SimulatorCommand.write(to: 1, ExchangeTable.text([answer], withCounters: true))
  }

  static func status(_ arguments: [String]) throws {
    let (url, options) = try control(arguments, allowing: ["--json"])
    guard options.allSatisfy({ $0 == "--json" }) else {
      throw UsageError("status takes no '\(options[0])'; known: --control, --json")
    }
    let listing = try request("GET", url, "/exchanges", body: "")
    SimulatorCommand.write(
      to: 1,
      options.isEmpty
        ? ExchangeTable.text(listing, withCounters: true) : listing.text + "\n")
  }

  /// The control endpoint's URL, and the arguments without it.
  private static func control(_ arguments: [String], allowing flags: [String])
    throws(UsageError) -> (HTTPClient.Server, [String])
  {
    var url = getenv(variable).map { String(cString: $0) }
    var rest: [String] = []
    var arguments = arguments[...]
    while let argument = arguments.popFirst() {
      if argument == "--control" {
        guard let value = arguments.popFirst() else { throw UsageError("--control wants a URL") }
        url = value
      } else if argument.hasPrefix("-"), !flags.contains(argument) {
        let known = (["--control"] + flags).joined(separator: ", ")
        throw UsageError("unknown option '\(argument)'; known: \(known)")
      } else {
        rest.append(argument)
      }
    }
    guard let url, !url.isEmpty else {
      throw UsageError("which simulator? Give --control URL or set \(variable)")
    }
    guard let server = HTTPClient.Server(url) else {
      throw UsageError("'\(url)' is not a control URL; it looks like http://127.0.0.1:8080")
    }
    return (server, rest)
  }

  private static func request(
    _ method: String, _ server: HTTPClient.Server, _ path: String, body: String
  ) throws -> JSONValue {
    let (status, text) = try HTTPClient.request(method, server, path, body: body)
    let answer = (try? JSONValue(parsing: text)) ?? .null
    guard status == 200 else {
      let why = answer["error"]?.string ?? "the control endpoint answered with status \(status)"
      if status == 400 || status == 404 { throw UsageError(why) }
      throw CommandFailure(why)
    }
    return answer
  }
}
