import ExchangeSimulator
import Glibc
import Testing

/// Every fault, as it looks from the other end of a socket.
@Suite struct FaultTests {
  private let simulator: ExchangeSimulator
  private let path = "/api/v3/time"

  init() throws {
    simulator = try ExchangeSimulator([.init("binance")])
  }

  private func answer(to fault: Fault, _ change: (inout Conditions) -> Void = { _ in }) throws
    -> RawConnection.Received
  {
    simulator.update("binance") {
      $0.fault = fault
      change(&$0)
    }
    return try RawConnection.get(simulator.url(of: "binance"), path)
  }

  @Test(arguments: [(Fault.rateLimited, 429), (.banned, 418)])
  func limited(_ fault: Fault, _ status: Int) throws {
    let answer = try answer(to: fault) { $0.retryAfterSeconds = 77 }
    #expect(answer.status == status)
    #expect(answer.header("retry-after") == "77")
    #expect(answer.text?.contains(#""code":-1003"#) == true)
  }

  @Test(arguments: [(Fault.forbidden, 403), (.unavailable, 503)])
  func refused(_ fault: Fault, _ status: Int) throws {
    let answer = try answer(to: fault)
    #expect(answer.status == status)
    #expect(answer.header("content-type") == "text/html")
  }

  @Test func redirect() throws {
    let elsewhere = try answer(to: .redirect)
    #expect(elsewhere.status == 302)
    #expect(elsewhere.header("location") == "http://test/elsewhere")
    let chosen = try answer(to: .redirect) { $0.redirectURL = "http://example.invalid/" }
    #expect(chosen.header("location") == "http://example.invalid/")
  }

  @Test func garbage() throws {
    let answer = try answer(to: .garbage)
    #expect(answer.status == 200)
    #expect(answer.body?.first == 0xFF)
  }

  @Test func truncated() throws {
    let answer = try answer(to: .truncated)
    #expect(answer.status == 200)
    #expect(answer.header("content-length") == "28")
    #expect(answer.body?.count == 14)
    #expect(answer.end == .closed)
  }

  @Test func huge() throws {
    let answer = try answer(to: .huge)
    #expect(answer.body?.count == 1 << 20)
    #expect(answer.text?.hasPrefix(#"{"serverTime":"#) == true)
  }

  @Test func reset() throws {
    let answer = try answer(to: .reset)
    #expect(answer.bytes.isEmpty)
    #expect(answer.end == .failed(ECONNRESET))
  }

  @Test func slowBodyComesByteByByte() throws {
    let whole = try answer(to: .slowBody) { $0.drip = .microseconds(100) }
    #expect(whole.isComplete)
    #expect(whole.text?.hasPrefix(#"{"serverTime":"#) == true)
    // An hour to the next byte: the head arrives alone, and a stop ends it there.
    simulator.update("binance") { $0.drip = .seconds(3600) }
    let connection = try RawConnection(simulator.url(of: "binance"))
    connection.send("GET", path)
    let head = connection.receive { $0.body != nil }
    #expect(head.header("content-length") == "28")
    simulator.stop()
    let rest = connection.receive(head) { _ in false }
    #expect(rest.body?.isEmpty == true)
    #expect(rest.end != nil)
  }

  @Test func timeoutIsSilentAndDoesNotBlockAStop() throws {
    simulator.update("binance") { $0.fault = .timeout }
    let connection = try RawConnection(simulator.url(of: "binance"))
    connection.send("GET", path)
    try eventually { simulator.counters(of: "binance").faults == 1 }
    simulator.stop()
    let received = connection.receive()
    #expect(received.bytes.isEmpty)
    #expect(received.end != nil)
  }

  @Test func aDelayDoesNotBlockAStop() throws {
    simulator.update("binance") { $0.forwardDelay = .seconds(3600) }
    let connection = try RawConnection(simulator.url(of: "binance"))
    connection.send("GET", path)
    try eventually { simulator.counters(of: "binance").timeRequests == 1 }
    simulator.stop()
    #expect(connection.receive().bytes.isEmpty)
  }

  @Test func frozenClockStandsStill() throws {
    let first = try answer(to: .frozen)
    let second = try RawConnection.get(simulator.url(of: "binance"), path)
    #expect(first.text == second.text)
    #expect(first.header("date") == second.header("date"))
    let shown = simulator.clock(of: "binance")
    #expect(simulator.clock(of: "binance") == shown)
    simulator.update("binance") { $0.fault = .none }
    #expect(simulator.clock(of: "binance") > shown)
  }

  @Test func secondsForMilliseconds() throws {
    let answer = try answer(to: .seconds)
    #expect(answer.text?.count == #"{"serverTime":1762820224}"#.count)
  }

  @Test func countedFaultEndsByItself() throws {
    let first = try answer(to: .unavailable) { $0.faultCount = 2 }
    let statuses = try (0..<2).map { _ in
      try RawConnection.get(simulator.url(of: "binance"), path).status
    }
    #expect([first.status] + statuses == [503, 503, 200])
    #expect(simulator.conditions(of: "binance").fault == .none)
    #expect(simulator.conditions(of: "binance").faultCount == nil)
    #expect(simulator.counters(of: "binance").faults == 2)
  }

  @Test func scopeDecidesAboutSignedRequests() throws {
    simulator.update("binance") { $0.fault = .unavailable }
    func account() throws -> Int? {
      let now = simulator.clock(of: "binance").milliseconds
      return try RawConnection.get(
        simulator.url(of: "binance"), "/api/v3/account?timestamp=\(now)&recvWindow=60000",
        headers: ["X-MBX-APIKEY: k"]
      ).status
    }
    #expect(try account() == 200)
    simulator.update("binance") { $0.faultScope = .all }
    #expect(try account() == 503)
    #expect(simulator.counters(of: "binance").signedAccepted == 1)
  }
}
