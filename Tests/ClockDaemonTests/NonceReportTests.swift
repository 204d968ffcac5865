import ClockCore
import ClockProtocol
import DaemonSettings
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// Gemini has keys whose nonces are times, and keys whose nonces only grow: a refusal tells which of
/// the two rules it was, whatever is configured.
@Suite struct NonceReportTests {
  static let timed = "[exchanges.gemini]"
  static let growing = timed + "\nwindow_kind = \"nonce\"\ntimestamp_format = \"unix_ms\""

  private func inquiry(
    _ configuration: String, _ params: JSONValue
  ) throws -> RejectionInquiry {
    let clocks = HostClocks.read()
    let settings = try DaemonSettings.read(configuration, file: "c").get().exchanges[0]
    let entry = StatusBoard.Entry(
      settings: settings, status: try TestBoard.status(at: clocks))
    return RejectionInquiry(
      try RejectionReport(Parameters(params), by: nil), of: entry, host: HostWatch(at: clocks),
      after: nil)
  }

  @Test(arguments: [timed, growing], [1, 1_000])
  func aNonceThatDoesNotGrowWasUsedUp(_ configuration: String, _ perSecond: Int64) throws {
    // A minute ago.
    let nonce = (HostClocks.read().local.nanoseconds / 1_000_000_000 - 60) * perSecond
    let inquiry = try inquiry(
      configuration,
      [
        "exchange": "gemini", "code": "InvalidNonce", "http_status": 400,
        "timestamp": .integer(nonce),
        "message": .string(
          "Nonce '\(nonce)' has not increased since your last call to the Gemini API"),
      ])
    #expect(inquiry.judgement.verdict == .clock && inquiry.doubt == nil)
    if configuration == Self.growing {
      #expect(inquiry.judgement.action == .resign && inquiry.judgement.finding == .nonceUsedUp)
      #expect(
        inquiry.explanation.hasPrefix(
          "gemini InvalidNonce: the nonce is not larger than the last one of this key; no clock is"
            + " compared, each nonce must exceed the last one of its key"))
    } else {
      // Two stamps of one second are the same: to sign again with those goes on for ever.
      #expect(inquiry.judgement.action == .checkKey)
      #expect(inquiry.explanation.contains("set window_kind = \"nonce\""))
    }
  }

  @Test func aNonceThatIsNoRightTimeIsStillAMatterOfTheClock() throws {
    let seconds = HostClocks.read().local.nanoseconds / 1_000_000_000
    let inquiry = try inquiry(
      Self.timed,
      [
        "exchange": "gemini",
        "message": .string(
          "Nonce '\(seconds - 60)' is not within 30 seconds of server time '\(seconds)'"),
      ])
    #expect(inquiry.judgement.verdict == .clock && inquiry.judgement.finding != .nonceUsedUp)
  }
}
