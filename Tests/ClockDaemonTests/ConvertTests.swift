import ClockCore
import ClockProtocol
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

@Suite struct ConvertTests {
  private let test: TestBoard

  init() throws {
    test = try TestBoard()
  }

  private func convert(_ id: String, _ local: String) throws -> JSONValue {
    try test.call("convert", "{\"exchange\":\"\(id)\",\"local_us\":\(local)}")
  }

  private var microseconds: Int64 { HostClocks.read().local.nanoseconds / 1_000 }

  @Test func aMomentAgoIsConverted() throws {
    let local = microseconds
    let result = try #require(
      try convert("binance", "\(local)")["result"].flatMap(ConvertResult.init))
    #expect(result.exchange == "binance")
    #expect(result.localMicroseconds == local)
    #expect(result.earliestMicroseconds <= result.estimateMicroseconds)
    #expect(result.estimateMicroseconds <= result.latestMicroseconds)
    // 250 ms ahead within 10 ms, and what placing the reading adds.
    #expect(result.earliestMicroseconds <= local + 240_000)
    #expect(result.earliestMicroseconds > local + 238_000)
    #expect(result.latestMicroseconds >= local + 260_000)
    #expect(result.latestMicroseconds < local + 262_000)
  }

  @Test(arguments: [
    ("binance", "4102444800000000", -32602, "local_us: this host's clock will show that in "),
    ("binance", "-1", -32602, "local_us: a whole number from 0 to 9007199254740992 is expected"),
    ("binance", "\"5\"", -32602, "local_us: a whole number from 0 to 9007199254740992 is expected"),
    ("binance", "1.5", -32602, "local_us: a whole number from 0 to 9007199254740992 is expected"),
    ("binance", "null", -32602, "local_us: missing; a whole number is expected"),
    ("binance", "1000", -32001, "binance: that time cannot be told: what this host's clock showed"),
    ("okx", "1000", -32001, "okx: that time cannot be told: "),
    ("nowhere", "1000", -32002, "unknown exchange \"nowhere\""),
  ])
  func refusals(_ id: String, _ local: String, _ code: Int64, _ message: String) throws {
    let error = try convert(id, local)["error"]
    #expect(error?["code"]?.integer == code)
    #expect(error?["message"]?.string?.hasPrefix(message) == true, "\(error?.text ?? "")")
  }

  @Test func anExchangeInDoubtIsNotConvertedSinceThen() throws {
    test.board.change { $0.entries[0].status.disruption = "answers contradict the past" }
    let error = try convert("binance", "\(microseconds)")["error"]
    #expect(error?["data"]?["state"] == "disrupted")
    #expect(error?["data"]?["reason"] == "answers contradict the past")
  }

  @Test func anInterruptionThatNobodyHasDealtWithIsNoticed() throws {
    var before = HostClocks.read()
    before.suspended = ClockLead(
      lower: before.suspended.lower - .seconds(1), upper: before.suspended.upper - .seconds(1))
    test.board.change { $0.host = HostWatch(at: before) }
    let error = try convert("binance", "\(microseconds)")["error"]
    #expect(error?["data"]?["reason"] == "the host was suspended")
  }

  @Test func whatWasSetIsNotConverted() throws {
    let local = microseconds
    test.board.lookAtLocalClock(wasSet: true)
    let error = try convert("binance", "\(local)")["error"]
    #expect(error?["data"]?["reason"]?.string?.contains("was set about then") == true)
  }
}
