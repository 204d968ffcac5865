import ClockCore
import ClockProtocol
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

@Suite struct LongWorkTests {
  private let work = LongWork()

  private func outcome(of line: String) throws -> (outcome: LongWork.Outcome, took: Duration) {
    let service = try TestBoard().service
    let outcome = TestBoard.Mutexed<LongWork.Outcome?>(nil)
    let time = TestBoard.Mutexed<Duration?>(nil)
    let isOver = Semaphore()
    work.read(
      Array(line.utf8), for: nil, service,
      over: { took in
        time.change { $0 = took }
        isOver.signal()
      },
      done: { found in outcome.change { $0 = found } })
    isOver.wait()
    return (try #require(outcome.change { $0 }), try #require(time.change { $0 }))
  }

  private func request(_ method: String, _ params: String = "{}") -> String {
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\",\"params\":\(params)}"
  }

  @Test(arguments: ["health", "resync"]) func itIsAnsweredThere(_ method: String) throws {
    guard
      case .answered(let answer, nil) = try outcome(
        of: "[\(request(method)),\(request("x"))]"
      ).outcome
    else {
      Issue.record("no answer")
      return
    }
    let answers = try JSONValue(parsing: answer?.text ?? "").array ?? []
    #expect(answers.count == 2)
    #expect(answers.first?["result"] != nil)
    #expect(answers.last?["error"]?["code"] == -32601)
  }

  @Test func whatIsWrongIsToldTheLog() throws {
    let (outcome, took) = try outcome(of: String(repeating: "[", count: 60_000))
    #expect(took > .zero)
    guard case .answered(let answer?, let complaint?) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(try JSONValue(parsing: answer.text)["error"]?["code"] == -32700)
    #expect(complaint.hasPrefix("not a JSON document"))
  }

  @Test(arguments: ["subscribe", "unsubscribe"])
  func whatIsAboutAConnectionIsLeftToIt(_ method: String) throws {
    let line = "[\(request("health")),\(request(method))]"
    guard case .read(let message) = try outcome(of: line).outcome else {
      Issue.record("answered elsewhere")
      return
    }
    #expect(message == Message(line: Array(line.utf8)))
  }

  @Test func listsOfManyAreLongWork() {
    func isLong(_ method: String, _ exchanges: Int, _ params: String = "{}") -> Bool {
      Message(line: Array(request(method, params).utf8)).isLongWork(exchanges: exchanges)
    }
    #expect(!isLong("offsets", 16))
    #expect(isLong("offsets", 17))
    #expect(isLong("exchanges", 1))
    #expect(!isLong("offset", 1000, "{\"exchange\":\"okx\"}"))
    #expect(!isLong("stamp", 1000, "{\"exchange\":\"okx\"}"))
    #expect(isLong("resync", 1000))
    let notification = Request(id: nil, method: "resync").line
    #expect(!Message(line: Array(notification.utf8)).isLongWork(exchanges: 1000))
    // What it tells later on is told on its connection.
    #expect(!isLong("subscribe", 1000))
    func isBatchLong(_ methods: [String], _ exchanges: Int) -> Bool {
      let line = "[\(methods.map { request($0) }.joined(separator: ","))]"
      return Message(line: Array(line.utf8)).isLongWork(exchanges: exchanges)
    }
    #expect(!isBatchLong(["health", "health"], 1000))
    #expect(!isBatchLong(["offsets", "health", "offsets"], 8))
    #expect(isBatchLong(["offsets", "health", "offsets"], 9))
    #expect(isBatchLong(["health", "exchanges"], 1))
    #expect(!isBatchLong(["offsets", "unsubscribe"], 1000))
  }
}
