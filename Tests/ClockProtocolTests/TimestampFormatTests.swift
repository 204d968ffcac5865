import ClockCore
import ClockProtocol
import JSONDocument
import Testing

/// How a stamp is written for an exchange.
@Suite struct TimestampFormatTests {
  @Test(
    arguments: [
      (.unixSeconds, .integer(1_762_820_224)), (.unixMilliseconds, .integer(1_762_820_224_559)),
      (.unixMicroseconds, .integer(1_762_820_224_559_123)),
      // Beyond what a double holds.
      (.unixNanoseconds, .string("1762820224559123457")),
      (.iso8601Milliseconds, .string("2025-11-11T00:17:04.559Z")),
      (.iso8601BareSeconds, .string("2025-11-11T00:17:04")),
    ] as [(TimestampFormat, JSONValue)])
  func everyFormat(_ format: TimestampFormat, _ json: JSONValue) {
    #expect(format.json(of: ExchangeInstant(nanoseconds: 1_762_820_224_559_123_457)) == json)
  }

  @Test func noneIsForgotten() { #expect(TimestampFormat.allCases.count == 6) }
}
