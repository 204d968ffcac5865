import ClockCore
import DaemonSettings
import LinuxSystem
import Synchronization
import Testing

@testable import ClockDaemon

@Suite struct StatusBoardTests {
  @Test func looksUpByIdAndChangesInPlace() throws {
    let board = try TestBoard().board
    for id in ["binance", "bybit", "kraken", "okx"] {
      #expect(board.withEntry(of: id) { entry, _ in entry.id } == id)
    }
    for id in ["", "a", "binanc", "binance2", "c", "kucoin", "zz"] {
      #expect(board.withEntry(of: id) { entry, _ in entry.id } == nil)
    }
    let nonce = ExchangeInstant(nanoseconds: 5)
    board.withEntry(of: "kraken") { entry, _ in entry.nonces = NonceSequence(above: nonce) }
    #expect(board.read().entries.map(\.nonces.last) == [nil, nil, nonce, nil])
  }

  @Test func anEmptyBoardHasNothing() {
    let board = StatusBoard(entries: [], host: HostWatch(at: HostClocks.read()))
    #expect(board.withEntry(of: "binance") { _, _ in true } == nil)
  }
}

@Suite struct StatusLineTests {
  private let clocks = HostClocks.read()

  @Test func saysHowManyTheWorstAndTheNext() throws {
    let okx = try TestBoard.status(at: clocks, error: .microseconds(12_345))
    let binance = try TestBoard.status(at: clocks)
    #expect(
      StatusLine.text([("binance", binance), ("okx", okx)], at: clocks.raw)
        == "2/2 exchanges synchronized, worst error ±12.3 ms (okx), next resync in 54 min")
  }

  @Test func saysWhyThereIsNoEstimate() {
    var failed = TestBoard.empty(at: clocks)
    failed.failure = .init(reason: "no route")
    #expect(
      StatusLine.text([("binance", TestBoard.empty(at: clocks)), ("okx", failed)], at: clocks.raw)
        == "0/2 exchanges synchronized, okx: no route, resync under way")
  }

  @Test func withoutAnyEstimate() {
    let empty = TestBoard.empty(at: clocks)
    #expect(
      StatusLine.text([("okx", empty)], at: clocks.raw)
        == "0/1 exchanges synchronized, resync under way")
    #expect(StatusLine.text([], at: clocks.raw) == "0/0 exchanges synchronized")
  }
}

@Suite struct ReadinessTests {
  private func update(
    _ readiness: inout Readiness, _ exchanges: [(hasEstimate: Bool, isGivenUp: Bool)]
  ) -> Bool {
    readiness.update(exchanges)
  }

  @Test func allWaitsForEveryExchangeThatIsNotGivenUp() {
    var readiness = Readiness(when: .all)
    #expect(!update(&readiness, [(true, false), (false, false)]))
    #expect(!readiness.isReached)
    #expect(update(&readiness, [(true, false), (false, true)]))
    #expect(readiness.isReached)
  }

  @Test func neverWithoutAnyEstimate() {
    for when in ReadyWhen.allCases {
      var readiness = Readiness(when: when)
      #expect(!update(&readiness, [(false, true), (false, true)]))
      #expect(!update(&readiness, []))
    }
  }

  @Test func anyWaitsForOne() {
    var readiness = Readiness(when: .any)
    #expect(!update(&readiness, [(false, false), (false, false)]))
    #expect(update(&readiness, [(false, false), (true, false)]))
  }

  @Test func isReachedOnce() {
    var readiness = Readiness(when: .any)
    #expect(update(&readiness, [(true, false)]))
    #expect(!update(&readiness, [(true, false)]))
    #expect(readiness.isReached)
  }
}

@Suite struct TrackerEventTests {
  @Test(
    arguments: [
      (
        .stateChanged(from: .unknown, to: .synchronized, reason: ""), .info,
        "okx: unknown -> synchronized"
      ),
      (
        .stateChanged(from: .synchronized, to: .holdover, reason: "no answer within 5 s"),
        .warning, "okx: synchronized -> holdover: no answer within 5 s"
      ),
      (
        .stateChanged(from: .synchronized, to: .disrupted, reason: "the host was suspended"),
        .notice, "okx: synchronized -> disrupted: the host was suspended"
      ),
      (
        .stateChanged(from: .holdover, to: .unknown, reason: "void"), .warning,
        "okx: holdover -> unknown: void"
      ),
      (
        .stepAccepted(by: .milliseconds(-5_000)), .warning,
        "okx: the exchange's clock jumped by -5.00 s, confirmed by a second resync"
      ),
      (
        .stepRefused(by: .seconds(1_230), limit: .seconds(600)), .warning,
        "okx: the exchange's clock seems to have jumped by 21 min, more than max_step (10 min);"
          + " the time from before stays in use"
      ),
      (
        .burstRejected(by: .milliseconds(123)), .warning,
        "okx: one resync was off by 123 ms and the next one was not; it is not believed"
      ),
      (
        .fleetMet(spread: .milliseconds(200)), .notice,
        "okx: answers come from servers whose clocks differ, by 200 ms at most; the bound covers"
          + " them"
      ),
      (
        .stopSignal(
          ProbeFailure(reason: "HTTP 429 Too Many Requests", status: 429), wait: .seconds(30)),
        .warning, "okx: HTTP 429 Too Many Requests; staying away for 30.0 s"
      ),
    ] as [(TrackerEvent, Log.Priority, String)])
  func message(_ event: TrackerEvent, _ priority: Log.Priority, _ message: String) {
    #expect(event.message(exchange: "okx") == message)
    #expect(event.priority == priority)
  }
}

@Suite struct GatheringTests {
  @Test(arguments: [0, 1, 5])
  func callsBackOnceAllHaveArrived(_ count: Int) {
    let calls = TestBoard.Mutexed(0)
    let gathering = Gathering(count: count) { calls.change { $0 += 1 } }
    for _ in 0..<count {
      #expect(calls.change { $0 } == 0)
      gathering.arrived()
    }
    #expect(calls.change { $0 } == 1)
  }
}
