import ClockProtocol
import ExchangeCatalog
import Glibc
import JSONDocument
import LinuxSystem
import Synchronization
import Testing

@testable import ExchangeClock

/// The client beside daemons that answer as they are told to.
@Suite struct ClientTests {
  private static let now =
    "{\"exchange\":\"okx\",\"state\":\"synchronized\",\"estimate_us\":20,\"earliest_us\":10,"
    + "\"latest_us\":30,\"local_us\":15}"

  @Test func everyExchangeOfTheCatalogueHasAConstant() {
    #expect(ExchangeID.known.map(\.rawValue).sorted() == ExchangeCatalog.builtIn.map(\.id).sorted())
    #expect(ExchangeID.binanceTestnet.rawValue == "binance-testnet")
  }

  @Test func aDaemonThatClosesIsAskedOnceMore() throws {
    let count = Mutex(0)
    let daemon = try CannedDaemon { line in
      if line.contains("offsets") { return [CannedDaemon.result("[]", to: line)] }
      // Each connection ends after its first question.
      let number = count.withLock { count in
        count += 1
        return count
      }
      return number == 1 ? nil : [CannedDaemon.result(Self.now, to: line)]
    }
    let clock = try ExchangeClock.connect(socket: daemon.socketPath)
    let time = try clock.now(.okx)
    #expect(time.earliestNanoseconds == 10_000 && time.latestNanoseconds == 30_000)
    #expect(time.estimateNanoseconds == 20_000 && time.error == .microseconds(10))
    #expect(time.exchange == .okx && time.state == .synchronized)
    #expect(daemon.asked.count == 3)
  }

  @Test func aDaemonThatNeverAnswersIsGivenUp() throws {
    let daemon = try CannedDaemon { line in
      line.contains("offsets") ? [CannedDaemon.result("[]", to: line)] : []
    }
    let clock = try ExchangeClock.connect(
      socket: daemon.socketPath, timeout: .seconds(1))
    #expect(error { try clock.now(.okx) }?.code == .timedOut)
    #expect(daemon.asked.count == 2)
  }

  @Test func anAnswerThatComesInPiecesTakesNoLongerThanTheTimeout() throws {
    let daemon = try CannedDaemon { line in
      line.contains("offsets") ? [CannedDaemon.result("[]", to: line)] : [CannedDaemon.endless]
    }
    let clock = try ExchangeClock.connect(
      socket: daemon.socketPath, timeout: .milliseconds(300))
    #expect(error { try clock.now(.okx) }?.code == .timedOut)
  }

  @Test func anAnswerToAnotherRequestIsNotTaken() throws {
    let daemon = try CannedDaemon { line in
      line.contains("offsets")
        ? [CannedDaemon.result("[]", to: line)]
        : ["{\"jsonrpc\":\"2.0\",\"id\":999,\"result\":\(Self.now)}"]
    }
    let clock = try ExchangeClock.connect(socket: daemon.socketPath)
    let failure = error { try clock.now(.okx) }
    #expect(failure?.code == .protocol)
    #expect(failure?.message.hasPrefix("this answers another request: {") == true)
  }

  @Test func anAnswerAboutAnotherExchangeIsNotTaken() throws {
    let daemon = try CannedDaemon { line in
      [CannedDaemon.result(line.contains("offsets") ? "[]" : Self.now, to: line)]
    }
    let clock = try ExchangeClock.connect(socket: daemon.socketPath)
    #expect(try clock.now(.okx).exchange == .okx)
    let failure = error { try clock.now(.bybit) }
    #expect(failure?.code == .protocol)
    #expect(failure?.message.hasPrefix("this answers about another exchange: {") == true)
    #expect(try clock.now(.okx).exchange == .okx)
  }

  @Test func noDaemonIsAnErrorThatHelps() {
    let failure = error { try ExchangeClock.connect(socket: "/nonexistent") }
    #expect(failure?.code == .unreachable)
    #expect(
      failure?.message
        == "/nonexistent: no daemon: connect to /nonexistent: No such file or directory; start"
        + " exchange-clockd, or name its socket with EXCHANGE_CLOCK_SOCKET or --socket")
  }

  @Test func aPageThatIsNotThereIsToldOf() {
    let failure = error { try ClockPage(path: "/nonexistent") }
    #expect(failure?.code == .notFound)
    #expect(failure?.message == "the shared page /nonexistent does not tell: there is none")
    #expect(error { try ClockPage(path: "/proc/self/exe") }?.code == .foreignVersion)
  }

  @Test func updatesGoOnOverAConnectionThatEnds() async throws {
    let rounds = Mutex(0)
    let daemon = try CannedDaemon { line in
      let round = rounds.withLock { rounds in
        rounds += 1
        return rounds
      }
      // Where the test is long kept from reading, what it reads is not pushed out.
      if round > 2 { return [] }
      let told = Self.offset(state: "holdover", samples: round * 10 + 1).dropFirst()
      return [
        CannedDaemon.result(
          "{\"subscription\":1,\"offsets\":[\(Self.offset(state: "synchronized", samples: round * 10))]}",
          to: line),
        "{\"jsonrpc\":\"2.0\",\"method\":\"somethingNew\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"offset\",\"params\":{\"subscription\":1,\(told)}",
        CannedDaemon.end,
      ]
    }
    let updates = ClockUpdates(
      socketPath: daemon.socketPath, timeout: .seconds(5), params: ["min_change_us": 1_000])
    var samples: [Int] = []
    for try await offset in updates {
      samples.append(offset.samples)
      #expect(offset.state == (offset.samples % 10 == 0 ? .synchronized : .holdover))
      if samples.count == 4 { break }
    }
    #expect(samples == [10, 11, 20, 21])
    #expect(daemon.asked.first?.contains("\"min_change_us\":1000") == true)
  }

  @Test func aRefusedSubscriptionEndsTheUpdates() async throws {
    let daemon = try CannedDaemon { line in
      [
        "{\"jsonrpc\":\"2.0\",\"id\":\(CannedDaemon.id(of: line)),\"error\":{\"code\":-32002,"
          + "\"message\":\"unknown exchange\"}}"
      ]
    }
    let updates = ClockUpdates(
      socketPath: daemon.socketPath, timeout: .seconds(5), params: [:])
    var iterator = updates.makeAsyncIterator()
    do throws(ClockError) {
      _ = try await iterator.next()
      Issue.record("it is not refused")
    } catch {
      #expect(error.code == .unknownExchange && error.number == -32_002)
    }
  }

  @Test func garbageEndsTheUpdates() async throws {
    let daemon = try CannedDaemon { line in
      [
        CannedDaemon.result(
          "{\"subscription\":1,\"offsets\":[\(Self.offset(state: "synchronized", samples: 1))]}",
          to: line),
        "certainly no JSON",
      ]
    }
    let updates = ClockUpdates(socketPath: daemon.socketPath, timeout: .seconds(5), params: [:])
    var iterator = updates.makeAsyncIterator()
    do throws(ClockError) {
      #expect(try await iterator.next()?.samples == 1)
      _ = try await iterator.next()
      Issue.record("it is not refused")
    } catch {
      #expect(error.code == .protocol)
    }
  }

  /// At once where it is the first time: `aRefusedSubscriptionEndsTheUpdates`.
  @Test func updatesGoOnAfterTheyWereTurnedAway() async throws {
    let rounds = Mutex(0)
    let daemon = try CannedDaemon { line in
      let round = rounds.withLock { rounds in
        rounds += 1
        return rounds
      }
      if round == 2 { return [Self.turnedAway, CannedDaemon.end] }
      if round > 3 { return [] }
      return [
        CannedDaemon.result(
          "{\"subscription\":1,\"offsets\":[\(Self.offset(state: "holdover", samples: round))]}",
          to: line), CannedDaemon.end,
      ]
    }
    let updates = ClockUpdates(socketPath: daemon.socketPath, timeout: .seconds(5), params: [:])
    var samples: [Int] = []
    for try await offset in updates {
      samples.append(offset.samples)
      if samples.count == 2 { break }
    }
    #expect(samples == [1, 3])
  }

  @Test func oneClientTooManyIsToldSo() async throws {
    let daemon = try CannedDaemon { _ in [Self.turnedAway, CannedDaemon.end] }
    #expect(error { try ExchangeClock.connect(socket: daemon.socketPath) }?.code == .overloaded)
  }

  @Test func whatIsNotKnownIsPassedOver() async throws {
    let moon = "{\"jsonrpc\":\"2.0\",\"method\":\"moon\",\"params\":{\"phase\":\"full\"}}"
    let daemon = try CannedDaemon { line in
      let result = line.contains("offsets") ? "[]" : Self.now
      return [moon, CannedDaemon.result(result, to: line), moon]
    }
    let clock = try ExchangeClock.connect(socket: daemon.socketPath)
    for _ in 0..<3 { #expect(try clock.now(.okx).exchange == .okx) }
  }

  @Test func whatWaitsKeepsNobodyElseWaiting() async throws {
    let mayEnd = Atomic(false)
    let daemon = try CannedDaemon { line in
      if line.contains("offsets") { return [CannedDaemon.result("[]", to: line)] }
      guard line.contains("resync") else { return [CannedDaemon.result(Self.now, to: line)] }
      // A test that fails ends all the same.
      for _ in 0..<30_000 where !mayEnd.load(ordering: .relaxed) {
        Thread.pause(for: .milliseconds(1))
      }
      return [CannedDaemon.result(Self.offset(state: "synchronized", samples: 7), to: line)]
    }
    let clock = try ExchangeClock.connect(socket: daemon.socketPath, timeout: .seconds(5))
    async let first = clock.resync(.okx)
    async let second = clock.resync(.okx)
    while daemon.asked.count(where: { $0.contains("resync") }) < 2 { await Task.yield() }
    for _ in 0..<3 { #expect(try clock.now(.okx).exchange == .okx) }
    mayEnd.store(true, ordering: .relaxed)
    #expect(try await [first, second].map(\.samples) == [7, 7])
  }

  @Test func aDaemonThatIsBehindWithTakingConnectionsIsWaitedFor() throws {
    var template = Array("/tmp/exchange-clock-test-XXXXXX".utf8CString)
    let root = String(cString: try #require(mkdtemp(&template)))
    let path = root + "/daemon.sock"
    let listener = try UnixSocket.listen(at: path, mode: 0o600, group: nil)
    defer {
      unlink(path)
      rmdir(root)
    }
    #expect(listen(listener.number, 0) == 0)
    let first = try UnixSocket.connect(to: path, patience: .seconds(5))
    let failure = error { try ExchangeClock.connect(socket: path, timeout: .milliseconds(50)) }
    #expect(failure?.code == .timedOut)
    _ = consume first
  }

  private static let turnedAway =
    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32005,\"message\":\"too many\"}}"

  private static func offset(state: String, samples: Int) -> String {
    let unknown = [
      "offset_ns", "lower_ns", "upper_ns", "error_ns", "drift_ppm", "drift_error_ppm",
      "rtt_min_ns", "rtt_last_ns", "last_sync_us", "age_ms",
    ].map { "\"\($0)\":null," }.joined()
    return "{\"exchange\":\"okx\",\"state\":\"\(state)\",\"reason\":\"\",\(unknown)"
      + "\"samples\":\(samples),\"rejected\":0,\"resolution_ns\":1000000,\"next_sync_ms\":5,"
      + "\"failures\":0}"
  }

  private func error(_ body: () throws -> some Any) -> ClockError? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? ClockError
    }
  }
}
