import TOMLDocument
import Testing

@Suite struct DurationTextTests {
  @Test(
    arguments: [
      ("1h", Duration.seconds(3600)), ("100ms", .milliseconds(100)), ("1h30m", .seconds(5400)),
      ("0s", .zero), ("1m1s1ms1us1ns", .nanoseconds(61_001_001_001)), ("90m", .seconds(5400)),
      ("9223372036854775807ns", .nanoseconds(Int64.max)), ("007s", .seconds(7)),
    ] as [(String, Duration)])
  func reads(_ text: String, _ duration: Duration) {
    #expect(Duration(text: text) == duration)
  }

  @Test(arguments: [
    "", "1", "h", "1H", "1 h", " 1h", "1h ", "-1s", "+1s", "1.5s", "1s1h", "1s1s", "1d", "1sec",
    "9223372036854775808ns", "2562048h", "99999999999999999999h", "2562047h60m", "1h30", "١s",
  ])
  func refuses(_ text: String) {
    #expect(Duration(text: text) == nil)
  }

  @Test(arguments: [
    "1h", "24h", "1h30m", "1ms", "100ms", "1s", "1us", "1ns", "0s", "1h1m1s1ms1us1ns",
    "2562047h47m16s854ms775us807ns",
  ])
  func writesWhatItReads(_ text: String) {
    #expect(Duration(text: text)?.text == text)
  }

  @Test func writesNegatives() {
    #expect(Duration.milliseconds(-1500).text == "-1s500ms")
  }
}
