import ClockProtocol
import Dispatch
import Glibc
import JSONDocument
import LinuxSystem
import Synchronization
import Testing

@testable import ClockDaemon

@Suite struct HistoryKeeperTests {
  private let scratch = Scratch()
  private let lines = TestBoard.Mutexed([String]())

  private func keeper(_ directory: String) -> HistoryKeeper {
    HistoryKeeper(directory: directory) { [lines] _, line in lines.change { $0.append(line) } }
  }

  private func event(_ text: String) -> HistoryResult.Event {
    HistoryResult.Event(
      sequence: 0, microseconds: 5, kind: .state, sizeNanoseconds: 0, text: text)
  }

  private func read(
    _ keeper: HistoryKeeper, _ exchange: String, since: Int64 = 0, after: Int64 = 0,
    limit: Int = 500
  ) -> Result<HistoryResult, HistoryKeeper.Failure> {
    let result = Mutex<Result<HistoryResult, HistoryKeeper.Failure>?>(nil)
    let done = DispatchSemaphore(value: 0)
    withExtendedLifetime(result) {
      keeper.read(.init(exchange: exchange, since: since, after: after, limit: limit)) { found in
        result.withLock { $0 = found }
        done.signal()
      }
      done.wait()
    }
    return result.withLock { $0 } ?? .failure(.init(reason: "nothing"))
  }

  @Test func eachExchangeHasItsOwn() throws {
    let keeper = keeper(scratch.root)
    keeper.add(event("both"), of: ["okx", "binance"])
    keeper.add(event("one"), of: ["okx"])
    #expect(try read(keeper, "okx").get().events.map(\.text) == ["both", "one"])
    #expect(try read(keeper, "binance").get().events.map(\.text) == ["both"])
    #expect(try read(keeper, "kraken").get().events.isEmpty)
    #expect(lines.change { $0 }.isEmpty)
  }

  @Test func pagesFollowOneAnother() throws {
    let keeper = keeper(scratch.root)
    for number in 1...25 { keeper.add(event("\(number)"), of: ["okx"]) }
    var (found, after): ([String], Int64?) = ([], 0)
    var pages = 0
    while let begin = after {
      let page = try read(keeper, "okx", after: begin, limit: 10).get()
      found += page.events.map(\.text)
      after = page.next
      pages += 1
    }
    #expect(found == (1...25).map { "\($0)" } && pages == 3)
    #expect(try read(keeper, "okx", since: 6).get().events.isEmpty)
  }

  @Test func aDiskThatFailsIsToldOnceAndAgainWhenItIsWell() throws {
    let directory = scratch.root + "/missing/history"
    let keeper = keeper(directory)
    for _ in 0..<3 { keeper.add(event("lost"), of: ["okx"]) }
    guard case .failure(let failure) = read(keeper, "okx") else {
      Issue.record("a history without a directory was read")
      return
    }
    #expect(failure.reason.contains("No such file"))
    #expect(lines.change { $0 }.count == 1)
    #expect(lines.change { $0[0] }.hasPrefix("the history of okx cannot be written: make "))
    mkdir(scratch.root + "/missing", 0o700)
    keeper.add(event("kept"), of: ["okx"])
    #expect(try read(keeper, "okx").get().events.map(\.text) == ["kept"])
    #expect(lines.change { $0.last } == "the history of okx is written again")
    for name in ["history/okx.ring"] { unlink(scratch.root + "/missing/" + name) }
    rmdir(directory)
    rmdir(scratch.root + "/missing")
  }

  /// What is done to the file of a running daemon, and what of the history is there after it.
  @Test(arguments: [
    ("removed", ["later"]), ("replaced", ["later"]), ("emptied", ["later"]),
    ("cut off", ["later"]), ("its end cut off", ["first", "later"]),
  ])
  func aFileThatIsTakenAwayIsNotWrittenToAnyLonger(what: String, left: [String]) throws {
    let keeper = keeper(scratch.root)
    let path = scratch.root + "/okx.ring"
    keeper.add(event("first"), of: ["okx"])
    _ = try read(keeper, "okx").get()
    switch what {
    case "removed": unlink(path)
    case "replaced": rename(path, path + ".moved")
    case "emptied": truncate(path, 0)
    case "cut off": truncate(path, 40)
    default: truncate(path, off_t(HistoryRing.size - 1))
    }
    keeper.add(event("later"), of: ["okx"])
    #expect(try read(keeper, "okx").get().events.map(\.text) == left)
    #expect(lines.change { $0[0] }.hasPrefix("the history \(path) was removed, replaced or cut"))
    // By another daemon, which finds it where it looks for it.
    #expect(try HistoryRing(path + ".other", id: "okx").read().events.isEmpty)
    for name in [path, path + ".other", path + ".moved", path + ".damaged"] { unlink(name) }
  }

  @Test func withoutAStateFileTheRequestIsRefused() throws {
    let test = try TestBoard()
    let line = #"{"jsonrpc":"2.0","id":1,"method":"history","params":{"exchange":"okx"}}"#
    let told = TestBoard.Mutexed("")
    _ = test.service.answer(Array(line.utf8)) { text in told.change { $0 = text?.text ?? "" } }
    let error = try JSONValue(parsing: told.change { $0 })["error"]
    #expect(error?["code"] == -32004 && error?["message"]?.string?.contains("--state") == true)
    for params in [
      #"{"exchange":"nope"}"#, #"{}"#, #"{"exchange":"okx","limit":501}"#,
      #"{"exchange":"okx","since":1}"#,
    ] {
      let refused = try test.call("history", params)["error"]?["code"]
      #expect([-32602, -32002].contains(refused), "\(params)")
    }
  }
}
