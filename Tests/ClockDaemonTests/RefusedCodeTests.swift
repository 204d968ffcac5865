import ClockCore
import ClockProtocol
import DaemonSettings
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

/// What a code says of the timestamps that it is about, where those are not the exchange's usual
/// ones.
@Suite struct RefusedCodeTests {
  private func inquiry(
    _ configuration: String, _ members: [JSONValue.Member]
  ) throws -> RejectionInquiry {
    let clocks = HostClocks.read()
    let settings = try DaemonSettings.read(configuration, file: "c").get().exchanges[0]
    let entry = StatusBoard.Entry(settings: settings, status: try TestBoard.status(at: clocks))
    let params = JSONValue.object([.init("exchange", .string(settings.id))] + members)
    return RejectionInquiry(
      try RejectionReport(Parameters(params), by: nil), of: entry, host: HostWatch(at: clocks),
      after: nil)
  }

  private var milliseconds: Int64 { HostClocks.read().local.nanoseconds / 1_000_000 }

  // MARK: Windows

  /// Only keys of the older kind are refused so, by 30 s: a JWT has 2 minutes.
  @Test func anOlderKeyOfCoinbaseHasAWindowOfItsOwn() throws {
    for (age, verdict) in [(60, "clock"), (10, "late")] as [(Int64, String)] {
      let inquiry = try inquiry(
        "[exchanges.coinbase]",
        [
          .init("message", "request timestamp expired"), .init("http_status", 401),
          .init("timestamp", .integer(milliseconds / 1_000 - age)),
        ])
      #expect(inquiry.judgement.verdict.rawValue == verdict, "\(age) s")
      #expect(inquiry.explanation.contains("window of 30.0 s"), "\(inquiry.explanation)")
    }
  }

  // MARK: Forms

  @Test(
    arguments: [
      ("okx", "60006", 1_000, true), ("okx", "60006", 1, false), ("okx", "60004", 1, false),
      ("okx", "50036", 1, true), ("okx", "50036", 1_000, false), ("okx", "50102", 1_000, false),
      ("bitget", "30014", 1_000, true), ("bitget", "30014", 1, true),
      ("bitget", "40008", 1_000, false), ("bitget", "40008", 1, true),
    ] as [(String, String, Int64, Bool)])
  func aCodeMayBeAboutAnotherForm(
    _ id: String, _ code: String, _ divisor: Int64, _ isRight: Bool
  ) throws {
    let inquiry = try inquiry(
      "[exchanges.\(id)]",
      [
        .init("code", .string(code)),
        .init("timestamp", .integer((milliseconds - 60_000) / divisor)),
      ])
    #expect((inquiry.judgement.verdict != .format) == isRight, "\(inquiry.explanation)")
    let isOfLogin = code == "60006" || code == "60004"
    if !isRight {
      #expect(inquiry.explanation.contains("wanted is Unix seconds") == isOfLogin)
    }
  }

  // MARK: Nonces

  /// To sign with a smaller nonce than the refused one is refused again, for ever.
  @Test(
    arguments: [
      (1, 0), (10, 0), (1_000, 0), (1_000_000, 0), (0, 1 << 53), (0, 1 << 62), (0, .max),
    ] as [(Int64, Int64)])
  func aKeyThatHasSeenLargerNoncesIsToBeLookedAt(_ factor: Int64, _ nonce: Int64) throws {
    let nonce = nonce == 0 ? (milliseconds + 60_000) * factor : nonce
    let inquiry = try inquiry(
      "[exchanges.kraken]",
      [.init("code", "EAPI:Invalid nonce"), .init("timestamp", .integer(nonce))])
    #expect(inquiry.judgement.action == .checkKey, "\(nonce): \(inquiry.explanation)")
    #expect(inquiry.judgement.verdict == .clock && inquiry.doubt == nil)
  }

  @Test(
    arguments: [
      ("123456789012345678901234567890", "check_key"), ("0", "resign"), ("5", "resign"),
      ("1600000000", "resign"), ("-1", "resign"), ("abc", "check_format"),
      ("", "check_format"), ("2026-11-21T20:00:00.000Z", "check_format"),
    ])
  func aNonceIsAnyNumber(_ nonce: String, _ action: String) throws {
    let inquiry = try inquiry(
      "[exchanges.kraken]",
      [.init("code", "EAPI:Invalid nonce"), .init("timestamp", .string(nonce))])
    #expect(inquiry.judgement.action.rawValue == action, "\(inquiry.explanation)")
  }

  // MARK: Names

  /// What is asked for is not asked for again.
  @Test func aCodeThatIsNotKnownIsNamed() throws {
    let message = #"{"code":"400100","msg":"Order amount too small"}"#
    let inquiry = try inquiry("[exchanges.kucoin]", [.init("message", .string(message))])
    #expect(inquiry.judgement.verdict == .unknown)
    #expect(
      inquiry.explanation
        == "kucoin 400100; this code is not in the exchange's table, and nothing else of the"
        + " refusal tells what it means.")
  }
}
