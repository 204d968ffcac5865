import ClockProtocol
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockMetrics

@Suite struct ExpositionTests {
  private static let families = [
    MetricFamily(
      "a_rejected_samples", kind: .counter, "Not \"used\",\nby \\.",
      [.init([.init("exchange", "x\"\\\n")], 12)]),
    MetricFamily("a_offset_seconds", unit: "seconds", "An offset.", [.init([], -0.0000125)]),
  ]

  @Test func openMetricsIsAsTheStandardHasIt() {
    #expect(
      Exposition.openMetrics.text(of: Self.families) == #"""
        # HELP a_rejected_samples Not \"used\",\nby \\.
        # TYPE a_rejected_samples counter
        a_rejected_samples_total{exchange="x\"\\\n"} 12
        # HELP a_offset_seconds An offset.
        # TYPE a_offset_seconds gauge
        # UNIT a_offset_seconds seconds
        a_offset_seconds -1.25e-05
        # EOF

        """#)
  }

  @Test func theOlderFormatNamesTheSeries() {
    let text = Exposition.prometheus.text(of: Self.families)
    #expect(text.contains("# TYPE a_rejected_samples_total counter\n"))
    #expect(text.contains(#"# HELP a_rejected_samples_total Not "used",\nby \\."# + "\n"))
    #expect(!text.contains("# UNIT") && !text.contains("# EOF"))
  }

  @Test func theClientChoosesTheFormat() {
    #expect(Exposition.accepted(by: nil) == .prometheus)
    #expect(Exposition.accepted(by: "text/plain;version=0.0.4") == .prometheus)
    #expect(
      Exposition.accepted(by: "Application/OpenMetrics-text;version=1.0.0;q=0.75,*/*;q=0.1")
        == .openMetrics)
  }

  @Test(
    arguments: [
      ("application/openmetrics-text; version=\"1.0.0\"; q=0.5, text/plain;q=0.5", true),
      ("text/plain;q=0.4, application/openmetrics-text", true),
      ("application/openmetrics-text;version=0.0.1;q=0.9, */*;q=0.1", false),
      ("application/openmetrics-text;version=2.0.0, text/plain;q=0.2", false),
      ("application/openmetrics-text;q=0, text/plain", false),
      ("application/openmetrics-text;q=0", false),
      ("application/openmetrics-text;q=0.3, text/plain;version=0.0.4;q=0.8", false),
      ("x-application/openmetrics-text-not", false), ("*/*", false), ("", false), (";,q=", false),
      ("application/openmetrics-text;q=much", false),
    ])
  func theClientsPreferenceCounts(header: String, isOpenMetrics: Bool) {
    #expect(Exposition.accepted(by: header) == (isOpenMetrics ? .openMetrics : .prometheus))
  }

  @Test func numbersLoseNothing() {
    for value in [0, -3, 1_795_262_400.123456, 1e-9, .pi, 1e300] as [Double] {
      #expect(Double(Exposition.number(value)) == value)
    }
    #expect(Exposition.number(1_795_262_400) == "1795262400")
    #expect(Exposition.number(.infinity) == "+Inf" && Exposition.number(.nan) == "NaN")
  }
}
