import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import Glibc
import JSONDocument
import Testing

/// HTTPS with a certificate authority of the test's own.
@Suite struct CertificateTests {
  private func simulator(_ directory: TemporaryDirectory) throws -> ExchangeSimulator {
    var ahead = Conditions()
    ahead.offset = .seconds(2)
    return try ExchangeSimulator(
      [.init("binance", ahead)],
      tls: .read(from: directory))
  }

  @Test func aPrivateAuthorityIsTrustedWhenTheSettingsNameIt() throws {
    let directory = TemporaryDirectory()
    try ServerCertificate.make(for: "IP:127.0.0.1", in: directory)
    let simulator = try simulator(directory)
    let daemon = try DaemonProcess(
      following: simulator, perExchange: "ca_file = \"\(directory.path("ca.pem"))\"")
    try daemon.waitUntilReady()
    let known = try #require(try daemon.offset("binance").measurement)
    #expect(known.lowerNanoseconds <= 2_000_000_000 && 2_000_000_000 <= known.upperNanoseconds)
    // The handshake is over before the first instant is taken: it is in no round trip.
    #expect(simulator.counters(of: "binance").connections == 1)
  }

  @Test func anUnknownAuthorityIsRefusedWithTheReason() throws {
    let directory = TemporaryDirectory()
    try ServerCertificate.make(for: "IP:127.0.0.1", in: directory)
    let simulator = try simulator(directory)
    let daemon = try DaemonProcess(following: simulator)
    try expectRefusal(daemon)
  }

  @Test func aCertificateForAnotherHostIsRefusedWithTheReason() throws {
    let directory = TemporaryDirectory()
    try ServerCertificate.make(for: "DNS:elsewhere.example", in: directory)
    let simulator = try simulator(directory)
    let daemon = try DaemonProcess(
      following: simulator, perExchange: "ca_file = \"\(directory.path("ca.pem"))\"")
    try expectRefusal(daemon)
  }

  @Test func aMissingAuthorityFileIsNamed() throws {
    let directory = TemporaryDirectory()
    try ServerCertificate.make(for: "IP:127.0.0.1", in: directory)
    let simulator = try simulator(directory)
    let daemon = try DaemonProcess(
      following: simulator, perExchange: "ca_file = \"/nonexistent/ca.pem\"")
    try daemon.eventually("the first resync failed") { try daemon.offset("binance").failures > 0 }
    let reason = try daemon.offset("binance").reason
    #expect(reason.hasPrefix("ca_file: ") && reason.contains("/nonexistent/ca.pem"), "\(reason)")
  }

  private func expectRefusal(_ daemon: DaemonProcess) throws {
    try daemon.eventually("the first resync failed") { try daemon.offset("binance").failures > 0 }
    let offset = try daemon.offset("binance")
    #expect(offset.state == "unknown")
    #expect(offset.reason.hasPrefix("certificate refused: "), "\(offset.reason)")
    #expect(try daemon.refusal(of: .stamp, ["exchange": "binance"])?.code == .notSynchronized)
  }
}
