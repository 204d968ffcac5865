import ClockCore
import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import JSONDocument
import Testing

/// Asks a daemon for the time over and over, and holds each answer against the simulator's clock.
///
/// The truth is known exactly: the simulator's clock is read before the question and after the
/// answer, so an answer is right if what it claims meets what lies between.
final class HonestyCheck {
  let daemon: DaemonProcess
  let simulator: ExchangeSimulator
  private var connection: DaemonConnection
  private(set) var answers = 0
  /// The reasons that were given instead of an answer.
  private(set) var refusals: [String] = []
  /// CLOCK_REALTIME as the daemon saw it with the last answer, us.
  private(set) var localMicroseconds: Int64 = 0
  /// The last nonce of each exchange that takes one, ns.
  private var nonces: [String: Int64] = [:]

  init(_ daemon: DaemonProcess, _ simulator: ExchangeSimulator) throws {
    self.daemon = daemon
    self.simulator = simulator
    connection = try daemon.connect()
  }

  /// Asks for `now` and `stamp` of every exchange.
  ///
  /// - Returns: whether a time was given for each.
  @discardableResult
  func ask(_ what: @autoclosure () -> String) throws -> Bool {
    let before = refusals.count
    for id in simulator.ids {
      try ask(.now, id) { json, from, to in
        let now = try #require(NowResult(json: json))
        #expect(
          now.earliestMicroseconds * 1_000 <= to && from <= now.latestMicroseconds * 1_000,
          "\(what()): \(from)...\(to) ns, \(json.text)")
        return now.localMicroseconds
      }
      try ask(.stamp, id) { json, from, to in
        let stamp = try #require(StampResult(json: json))
        // Never ahead of the exchange, but for nonces, which are a millisecond apart however fast they
        // are asked for; behind it by twice the largest error at most.
        let isNonce = stamp.windowMilliseconds == nil
        let next = isNonce ? nonces[id, default: 0] + 1_000_000 : 0
        if isNonce { nonces[id] = stamp.unixMicroseconds * 1_000 }
        #expect(
          stamp.unixMicroseconds * 1_000 <= max(to, next)
            && from - 200_000_000 <= stamp.unixMicroseconds * 1_000,
          "\(what()): \(from)...\(to) ns, \(json.text)")
        return nil
      }
    }
    return refusals.count == before
  }

  private func ask(
    _ method: ClockProtocol.Method, _ id: String,
    _ check: (JSONValue, _ from: Int64, _ to: Int64) throws -> Int64?
  ) throws {
    let from = simulator.clock(of: id).nanoseconds
    do {
      let json = try connection.call(method, ["exchange": .string(id)])
      localMicroseconds =
        try check(json, from, simulator.clock(of: id).nanoseconds) ?? localMicroseconds
      answers += 1
    } catch DaemonConnection.Failure.refused(let refusal) {
      #expect(refusal.code == .notSynchronized)
      refusals.append(refusal.message)
    }
  }

  /// Requests for the time that the exchanges have seen.
  var probes: Int {
    simulator.ids.reduce(0) { $0 + simulator.counters(of: $1).timeRequests }
  }
}
