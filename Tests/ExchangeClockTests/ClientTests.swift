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
      socket: daemon.socketPath, timeout: .milliseconds(50))
    #expect(error { try clock.now(.okx) }?.code == .timedOut)
    #expect(daemon.asked.count == 2)
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
      let told = Self.offset(state: "holdover", samples: round * 10 + 1).dropFirst()
      return [
        CannedDaemon.result(
          "{\"subscription\":1,\"offsets\":[\(Self.offset(state: "synchronized", samples: round * 10))]}",
          to: line),
        "{\"jsonrpc\":\"2.0\",\"method\":\"somethingNew\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"offset\",\"params\":{\"subscription\":1,\(told)}",
        "certainly no JSON",
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

  private static func offset(state: String, samples: Int) -> String {
    "{\"exchange\":\"okx\",\"state\":\"\(state)\",\"reason\":\"\",\"samples\":\(samples),"
      + "\"rejected\":0,\"resolution_ns\":1000000,\"next_sync_ms\":5,\"failures\":0}"
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
