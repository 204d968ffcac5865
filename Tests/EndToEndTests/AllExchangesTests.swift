import ClockCore
import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import JSONDocument
import Testing

/// The real daemon follows every exchange that it knows, each with a clock of its own.
@Suite struct AllExchangesTests {
  @Test func everyExchangeIsSynchronizedAndTheTruthIsInside() throws {
    let ids = ExchangeBehaviors.ids
    #expect(ids.count == 43)
    var configurations: [SimulatedExchange.Configuration] = []
    for (index, id) in ids.enumerated() {
      var conditions = Conditions()
      // From -31.5 s to +31.5 s, no two alike, none a whole number of seconds apart.
      conditions.offset = .milliseconds((index - 21) * 1507 + 13)
      conditions.driftPPM = Double(index % 5 - 2) * 20
      conditions.forwardDelay = .milliseconds(index % 4)
      conditions.returnDelay = .milliseconds(index % 3)
      configurations.append(.init(id, conditions))
    }
    let simulator = try ExchangeSimulator(configurations)
    let daemon = try DaemonProcess(following: simulator)
    for id in ids { try daemon.wait(id, until: "synchronized") }
    var connection = try daemon.connect()
    for id in ids {
      let before = simulator.clock(of: id)
      let json = try connection.call(.now, ["exchange": .string(id)])
      let after = simulator.clock(of: id)
      let now = try #require(NowResult(json: json))
      #expect(
        now.earliestMicroseconds * 1_000 <= after.nanoseconds
          && before.nanoseconds <= now.latestMicroseconds * 1_000,
        "\(id): \(before.nanoseconds)...\(after.nanoseconds) ns, \(json.text)")
      let offset = try daemon.offset(id)
      #expect(offset.state == "synchronized")
      #expect(try #require(offset.measurement).errorNanoseconds <= 100_000_000, "\(id)")
      #expect(simulator.counters(of: id).otherRequests == 0, "\(id) was asked elsewhere")
    }
  }
}
