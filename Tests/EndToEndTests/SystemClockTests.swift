import ClockCore
import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

/// The real daemon under a CLOCK_REALTIME that somebody sets, for that process alone.
@Suite struct SystemClockTests {
  private func exchanges(_ ids: [String] = ["binance", "kraken", "okx"]) throws -> ExchangeSimulator
  {
    try ExchangeSimulator(
      ids.enumerated().map { index, id in
        var conditions = Conditions()
        conditions.offset = .milliseconds([3000, -250, -40_000][index])
        conditions.forwardJitter = .milliseconds(10)
        conditions.returnJitter = .milliseconds(10)
        return .init(id, conditions)
      })
  }

  @Test func noStepOfTheSystemClockMakesAnAnswerWrongOrCostsAProbe() throws {
    let time = try MovedClock()
    let simulator = try exchanges()
    let daemon = try DaemonProcess(following: simulator, environment: time.environment)
    try daemon.waitUntilReady()
    try daemon.wait("kraken", until: "synchronized")
    let check = try HonestyCheck(daemon, simulator)
    let before = check.probes
    let year: Int64 = 365 * 86_400
    let steps = [5, 600, 5 * year, -3, -3600, -20 * year, 0]
    let repeated = (0..<10 as Range<Int64>).map { ($0 % 2 == 0 ? 60 : -60) * $0 }
    for seconds in steps + repeated {
      time.set(seconds)
      for _ in 0..<20 { #expect(try check.ask("set by \(seconds) s")) }
      // The daemon has really seen another time, and its view of the offsets has followed.
      let real = HostClocks.read().local.nanoseconds / 1_000
      #expect(
        abs(check.localMicroseconds - real - seconds * 1_000_000) < 30_000_000, "\(seconds) s")
      let known = try #require(try daemon.offset("binance").measurement)
      #expect(
        abs(known.offsetNanoseconds / 1_000_000 - 3_000 + seconds * 1_000) < 1_000, "\(seconds) s")
    }
    #expect(check.probes == before)
    #expect(try daemon.call(.health)["status"] == "ok")
    print(
      "CLOCK_REALTIME set 17 times by up to 20 years: \(check.answers) answers, all right;"
        + " \(check.probes - before) probes")
  }

  /// As a board without a battery starts: long ago, before the exchange's certificate was made.
  @Test func aSystemClockThatIsSetLateEndsTheRefusalOfCertificates() throws {
    let time = try MovedClock()
    time.set(-25 * 365 * 86_400)
    let directory = TemporaryDirectory()
    try ServerCertificate.make(for: "IP:127.0.0.1", in: directory)
    let simulator = try ExchangeSimulator([.init("binance")], tls: .read(from: directory))
    let daemon = try DaemonProcess(
      following: simulator, perExchange: "ca_file = \"\(directory.path("ca.pem"))\"",
      environment: time.environment)
    try daemon.eventually("the certificate is refused") {
      try daemon.offset("binance").failures > 0
    }
    let reason = try daemon.offset("binance").reason
    #expect(reason.hasPrefix("certificate refused: "), "\(reason)")
    #expect(reason.contains("not yet valid"), "\(reason)")
    #expect(
      reason.contains(
        #/the system clock says 200\d-.*Z, which must be wrong: start an NTP daemon/#),
      "\(reason)")
    time.set(0)
    try daemon.eventually("the certificate is accepted") {
      try daemon.refusal(of: .resync, ["exchange": "binance"]) == nil
        && daemon.offset("binance").state == "synchronized"
    }
    let check = try HonestyCheck(daemon, simulator)
    for _ in 0..<20 { #expect(try check.ask("after the clock was set")) }
  }
}
