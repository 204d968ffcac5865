import ClockCore
import Testing

@Suite struct CivilTimeTests {
  @Test(
    arguments: [
      (Int64(0), "1970-01-01T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
      (1_582_934_400_000_000_000, "2020-02-29T00:00:00.000000000Z"),
      (1_583_020_799_999_999_999, "2020-02-29T23:59:59.999999999Z"),
      (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
      (1_762_820_224_000_000_001, "2025-11-11T00:17:04.000000001Z"),
      (.max, "2262-04-11T23:47:16.854775807Z"), (.min, "1677-09-21T00:12:43.145224192Z"),
    ] as [(Int64, String)])
  func unixTimeAndTextAgree(_ nanoseconds: Int64, _ text: String) {
    let time = CivilTime(unixNanoseconds: nanoseconds)
    #expect(time.iso8601(fractionDigits: 9) == text)
    #expect(CivilTime(iso8601: text) == time)
    #expect(time.unixNanoseconds == nanoseconds)
  }

  /// Every day of 580 years follows the day before it.
  @Test func daysFollowEachOther() {
    let nanosecondsOfADay: Int64 = 86_400_000_000_000
    var previous = CivilTime(unixNanoseconds: -106_001 * nanosecondsOfADay)
    for day in Int64(-106_000)..<106_000 {
      let time = CivilTime(unixNanoseconds: day * nanosecondsOfADay)
      let isNextMonth = time.day == 1 && time.month == previous.month % 12 + 1
      guard time.unixSeconds == day * 86_400, time.weekday == (previous.weekday + 1) % 7,
        time.day == previous.day + 1 || isNextMonth
      else {
        Issue.record("\(time) after \(previous)")
        return
      }
      previous = time
    }
  }

  @Test(arguments: [
    ("2020-12-08T09:08:57Z", 0), ("2020-12-08T09:08:57.7Z", 700_000_000),
    ("2020-12-08T09:08:57.715+00:00", 715_000_000),
    ("2020-12-08T09:08:57.123456789Z", 123_456_789),
  ])
  func readsFractions(_ text: String, _ nanosecond: Int) {
    #expect(CivilTime(iso8601: text)?.nanosecond == nanosecond)
    #expect(CivilTime(iso8601: text)?.unixSeconds == 1_607_418_537)
  }

  @Test(arguments: [
    "", "2020", "2020-12-08", "2020-12-08T09:08:57", "2020-12-08 09:08:57Z",
    "2020-12-08T09:08:57.Z", "2020-12-08T09:08:57.1234567890Z", "2020-12-08T09:08:57+01:00",
    "2020-12-08T09:08:57-00:00", "2020-13-08T09:08:57Z", "2021-02-29T00:00:00Z",
    "2020-12-08T24:00:00Z", "2020-12-08T23:60:00Z", "2016-12-31T23:59:60Z",
    "2020-12-08T09:08:57Zx", "2020-12-00T09:08:57Z", "-020-12-08T09:08:57Z",
    "2020-1-08T09:08:57Z", "٢٠٢٠-12-08T09:08:57Z",
  ])
  func refuses(_ text: String) {
    #expect(CivilTime(iso8601: text) == nil)
  }

  @Test(arguments: [(1900, false), (1996, true), (1999, false), (2000, true), (2100, false)])
  func leapYears(_ year: Int, _ isLeap: Bool) {
    #expect((CivilTime(year: year, month: 2, day: 29) != nil) == isLeap)
    #expect(CivilTime(year: year, month: 2, day: 30) == nil)
    #expect(CivilTime(year: year, month: 4, day: 31) == nil)
  }

  @Test func fractionIsCutOffNotRounded() throws {
    let time = try #require(CivilTime(iso8601: "2020-12-08T09:08:57.999999999Z"))
    #expect(time.iso8601(fractionDigits: 3) == "2020-12-08T09:08:57.999Z")
    #expect(time.iso8601(fractionDigits: 0) == "2020-12-08T09:08:57Z")
  }

  @Test func outsideOf64BitsThereIsNoNanosecond() {
    #expect(CivilTime(iso8601: "2262-04-11T23:47:16.854775808Z")?.unixNanoseconds == nil)
    #expect(CivilTime(iso8601: "1677-09-21T00:12:43.145224191Z")?.unixNanoseconds == nil)
    #expect(CivilTime(iso8601: "9999-12-31T23:59:59Z")?.unixSeconds == 253_402_300_799)
    #expect(CivilTime(iso8601: "0000-01-01T00:00:00Z")?.unixNanoseconds == nil)
  }
}
