import ClockCore
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// A subscriber that also asks.
@Suite struct NewsTurnTests {
  private let test: TestBoard
  private let scratch = Scratch()
  private let served: ServedLoop
  private let client: LoopClient

  init() throws {
    let test = try TestBoard()
    self.test = test
    served = try ServedLoop(
      at: scratch.root + "/socket",
      shortcut: { test.service.answer($0, at: $1, to: &$2, ends: &$3) },
      handler: { _, input, session in
        guard case .line(let line) = input,
          case .now(let reply) = test.service.answer(line, for: session, later: { _ in })
        else { return .later }
        return .now(reply)
      })
    client = try LoopClient(of: scratch.root + "/socket")
  }

  private func send(_ id: Int, _ method: String, _ parameters: String) {
    let line = #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(parameters)}"#
    client.send(line + "\n")
  }

  private func lines() throws -> [JSONValue] {
    try client.text().split(separator: "\n").map { try JSONValue(parsing: String($0)) }
  }

  private func change(by change: Duration) throws {
    let status = try TestBoard.status(
      at: .read(), ahead: .milliseconds(250) + change, error: .milliseconds(10))
    test.board.publish { $0.entries[0].show(status) }
    served.loop.tell(test.board.read())
  }

  /// What waits to be told may not fit: an answer must not come to stand within it.
  @Test func whatWasAskedIsAnsweredBeforeMoreIsTold() throws {
    send(1, "subscribe", "{}")
    served.settle()
    #expect(try lines().map { $0["id"]?.integer } == [1])
    send(2, "stamp", #"{"exchange":"binance"}"#)
    served.settle()
    #expect(try lines().map { $0["id"]?.integer } == [2])
    // More is done for the news than for plain requests, so that these come first.
    for step in 1...5 {
      try change(by: .milliseconds(5 * step))
      served.settle()
      #expect(try lines().map { $0["method"]?.text } == [#""offset""#])
    }
    send(3, "stamp", #"{"exchange":"binance"}"#)
    #expect(served.look() == 1)
    try change(by: .milliseconds(30))
    served.serve()
    let told = try lines()
    #expect(told.map { $0["id"]?.integer } == [3, nil])
    #expect(told.last?["method"]?.text == #""offset""#)
  }
}
