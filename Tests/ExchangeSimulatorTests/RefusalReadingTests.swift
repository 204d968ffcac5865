import ClockCore
import ExchangeCatalog
import ExchangeSimulator
import Testing

/// The refusals that simulated exchanges really send, read by the catalogue's tables.
@Suite struct RefusalReadingTests {
  private let now = ExchangeInstant(nanoseconds: 1_762_820_224_500_000_000)

  /// Those whose refusals of a timestamp say nothing of it, by their documents.
  private static let mute: Set<String> = ["deribit"]

  private func text(_ instant: ExchangeInstant, _ format: TimestampFormat) -> String {
    let civil = ClockCore.CivilTime(unixNanoseconds: instant.nanoseconds)
    return switch format {
    case .unixSeconds: String(instant.nanoseconds / 1_000_000_000)
    case .unixMilliseconds: String(instant.nanoseconds / 1_000_000)
    case .unixMicroseconds: String(instant.nanoseconds / 1_000)
    case .unixNanoseconds: String(instant.nanoseconds)
    case .iso8601Milliseconds: civil.iso8601(fractionDigits: 3)
    case .iso8601BareSeconds: String(civil.iso8601(fractionDigits: 0).dropLast())
    }
  }

  private func reading(
    _ id: String, _ answer: HTTPAnswer
  ) throws -> RejectionReading {
    let definition = try #require(ExchangeCatalog.definition(of: id))
    return definition.reading(
      of: Refusal(httpStatus: answer.status, message: answer.text)
    ).reading
  }

  @Test(arguments: SignedRequest.ids.sorted())
  func aTimestampThatIsOffIsReadAsAMatterOfTheClock(_ id: String) throws {
    let behavior = try #require(ExchangeBehaviors[id])
    let definition = try #require(ExchangeCatalog.definition(of: id))
    var told = 0
    for (off, side) in [(-3_600, TimestampSide.behind), (3_600, .ahead)] {
      let stamp = text(now + .seconds(off), definition.timestampFormat)
      let request = try #require(SignedRequest.make(id, stamp: stamp, window: "5000"))
      var ledger = Ledger()
      var answer = behavior.rejection(of: request, at: now, ledger: &ledger)
      // A nonce is refused when it comes again.
      if answer == nil, definition.rule == .nonce {
        answer = behavior.rejection(of: request, at: now, ledger: &ledger)
      }
      guard let answer else { continue }
      let reading = try reading(id, answer)
      guard !Self.mute.contains(id) else {
        #expect(reading == .listed(.key, nil), "\(answer.text)")
        continue
      }
      guard case .listed(let cause, let saidSide) = reading else {
        Issue.record("\(id), \(off) s: \(reading): \(answer.status) \(answer.text)")
        continue
      }
      told += 1
      #expect(cause == .clock || cause == .late, "\(answer.text)")
      #expect(saidSide == nil || saidSide == side, "\(off) s: \(answer.text)")
    }
    #expect(told > 0 || Self.mute.contains(id) || definition.rule == .untimed)
  }

  @Test(arguments: SignedRequest.ids.sorted())
  func theClockInARefusalIsTheExchanges(_ id: String) throws {
    let behavior = try #require(ExchangeBehaviors[id])
    let definition = try #require(ExchangeCatalog.definition(of: id))
    guard definition.refusalTime != nil else { return }
    let stamp = text(now - .seconds(3_600), definition.timestampFormat)
    let request = try #require(SignedRequest.make(id, stamp: stamp))
    var ledger = Ledger()
    let first = behavior.rejection(of: request, at: now, ledger: &ledger)
    let second = behavior.rejection(of: request, at: now, ledger: &ledger)
    let answer = try #require(first ?? second)
    let refusal = Refusal(httpStatus: answer.status, message: answer.text)
    let disclosed = try #require(definition.disclosedTime(in: refusal), "\(answer.text)")
    #expect(
      disclosed.time <= now && now < disclosed.time + disclosed.resolution, "\(answer.text)")
    if definition.refusalTimestamp != nil {
      let repeated = try #require(definition.repeatedTimestamp(in: refusal), "\(answer.text)")
      #expect(repeated == definition.reportedTimestamp(stamp))
    }
  }

  @Test(arguments: SignedRequest.ids.sorted())
  func aRateLimitIsReadAsOne(_ id: String) throws {
    let behavior = try #require(ExchangeBehaviors[id])
    let body = behavior.rateLimitBody(at: now, retryAfterSeconds: 5)
    let reading = try reading(id, HTTPAnswer(429, json: body))
    #expect(reading == .listed(.rateLimit, nil), "\(body)")
  }
}
