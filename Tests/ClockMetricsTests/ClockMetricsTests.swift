import ClockProtocol
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockMetrics

@Suite struct ClockMetricsTests {
  private static let known = OffsetResult.Measurement(
    offsetNanoseconds: -1_500_000_000, lowerNanoseconds: -1_501_000_000,
    upperNanoseconds: -1_499_000_000, errorNanoseconds: 1_000_000, driftPPM: 2.5,
    driftErrorPPM: 1, shortestRoundTripNanoseconds: 30_000_000,
    lastRoundTripNanoseconds: 31_000_000, lastSyncMicroseconds: 1_795_262_400_500_000,
    ageMilliseconds: 5)

  private static let health: JSONValue = [
    "status": "degraded", "ready": true, "uptime_ms": 1500,
    "started_us": 1_795_262_000_250_000, "version": "0.1.0",
    "system_clock": [
      "offset_ns": 250_000_000, "error_ns": 10_000_000, "kernel_synchronized": nil,
      "kernel_maximum_error_ns": nil,
    ],
    "counts": ["exchanges": 2, "clients": 3], "verdicts": [],
  ]

  private static var offsets: [OffsetResult] {
    var okx = OffsetResult(
      exchange: "okx", state: "synchronized", reason: "", measurement: known, samples: 8,
      rejected: 1, resolutionNanoseconds: 1_000_000, nextSyncMilliseconds: 90_000, failures: 0)
    okx.rejectedBy = [.init("stale", 4)]
    okx.resyncsBy = [.init("start", 1), .init("interval", 24)]
    okx.resyncsFailed = 2
    let kraken = OffsetResult(
      exchange: "kraken", state: "unknown", reason: "HTTP 418", measurement: nil, samples: 0,
      rejected: 0, resolutionNanoseconds: 1_000_000_000, nextSyncMilliseconds: 0, failures: 7)
    return [kraken, okx]
  }

  private static var lines: [Substring] {
    Exposition.prometheus.text(of: ClockMetrics.families(offsets, health: health))
      .split(separator: "\n")
  }

  @Test(
    arguments: [
      "exchange_clock_up 1", #"exchange_clock_build_info{version="0.1.0"} 1"#,
      "exchange_clock_uptime_seconds 1.5", "exchange_clock_start_time_seconds 1795262000.25",
      #"exchange_clock_health{status="degraded"} 1"#,
      #"exchange_clock_health{status="ok"} 0"#, "exchange_clock_clients 3",
      "exchange_clock_system_clock_offset_seconds 0.25",
      #"exchange_clock_state{exchange="okx",state="synchronized"} 1"#,
      #"exchange_clock_state{exchange="kraken",state="synchronized"} 0"#,
      #"exchange_clock_offset_seconds{exchange="okx"} -1.5"#,
      #"exchange_clock_drift_ratio{exchange="okx"} 2.5e-06"#,
      #"exchange_clock_last_sync_timestamp_seconds{exchange="okx"} 1795262400.5"#,
      #"exchange_clock_next_sync_seconds{exchange="okx"} 90"#,
      #"exchange_clock_consecutive_failures{exchange="kraken"} 7"#,
      #"exchange_clock_rejected_samples_total{exchange="okx",reason="stale"} 4"#,
      #"exchange_clock_resyncs_total{exchange="okx",cause="interval"} 24"#,
      #"exchange_clock_resyncs_failed_total{exchange="okx"} 2"#,
    ])
  func eachValueIsInBaseUnits(line: String) {
    #expect(Self.lines.contains { $0 == line })
  }

  @Test func whatIsNotKnownIsMissingRatherThanZero() {
    for name in ["offset_seconds", "error_seconds", "drift_ratio", "last_sync"] {
      #expect(
        !Self.lines.contains { $0.hasPrefix("exchange_clock_\(name)") && $0.contains("kraken") })
    }
    #expect(!Self.lines.contains { $0.hasPrefix("exchange_clock_kernel_synchronized ") })
  }

  @Test func withoutADaemonOnlyThatIsTold() {
    let text = Exposition.prometheus.text(of: ClockMetrics.whenDown)
    #expect(text.hasSuffix("\nexchange_clock_up 0\n"))
  }

  /// docs/metrics.md lists each metric with its type and its help, and no other.
  @Test func theDocumentListsWhatIsPrinted() throws {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/")
    let text = String(
      decoding: try FileContents.read("\(root)/docs/metrics.md"), as: UTF8.self)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `exchange_clock_") }
    let families = ClockMetrics.families(Self.offsets, health: Self.health)
    let expected = families.map { family -> String in
      let name = family.name + (family.kind == .counter ? "_total" : "")
      let labels = family.samples.first?.labels.map { "`\($0.name)`" } ?? []
      return "| `\(name)` | \(family.kind.rawValue) | \(labels.joined(separator: ", ")) |"
        + " \(family.help) |"
    }
    #expect(rows.map(String.init) == expected)
  }
}
