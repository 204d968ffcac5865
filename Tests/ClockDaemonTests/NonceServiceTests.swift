import ClockCore
import ClockProtocol
import Dispatch
import ExchangeCatalog
import JSONDocument
import LinuxSystem
import Synchronization
import Testing

@testable import ClockDaemon

/// Nonces where state is kept: none is given out that is not below what is on disk.
@Suite struct NonceServiceTests {
  private let disk = TestDisk()
  private let board: StatusBoard
  private let keeper: StateKeeper
  private let service: RequestService
  private let replies = TestBoard.Mutexed([JSONValue]())

  init() throws {
    let board = try TestBoard().board
    let disk = disk
    _ = board.withEntry(of: "kraken") { entry, _ in entry.nonces = NonceSequence(isKept: true) }
    keeper = StateKeeper(
      path: "/state.json", host: TestState.host, board: board,
      snapshot: .init(
        exchanges: board.read().entries.map { .init(settings: $0.settings) },
        origin: .here(
          host: TestState.host, at: HostClocks.monotonic(),
          watch: HostWatch(at: HostClocks.read()))),
      write: { bytes throws(GuardedFile.Failure) in try disk.write(bytes) },
      tell: { disk.tell($0, $1) })
    service = RequestService(
      board: board, catalog: [], keeper: keeper, resync: { _, _, _ in },
      rejections: RejectionService(board: board, keeper: keeper) { $2(.isFresh) })
    self.board = board
  }

  private let line = Array(
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"stamp\",\"params\":{\"exchange\":\"kraken\"}}"
      .utf8)

  /// Whether the answer came at once; it is in `replies` then or later.
  private func ask() -> Bool {
    let take = { @Sendable [replies] (answer: Response?) in
      guard let answer, let json = try? JSONValue(parsing: answer.bytes) else { return }
      replies.change { $0.append(json) }
    }
    guard case .now(let reply) = service.answer(line, later: take) else { return false }
    take(reply)
    return true
  }

  private func reply(_ count: Int) throws -> JSONValue {
    let deadline = HostClocks.monotonic() + .seconds(30)
    while replies.change({ $0.count }) < count {
      guard HostClocks.monotonic() < deadline else { break }
      Thread.pause(for: .milliseconds(2))
    }
    return try #require(replies.change { $0.count < count ? nil : $0[count - 1] })
  }

  private func nonce(_ reply: JSONValue) throws -> ExchangeInstant {
    let number = try #require(reply["result"]?["timestamp"]?.integer, "\(reply.text)")
    return ExchangeInstant(nanoseconds: number * 1_000_000)
  }

  private func ceiling() throws -> ExchangeInstant {
    try #require(try disk.states().last?.entries[2].nonceCeiling)
  }

  @Test func theFirstWaitsForTheDiskAndTheNextDoNot() throws {
    disk.gate.withLock { _ in
      #expect(!ask())
      #expect(replies.change { $0.isEmpty })
      #expect(disk.attempts.isEmpty)
    }
    let first = try nonce(try reply(1))
    #expect(try first < ceiling())
    #expect(try ceiling() - first <= NonceSequence.reserve + .milliseconds(1))
    for count in 2...100 {
      #expect(ask())
      #expect(try nonce(try reply(count)) > nonce(try reply(count - 1)))
    }
    #expect(try disk.states().count == 1, "nothing is written for what is covered")
  }

  /// Whichever way they are answered.
  @Test func beforeWhatIsCoveredIsUsedUpMoreIs() throws {
    #expect(!ask())
    let first = try nonce(try reply(1))
    // Each is a millisecond above the one before.
    let ceiling = try ceiling()
    let covered = (ceiling - first).wholeNanoseconds / 1_000_000
    let deadline = HostClocks.monotonic() + .seconds(30)
    var given = 0
    (line + [UInt8(ascii: "\n")]).withUnsafeBufferPointer {
      guard let request = PlainRequest(line: $0) else { return }
      while given <= covered, HostClocks.monotonic() < deadline {
        var (output, ends) = ([UInt8](), [Int?]())
        service.answer([request], at: .read(), to: &output, ends: &ends)
        given += ends.compactMap { $0 }.count
      }
    }
    #expect(given > covered)
    #expect(try self.ceiling() > ceiling)
  }

  @Test func aFullDiskMeansNoNonceAndTheReason() throws {
    disk.isFull = true
    #expect(!ask())
    let error = try #require(try reply(1)["error"].flatMap(RPCError.init))
    #expect(error.code == .overloaded)
    #expect(
      error.message == "kraken: no nonce can be given that a restart could not repeat: the state"
        + " file cannot be written: write /state.json.new: No space left on device")
    #expect(error.exchange == "kraken" && error.retryAfterMilliseconds == 1_000)
    disk.isFull = false
    #expect(!ask())
    _ = try nonce(try reply(2))
    // What is on disk is used up before a full disk matters.
    disk.isFull = true
    #expect(ask())
    _ = try nonce(try reply(3))
  }

  @Test func aDiskThatHangsIsNotWaitedForForLong() throws {
    try disk.gate.withLock { _ in
      #expect(!ask())
      let error = try #require(try reply(1)["error"].flatMap(RPCError.init))
      #expect(error.code == .overloaded)
      #expect(error.reason == "the state file is not written in time; is its disk hanging?")
    }
  }

  /// Beyond the time, each write leaves room for a few more only.
  @Test func whoAsksTooFastIsToldSo() throws {
    let ahead = ExchangeInstant(nanoseconds: HostClocks.read().local.nanoseconds) + .seconds(3_600)
    _ = board.withEntry(of: "kraken") { entry, _ in
      entry.nonces = NonceSequence(above: ahead, isKept: true)
    }
    // Another write may come between two answers, where the machine is slow; not so many.
    let asked = 2000
    var waiting = 0
    disk.gate.withLock { _ in
      for _ in 0..<asked where !ask() { waiting += 1 }
    }
    #expect(waiting == asked)
    _ = try reply(asked)
    let answers = replies.change { $0 }
    let nonces = try answers.filter { $0["result"] != nil }.map(nonce)
    #expect(nonces.count >= 50 && nonces.count < asked)
    #expect(try #require(nonces.first) > ahead)
    #expect(zip(nonces, nonces.dropFirst()).allSatisfy { $0 < $1 })
    let refusals = answers.compactMap { $0["error"].flatMap(RPCError.init) }
    #expect(refusals.count == asked - nonces.count)
    #expect(
      refusals.allSatisfy {
        $0.code == .overloaded && $0.retryAfterMilliseconds == 100
          && $0.reason == "nonces are asked for faster than the state file can be written"
      })
  }

  @Test func afterTheLastWriteNoneIsGiven() throws {
    #expect(!ask())
    let last = try nonce(try reply(1))
    keeper.saveLast()
    #expect(try ceiling() == last)
    #expect(!ask())
    #expect(try reply(2)["error"]?["code"] == -32005)
    #expect(try ceiling() == last)
  }

  /// The stamp that comes with a verdict is a nonce like any other.
  @Test func aReportOfANonceGetsOneThatIsOnDisk() throws {
    let line =
      #"{"jsonrpc":"2.0","id":1,"method":"report","params":"#
      + #"{"exchange":"kraken","message":"EAPI:Invalid nonce"}}"#
    guard
      case .later = service.answer(
        Array(line.utf8),
        later: { [replies] answer in
          guard let answer, let json = try? JSONValue(parsing: answer.bytes) else { return }
          replies.change { $0.append(json) }
        })
    else {
      Issue.record("answered without the disk")
      return
    }
    let answer = try reply(1)
    let number = try #require(
      answer["result"]?["stamp"]?["timestamp"]?.integer, "\(answer.text)")
    #expect(try ExchangeInstant(nanoseconds: number * 1_000_000) < ceiling())
  }

  @Test func inABatchEachHasItsAnswer() throws {
    let one = String(decoding: line, as: UTF8.self)
    let take = { @Sendable [replies] (answer: Response?) in
      guard let answer, let json = try? JSONValue(parsing: answer.bytes) else { return }
      replies.change { $0.append(json) }
    }
    guard case .later = service.answer(Array("[\(one),\(one),\(one)]".utf8), later: take) else {
      Issue.record("answered without the disk")
      return
    }
    let nonces = try (reply(1).array ?? []).map(nonce)
    #expect(nonces.count == 3 && zip(nonces, nonces.dropFirst()).allSatisfy { $0 < $1 })
  }
}
