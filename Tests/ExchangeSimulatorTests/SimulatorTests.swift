import ClockCore
import ExchangeSimulator
import JSONDocument
import Testing

/// Whole simulated exchanges over real sockets.
@Suite struct SimulatorTests {
  private static let ids = ["binance", "bitget", "bybit", "kraken", "kucoin", "okx"]

  @Test(arguments: ids) func timeEndpoint(_ id: String) throws {
    let simulator = try ExchangeSimulator([.init(id)])
    let path = try #require(ExchangeBehaviors[id]).timePath
    #expect(simulator.timeURL(of: id) == simulator.url(of: id) + path)
    let before = simulator.clock(of: id)
    let answer = try RawConnection.get(simulator.url(of: id), path)
    let after = simulator.clock(of: id)
    #expect(answer.status == 200)
    #expect(answer.header("content-type") == "application/json")
    let dates = [before.httpDate, after.httpDate]
    #expect(dates.contains(answer.header("date") ?? "none"))
    let json = try JSONValue(parsing: answer.body ?? [])
    let pointers = [
      "binance": "/serverTime", "bitget": "/data/serverTime", "bybit": "/time",
      "kraken": "/result/unixtime", "kucoin": "/data", "okx": "/data/0/ts",
    ]
    let value = json[pointer: try #require(JSONPointer(pointers[id] ?? ""))]
    let time = try #require(value?.integer ?? value?.string.flatMap { Int64($0) })
    let range =
      id == "kraken" ? before.seconds...after.seconds : before.milliseconds...after.milliseconds
    #expect(range.contains(time))
    #expect(simulator.counters(of: id).timeRequests == 1)
    #expect(simulator.counters(of: id).connections == 1)
  }

  @Test func offsetIsAgainstTheHost() throws {
    var conditions = Conditions()
    conditions.offset = .seconds(-86_400)
    let simulator = try ExchangeSimulator([.init("binance", conditions), .init("okx")])
    let first = simulator.clock(of: "okx")
    let behind = simulator.clock(of: "binance")
    let last = simulator.clock(of: "okx")
    // Their anchors were read apart, and the host's clock may be slewed meanwhile.
    let slack = Duration.milliseconds(100)
    #expect(behind + .seconds(86_400) >= first - slack)
    #expect(behind + .seconds(86_400) <= last + slack)
  }

  @Test func changedOffsetIsAStep() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let before = simulator.clock(of: "binance")
    simulator.update("binance") { $0.offset += .seconds(1000) }
    let after = simulator.clock(of: "binance")
    #expect(after - before >= .seconds(1000))
    simulator.update("binance") { $0.offset -= .seconds(1000) }
    #expect(simulator.clock(of: "binance") < after)
  }

  @Test func delaysLieOnBothSidesOfTheReading() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let delay = Duration.milliseconds(30)
    simulator.update("binance") { $0.forwardDelay = delay }
    let start = simulator.clock(of: "binance")
    let late = try time(simulator)
    #expect(late - start.microseconds >= delay.wholeNanoseconds / 1000)
    simulator.update("binance") {
      $0.forwardDelay = .zero
      $0.returnDelay = delay
    }
    let early = try time(simulator)
    let end = simulator.clock(of: "binance")
    #expect(end.microseconds - early >= delay.wholeNanoseconds / 1000)
  }

  @Test func connectionsAreKept() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let connection = try RawConnection(simulator.url(of: "binance"))
    for _ in 0..<3 {
      connection.send("GET", "/api/v3/time")
      #expect(connection.receive().status == 200)
    }
    #expect(simulator.counters(of: "binance").connections == 1)
    #expect(simulator.counters(of: "binance").timeRequests == 3)
  }

  @Test func signedRequestsAreJudgedByTheExchangesClock() throws {
    var conditions = Conditions()
    conditions.offset = .seconds(120)
    let simulator = try ExchangeSimulator([.init("binance", conditions)])
    func place(_ timestamp: Int64) throws -> RawConnection.Received {
      try RawConnection.request(
        simulator.url(of: "binance"), "POST", "/api/v3/order",
        headers: ["X-MBX-APIKEY: k", "Content-Type: application/x-www-form-urlencoded"],
        body: "symbol=BTCUSDT&side=SELL&quantity=2&recvWindow=60000&timestamp=\(timestamp)")
    }
    let exchange = simulator.clock(of: "binance").milliseconds
    let accepted = try place(exchange)
    #expect(accepted.status == 200)
    let order = try JSONValue(parsing: accepted.body ?? [])
    #expect(order["symbol"] == "BTCUSDT")
    #expect(order["side"] == "SELL")
    #expect(order["orderId"] == 1)
    let rejected = try place(exchange - 120_000)
    #expect(rejected.status == 400)
    #expect(rejected.text?.contains("outside of the recvWindow") == true)
    let counters = simulator.counters(of: "binance")
    #expect(counters.signedAccepted == 1)
    #expect(counters.signedRejected == 1)
  }

  @Test(arguments: [
    ("bitget", "POST", "/api/v2/spot/trade/place-order"),
    ("bitget", "GET", "/api/v2/spot/trade/unfilled-orders"),
    ("bybit", "POST", "/v5/order/create"), ("bybit", "GET", "/v5/order/realtime"),
    ("binance", "GET", "/api/v3/order"), ("binance", "GET", "/api/v3/openOrders"),
    ("kraken", "POST", "/0/private/AddOrder"), ("kraken", "POST", "/0/private/OpenOrders"),
    ("kucoin", "POST", "/api/v1/orders"), ("kucoin", "POST", "/api/v1/hf/orders"),
    ("kucoin", "GET", "/api/v1/orders"), ("okx", "POST", "/api/v5/trade/order"),
    ("okx", "GET", "/api/v5/trade/orders-pending"),
    ("okx", "POST", "/api/v5/trade/batch-orders"), ("kucoin", "GET", "/api/v1/hf/orders/active"),
    ("kucoin", "GET", "/api/ua/v1/account/mode"), ("bybit", "GET", "/v5/user/query-api"),
  ])
  func everySignedEndpoint(_ id: String, _ method: String, _ path: String) throws {
    let simulator = try ExchangeSimulator([.init(id)])
    // A clock that stands still has a stamp that is right however long the request takes.
    simulator.update(id) { $0.fault = .frozen }
    let now = simulator.clock(of: id)
    let stamp = "\(now.milliseconds)"
    let date = CivilTime.iso8601(now.milliseconds)
    let answer = try RawConnection.request(
      simulator.url(of: id), method,
      path + (id == "binance" ? "?timestamp=\(stamp)" : ""),
      headers: [
        "X-MBX-APIKEY: k", "X-BAPI-API-KEY: k", "X-BAPI-TIMESTAMP: \(stamp)", "ACCESS-KEY: k",
        "ACCESS-TIMESTAMP: \(stamp)", "KC-API-KEY: k", "KC-API-TIMESTAMP: \(stamp)", "API-Key: k",
        "OK-ACCESS-KEY: k", "OK-ACCESS-TIMESTAMP: \(date)",
      ],
      body: method == "POST" ? (id == "kraken" ? "nonce=\(stamp)" : "{}") : "")
    #expect(answer.status == 200)
    #expect((try? JSONValue(parsing: answer.body ?? [])) != nil)
    #expect(simulator.counters(of: id).signedAccepted == 1, "\(answer.text ?? "")")
  }

  @Test func refusesUnknownAndRepeatedExchanges() {
    #expect(
      throws: SimulatorError.refused(
        "unknown exchange 'mtgox'; known: \(ExchangeBehaviors.ids.joined(separator: ", "))")
    ) { try ExchangeSimulator([.init("mtgox")]) }
    #expect(throws: SimulatorError.refused("exchange 'okx' is given twice")) {
      try ExchangeSimulator([.init("okx"), .init("okx")])
    }
  }

  @Test func saysWhyItCannotListen() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    let port = try #require(UInt16(simulator.url(of: "okx").split(separator: ":").last ?? ""))
    #expect(throws: SimulatorError.listen(port: port, "Address already in use")) {
      try ExchangeSimulator([.init("okx", port: port)])
    }
  }

  @Test func refusesADamagedCertificate() {
    #expect(throws: SimulatorError.self) {
      try ExchangeSimulator(
        [.init("okx")], tls: ServerCertificate(certificatePEM: "no", keyPEM: "no"))
    }
  }

  private func time(_ simulator: ExchangeSimulator) throws -> Int64 {
    let answer = try RawConnection.get(
      simulator.url(of: "binance"), "/api/v3/time", headers: ["X-MBX-TIME-UNIT: MICROSECOND"])
    let json = try JSONValue(parsing: answer.body ?? [])
    return try #require(json["serverTime"]?.integer)
  }
}
