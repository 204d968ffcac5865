import ClockCore
import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

/// The Swift client beside the real daemon.
@Suite struct ExchangeClockTests {
  private let directory = TemporaryDirectory()

  private func end(_ daemon: DaemonProcess) throws {
    daemon.process.signal(SIGKILL)
    try daemon.eventually("the daemon has ended") { daemon.process.hasEnded }
  }

  private func refusal(_ body: () throws -> some Any) -> ClockError.Code? {
    do {
      _ = try body()
      return nil
    } catch {
      return (error as? ClockError)?.code
    }
  }

  @Test func thePageIsReadAndTheSocketAsked() async throws {
    let simulator = try ExchangeSimulator([.init("binance"), .init("kraken"), .init("okx")])
    let daemon = try DaemonProcess(following: simulator, in: directory)
    try daemon.waitUntilReady()
    let clock = try ExchangeClock.connect(socket: daemon.socketPath)

    // By the page, which knows no carrier.
    let stamp = try clock.stamp(for: .binance)
    #expect(stamp.carrier == nil && stamp.isGuaranteed && stamp.window == .seconds(5))
    let asked = try #require(StampResult(json: try daemon.call(.stamp, ["exchange": "binance"])))
    #expect(abs(asked.unixMicroseconds - stamp.unixMicroseconds) < 5_000_000)
    #expect(Int64(stamp.timestamp).map { $0 * 1_000 } == stamp.unixMicroseconds)
    let okx = try clock.stamp(for: .okx)
    #expect(okx.isText && okx.timestamp.hasSuffix("Z") && okx.timestamp.count == 24)
    let time = try clock.now(.binance)
    let host = HostClocks.read().local.nanoseconds
    #expect(abs(time.estimateNanoseconds - host) < 5_000_000_000)
    #expect(time.earliestNanoseconds < time.latestNanoseconds && time.state == .synchronized)

    // By the socket: nonces, which grow, and what is refused, in the daemon's words.
    let first = try clock.stamp(for: .kraken)
    let second = try clock.stamp(for: .kraken)
    #expect(first.carrier != nil && first.window == nil)
    #expect(
      second.unixMicroseconds >= first.unixMicroseconds && second.timestamp != first.timestamp)
    #expect(refusal { try clock.stamp(for: .binance, window: .seconds(61)) } == .invalidParams)
    #expect(refusal { try clock.now("nowhere") } == .unknownExchange)
    #expect(refusal { try clock.now(.okx, maxError: .zero) } == .errorTooLarge)

    let offset = try await clock.offset(of: .okx)
    #expect(offset.state == .synchronized && offset.measurement != nil)
    #expect(try await clock.offsets().map(\.exchange) == [.binance, .kraken, .okx])
    #expect(try await clock.resync(.okx).exchange == .okx)
  }

  @Test func whatTheDaemonAloneCanTell() async throws {
    let simulator = try ExchangeSimulator([.init("binance"), .init("okx")])
    let daemon = try DaemonProcess(following: simulator, in: directory)
    try daemon.waitUntilReady()
    let clock = try ExchangeClock.connect(socket: daemon.socketPath)

    let time = try clock.now(.binance)
    let past = try await clock.convert(
      .binance, localMicroseconds: time.localNanoseconds / 1_000)
    // The page's local time is that of the last tick, 10 ms ago at most.
    #expect(abs(past.estimateMicroseconds - time.estimateNanoseconds / 1_000) < 1_000_000)
    #expect(past.exchange == .binance && past.earliestMicroseconds <= past.latestMicroseconds)

    let report = try await clock.report(.binance, code: -2015, httpStatus: 401)
    #expect(report.verdict == "key" && report.action == "check_key" && report.stamp == nil)
    #expect(report.offset.exchange == .binance)

    let health = try await clock.health()
    #expect(health.isReady && health.counts["exchanges"] == 2 && !health.version.isEmpty)
    let catalogue = try await clock.exchanges()
    #expect(catalogue.filter(\.isEnabled).map(\.id) == [.binance, .okx])
    let binance = try #require(catalogue.first { $0.id == .binance })
    #expect(binance.windowKind == "adjustable" && binance.window == .seconds(5))
    #expect(binance.codes.contains { $0.code == "-1021" && $0.verdict == "clock" })
    #expect(try await clock.resync().map(\.exchange) == [.binance, .okx])
  }

  /// The page goes on without a daemon; the socket, and updates, with the next one.
  @Test func aClientOutlivesTheDaemon() async throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    var daemon = try DaemonProcess(following: simulator, in: directory)
    try daemon.waitUntilReady()
    let clock = try ExchangeClock.connect(socket: daemon.socketPath)
    var updates = clock.updates(for: [.binance]).makeAsyncIterator()
    #expect(try await updates.next()?.exchange == .binance)
    _ = try await clock.offsets()

    try end(daemon)
    #expect(try clock.now(.binance).state == .synchronized)
    await #expect(throws: ClockError.self) { try await clock.offsets() }

    daemon = try DaemonProcess(following: simulator, in: directory)
    try daemon.waitUntilReady()
    #expect(try await clock.offsets().map(\.exchange) == [.binance])
    var offset = try #require(try await updates.next())
    // A daemon that has just begun knows nothing yet.
    while offset.state != .synchronized { offset = try #require(try await updates.next()) }
    #expect(offset.exchange == .binance)
  }

  /// A page that took the place of another is found, and so is one that was not there at first.
  @Test func aClientFindsTheNextPage() throws {
    let one = try ExchangeSimulator([.init("binance")])
    var daemon = try DaemonProcess(following: one, in: directory)
    try daemon.waitUntilReady()
    let clock = try ExchangeClock.connect(socket: daemon.socketPath)
    let page = try ClockPage(path: directory.path("clock.page"))
    #expect(try page.now(.binance).state == .synchronized)
    try end(daemon)

    let two = try ExchangeSimulator([.init("binance"), .init("okx")])
    daemon = try DaemonProcess(following: two, in: directory)
    try daemon.waitUntilReady()
    #expect(refusal { try page.now(.binance) } == .replaced)
    try end(daemon)
    // Nobody answers at the socket now: this is the page.
    #expect(try clock.now(.okx).state == .synchronized)
  }
}
