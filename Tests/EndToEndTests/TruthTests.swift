import ClockCore
import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import JSONDocument
import Testing

/// The real daemon against simulated exchanges whose true clocks the test can read.
@Suite struct TruthTests {
  static let ids = ["binance", "bitget", "bybit", "kraken", "kucoin", "okx"]

  @Test func theTruthIsInsideTheIntervalOfEveryExchange() throws {
    var configurations: [SimulatedExchange.Configuration] = []
    for (index, id) in Self.ids.enumerated() {
      var conditions = Conditions()
      conditions.offset = .milliseconds([3_000, -40_000, -3_000, 250, 8_000, 40_000][index])
      conditions.driftPPM = [0, 80, -80, 0, 50, 0][index]
      conditions.forwardDelay = .milliseconds(index * 5)
      conditions.forwardJitter = .milliseconds(10)
      conditions.returnDelay = .milliseconds(25 - index * 5)
      conditions.returnJitter = .milliseconds(20)
      configurations.append(.init(id, conditions))
    }
    let simulator = try ExchangeSimulator(configurations)
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    try daemon.wait("kraken", until: "synchronized")
    var connection = try daemon.connect()
    for round in 0..<20 {
      for id in Self.ids {
        let before = simulator.clock(of: id)
        let json = try connection.call(.now, ["exchange": .string(id)])
        let after = simulator.clock(of: id)
        let now = try #require(NowResult(json: json))
        // The daemon looked somewhere between the two readings.
        #expect(
          now.earliestMicroseconds * 1_000 <= after.nanoseconds
            && before.nanoseconds <= now.latestMicroseconds * 1_000,
          "\(id), round \(round): \(before.nanoseconds)...\(after.nanoseconds) ns, \(json.text)")
        #expect(now.estimateMicroseconds >= now.earliestMicroseconds)
        #expect(now.estimateMicroseconds <= now.latestMicroseconds)
      }
    }
  }

  @Test func theErrorIsHalfTheRoundTripAtMostAndTheSignIsRight() throws {
    var ahead = Conditions()
    ahead.offset = .seconds(3)
    ahead.forwardDelay = .milliseconds(10)
    ahead.returnDelay = .milliseconds(30)
    let simulator = try ExchangeSimulator([.init("binance", ahead)])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    let known = try #require(try daemon.offset("binance").measurement)
    #expect(known.lowerNanoseconds <= 3_000_000_000)
    #expect(known.upperNanoseconds >= 3_000_000_000)
    #expect(known.shortestRoundTripNanoseconds >= 40_000_000)
    // Half the shortest round trip, the resolution's half, and the drift since.
    let drift = known.ageMilliseconds * 100 + 100_000
    #expect(
      known.errorNanoseconds <= known.shortestRoundTripNanoseconds / 2 + 500_000 + drift)
  }

  @Test func anExchangeThatJumpsIsFollowedAfterASecondBurst() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    let daemon = try DaemonProcess(following: simulator)
    try daemon.waitUntilReady()
    simulator.update("okx") { $0.offset = .seconds(5) }
    _ = try daemon.call(.resync, ["exchange": "okx"])
    let known = try #require(try daemon.offset("okx").measurement)
    #expect(known.lowerNanoseconds <= 5_000_000_000 && 5_000_000_000 <= known.upperNanoseconds)
    #expect(daemon.log.contains(#/okx: the exchange's clock jumped by (5.00|4.99) s/#))
    #expect(try daemon.offset("okx").state == "synchronized")
  }

  @Test func aJumpOfMostExchangesIsOursAndBelieved() throws {
    let ids = ["binance", "bybit", "okx"]
    let simulator = try ExchangeSimulator(ids.map { .init($0) })
    let daemon = try DaemonProcess(following: simulator, settings: "max_step = \"1m\"")
    try daemon.waitUntilReady()
    for id in ["binance", "okx"] {
      simulator.update(id) { $0.offset = .seconds(3600) }
      _ = try daemon.call(.resync, ["exchange": .string(id)])
    }
    for id in ["binance", "okx"] {
      try daemon.eventually("\(id) is believed") {
        try daemon.offset(id).measurement?.lowerNanoseconds ?? 0 > 3_590_000_000_000
      }
    }
    #expect(daemon.log.contains("most exchanges have jumped alike"))
    #expect(try #require(daemon.offset("bybit").measurement).upperNanoseconds < 1_000_000_000)
  }

  @Test func aJumpBeyondMaxStepIsNotBelieved() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    let daemon = try DaemonProcess(following: simulator, settings: "max_step = \"1m\"")
    try daemon.waitUntilReady()
    simulator.update("okx") { $0.offset = .seconds(3600) }
    _ = try daemon.call(.resync, ["exchange": "okx"])
    let offset = try daemon.offset("okx")
    #expect(offset.state == "holdover")
    #expect(offset.reason.contains("max_step"))
    #expect(try #require(offset.measurement).upperNanoseconds < 1_000_000_000)
    // Unless somebody says that it is real.
    let accepted = try daemon.call(.resync, ["exchange": "okx", "accept_step": true])
    #expect(accepted["state"] == "synchronized")
    #expect(try #require(accepted["lower_ns"]?.integer) > 3_590_000_000_000)
  }
}
