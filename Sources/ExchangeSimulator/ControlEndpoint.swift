internal import ClockCore
internal import JSONDocument

/// Shows and changes exchanges over HTTP: `GET /exchanges`, and `GET`, `POST` or `PATCH`
/// `/exchanges/{id}` with a JSON object of the conditions to change.
struct ControlEndpoint: Sendable {
  /// Each exchange with its base URL.
  private let exchanges: [(SimulatedExchange, url: String)]

  init(_ exchanges: [(SimulatedExchange, url: String)]) {
    self.exchanges = exchanges
  }

  func answer(_ request: HTTPRequest) -> HTTPAnswer {
    let steps = request.path.split(separator: "/")
    guard steps.first == "exchanges", steps.count <= 2 else {
      return error(404, "unknown path '\(request.path)'; known: /exchanges, /exchanges/{id}")
    }
    guard steps.count == 2 else {
      guard request.method == "GET" else {
        return error(405, "\(request.method) is not allowed on /exchanges; allowed: GET")
      }
      return HTTPAnswer(json: JSONValue.array(exchanges.map(Self.describe)).text + "\n")
    }
    guard let found = exchanges.first(where: { $0.0.behavior.id == steps[1] }) else {
      let known = exchanges.map(\.0.behavior.id).joined(separator: ", ")
      return error(404, "exchange '\(steps[1])' is not simulated; simulated: \(known)")
    }
    switch request.method {
    case "GET": return HTTPAnswer(json: Self.describe(found.0, url: found.url).text + "\n")
    case "POST", "PATCH": return change(found, request.body)
    default:
      return error(405, "\(request.method) is not allowed here; allowed: GET, PATCH, POST")
    }
  }

  private func change(_ found: (SimulatedExchange, url: String), _ body: [UInt8]) -> HTTPAnswer {
    do throws(JSONError) {
      let object = try JSONValue(parsing: body)
      do throws(SimulatorError) {
        try found.0.update { (conditions) throws(SimulatorError) in try conditions.set(object) }
      } catch {
        return self.error(400, error.description)
      }
    } catch {
      return self.error(400, "the body is not JSON: \(error)")
    }
    return HTTPAnswer(json: Self.describe(found.0, url: found.url).text + "\n")
  }

  private func error(_ status: Int, _ message: String) -> HTTPAnswer {
    let body: JSONValue = ["error": .string(message)]
    return HTTPAnswer(status, json: body.text + "\n")
  }

  /// One exchange as the control endpoint shows it. `time_us` is Unix time on the exchange's clock;
  /// `ahead_us` is that clock minus CLOCK_REALTIME, with the drift so far.
  private static func describe(_ exchange: SimulatedExchange, url: String) -> JSONValue {
    let snapshot = exchange.snapshot
    return [
      "id": .string(exchange.behavior.id), "url": .string(url),
      "time_url": .string(url + exchange.behavior.timePath),
      "conditions": snapshot.conditions.json, "counters": snapshot.counters.json,
      "time_us": .integer(snapshot.now.microseconds),
      "ahead_us": .integer(exchange.ahead.wholeNanoseconds / 1000),
    ]
  }

  /// All exchanges, as `GET /exchanges` lists them.
  var listing: JSONValue { .array(exchanges.map(Self.describe)) }
}
