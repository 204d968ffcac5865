import ClockCore
import DaemonSettings
import Dispatch
import ExchangeCatalog
import LinuxSystem
import Synchronization
import Testing

@testable import ClockDaemon

@Suite struct StateKeeperTests {
  private let disk = TestDisk()
  private let board: StatusBoard
  private let keeper: StateKeeper

  init() throws {
    board = try TestBoard().board
    keeper = Self.keeper(disk, board)
  }

  /// Of a minute ago: what happens until it is written must show to whoever reads it.
  private static let origin = SavedState.Origin(
    host: TestState.host, written: HostClocks.monotonic() - .seconds(60),
    suspended: .exactly(.seconds(9)), suspends: 3, disruptionMarker: 7,
    hardwareClockSeconds: 1_790_000_000)

  private static func keeper(
    _ disk: TestDisk, _ board: StatusBoard, pause: DispatchTimeInterval = StateKeeper.usualPause
  ) -> StateKeeper {
    StateKeeper(
      path: "/state.json", host: TestState.host, board: board,
      snapshot: .init(exchanges: remembered(board, nil), origin: origin),
      pause: pause,
      write: { bytes throws(GuardedFile.Failure) in try disk.write(bytes) },
      tell: { disk.tell($0, $1) })
  }

  private func snapshot(_ number: Int64) -> StateKeeper.Snapshot {
    let block = TrackerMemory.Block(
      until: MonotonicInstant(nanoseconds: number), reason: "HTTP 429", failures: 1)
    return StateKeeper.Snapshot(
      exchanges: Self.remembered(board, TrackerMemory(block: block)), origin: Self.origin)
  }

  /// Of all exchanges of the board, of which the first has something to remember.
  private static func remembered(
    _ board: StatusBoard, _ first: TrackerMemory?
  ) -> [StateKeeper.Remembered] {
    board.read().entries.enumerated().map { index, entry in
      .init(settings: entry.settings, memory: index == 0 ? first : nil)
    }
  }

  /// The numbers of the snapshots that reached the disk.
  private func numbers() throws -> [Int64] {
    try disk.states().compactMap { $0.entries[0].memory?.block?.until.nanoseconds }
  }

  private func holds(_ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = HostClocks.monotonic() + .seconds(30)
    while try !condition() {
      if HostClocks.monotonic() > deadline { return false }
      Thread.pause(for: .milliseconds(5))
    }
    return true
  }

  @Test func theFirstAndTheLastAreWrittenWithoutAPause() throws {
    let keeper = Self.keeper(disk, board, pause: .seconds(86_400))
    keeper.save(snapshot(1))
    #expect(try holds { try numbers() == [1] })
    keeper.save(snapshot(2))
    keeper.saveLast()
    #expect(try numbers() == [1, 2])
  }

  @Test func ofManyTheNewestIsWritten() throws {
    disk.gate.withLock { _ in
      for number in 1...50 { keeper.save(snapshot(Int64(number))) }
    }
    #expect(try holds { try numbers().last == 50 })
    #expect(try numbers().count <= 2)
    let saved = try #require(try disk.states().last)
    #expect(saved.entries.map(\.id) == ["binance", "bybit", "kraken", "okx"])
    #expect(saved.origin == Self.origin)
  }

  @Test func writesAreHalfASecondApart() throws {
    for number in 1...4 {
      let before = disk.attempts.count
      keeper.save(snapshot(Int64(number)))
      #expect(holds { disk.attempts.count > before })
    }
    for (earlier, later) in zip(disk.attempts, disk.attempts.dropFirst()) {
      // They are measured a little after they began.
      #expect(later - earlier > .milliseconds(400), "\(later - earlier)")
    }
  }

  /// All of them are in the file: it is written the less often the more there are.
  @Test func ofManyExchangesOnlyWhatIsInDoubtIsWrittenSoon() throws {
    func snapshot(_ number: Int64) -> StateKeeper.Snapshot {
      var many = self.snapshot(number)
      many.exchanges += (1...6_000).map {
        var other = many.exchanges[1]
        other.settings.definition.id = "source\($0)"
        return other
      }
      return many
    }
    keeper.save(snapshot(1))
    #expect(try holds { try numbers() == [1] })
    // Due in a minute.
    keeper.save(snapshot(2))
    keeper.save(snapshot(3))
    keeper.save(snapshot(4), isUrgent: true)
    #expect(try holds { try numbers() == [1, 4] })
    keeper.save(snapshot(5))
    #expect(try numbers() == [1, 4])
  }

  @Test func aDiskThatHangsHoldsNobodyUp() throws {
    disk.gate.withLock { _ in
      let began = HostClocks.monotonic()
      for number in 1...1_000 { keeper.save(snapshot(Int64(number))) }
      keeper.saveLast()
      // It waits for a second, on a disk that never comes back.
      #expect(HostClocks.monotonic() - began < .seconds(20))
      #expect(disk.attempts.isEmpty)
    }
    #expect(try holds { try numbers().last == 1_000 })
  }

  @Test func theLastWriteHasTheNoncesOfLater() throws {
    keeper.save(snapshot(1))
    #expect(try holds { try numbers() == [1] })
    let nonce = ExchangeInstant(nanoseconds: 1_790_000_000_123_000_000)
    _ = board.withEntry(of: "kraken") { entry, _ in
      entry.nonces = NonceSequence(above: nonce, isKept: true)
    }
    keeper.saveLast()
    #expect(try numbers() == [1, 1])
    #expect(try disk.states().last?.entries[2].nonceCeiling == nonce)
  }

  @Test func aFullDiskIsToldOnceAndItsEndToo() throws {
    func attempt(_ number: Int64) throws {
      let before = disk.attempts.count
      keeper.save(snapshot(number))
      #expect(holds { disk.attempts.count > before })
    }
    try attempt(1)
    #expect(disk.lines.isEmpty)
    disk.isFull = true
    try attempt(2)
    try attempt(3)
    disk.isFull = false
    try attempt(4)
    let lines: [RestoredState.Line] = [
      .init(
        priority: .warning,
        message: "the state file /state.json cannot be written: write /state.json.new: No space"
          + " left on device; a restart would measure all exchanges' time anew"),
      .init(priority: .info, message: "the state file /state.json is written again"),
    ]
    #expect(holds { disk.lines == lines }, "\(disk.lines)")
    #expect(try numbers() == [1, 4])
  }
}
