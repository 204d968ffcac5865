import ClockCore
import ExchangeSimulator
import JSONDocument
import Testing

@Suite struct ControlTests {
  private let simulator: ExchangeSimulator

  init() throws {
    simulator = try ExchangeSimulator([.init("okx"), .init("kraken")])
  }

  private func request(_ method: String, _ path: String, _ body: String = "") throws
    -> (status: Int?, json: JSONValue)
  {
    let answer = try RawConnection.request(simulator.controlURL, method, path, body: body)
    return (answer.status, try JSONValue(parsing: answer.body ?? []))
  }

  @Test func lists() throws {
    let (status, json) = try request("GET", "/exchanges")
    #expect(status == 200)
    #expect(json.array?.map { $0["id"] } == ["okx", "kraken"])
    #expect(json.array?.first?["url"]?.string == simulator.url(of: "okx"))
    #expect(json.array?.first?["time_url"]?.string == simulator.timeURL(of: "okx"))
  }

  @Test func showsOne() throws {
    _ = try RawConnection.get(simulator.url(of: "okx"), "/api/v5/public/time")
    let (status, json) = try request("GET", "/exchanges/okx")
    #expect(status == 200)
    #expect(json["conditions"] == Conditions().json)
    #expect(
      json["counters"] == [
        "time_requests": 1, "signed_accepted": 0, "signed_rejected": 0, "other_requests": 0,
        "faults": 0, "connections": 1,
      ])
    let time = try #require(json["time_us"]?.integer)
    #expect(time <= simulator.clock(of: "okx").microseconds)
    #expect(json["ahead_us"]?.integer != nil)
  }

  @Test(arguments: ["POST", "PATCH"]) func changes(_ method: String) throws {
    let before = simulator.clock(of: "okx")
    let (status, json) = try request(
      method, "/exchanges/okx", #"{"offset_ms":5000,"fault":"reset","fault_count":2}"#)
    #expect(status == 200)
    #expect(json["conditions"]?["offset_ms"] == 5000)
    #expect(json["conditions"]?["fault_count"] == 2)
    #expect(simulator.conditions(of: "okx").fault == .reset)
    #expect(simulator.conditions(of: "kraken") == Conditions())
    #expect(simulator.clock(of: "okx") - before >= .seconds(5))
  }

  @Test(arguments: [
    ("GET", "/", "", 404, "unknown path '/'; known: /exchanges, /exchanges/{id}"),
    ("GET", "/exchanges/ftx", "", 404, "exchange 'ftx' is not simulated; simulated: okx, kraken"),
    (
      "PATCH", "/exchanges/okx", #"{"fault":"x"}"#, 400, #"unknown fault "x"; known: none, timeout"#
    ),
    (
      "PATCH", "/exchanges/okx", #"{"offset":1}"#, 400,
      "unknown condition 'offset'; known: offset_ms"
    ),
    ("PATCH", "/exchanges/okx", "{", 400, "the body is not JSON: line 1, column"),
    ("DELETE", "/exchanges/okx", "", 405, "DELETE is not allowed here; allowed: GET, PATCH, POST"),
    ("POST", "/exchanges", "{}", 405, "POST is not allowed on /exchanges; allowed: GET"),
  ])
  func refuses(_ method: String, _ path: String, _ body: String, _ status: Int, _ why: String)
    throws
  {
    let answer = try request(method, path, body)
    #expect(answer.status == status)
    let message = answer.json["error"]?.string ?? ""
    #expect(message.hasPrefix(why), "\(message)")
    #expect(simulator.conditions(of: "okx") == Conditions())
  }
}
