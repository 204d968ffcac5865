package import ClockProtocol
package import JSONDocument

/// What the daemon knows, as metrics.
package enum ClockMetrics {
  /// - Parameters:
  ///   - offsets: the answer to `offsets`.
  ///   - health: the answer to `health`.
  package static func families(_ offsets: [OffsetResult], health: JSONValue) -> [MetricFamily] {
    [up(true)] + host(health) + exchanges(offsets)
  }

  /// What is told where the daemon does not answer.
  package static let whenDown = [up(false)]

  private static func up(_ isUp: Bool) -> MetricFamily {
    MetricFamily(
      "exchange_clock_up", "Whether the daemon answered: 1 or 0.",
      [.init([], isUp ? 1 : 0)])
  }

  // MARK: This host

  private static func host(_ health: JSONValue) -> [MetricFamily] {
    let counts = health["counts"]
    let clock = health["system_clock"]
    let verdicts = (health["verdicts"]?.array ?? []).compactMap(VerdictResult.init(json:))
    return [
      MetricFamily(
        "exchange_clock_build_info", "The daemon's version; always 1.",
        [.init([.init("version", health["version"]?.string ?? "")], 1)]),
      MetricFamily(
        "exchange_clock_uptime_seconds", unit: "seconds", "How long the daemon has been running.",
        one(health["uptime_ms"], per: 1e3)),
      MetricFamily(
        "exchange_clock_start_time_seconds", unit: "seconds",
        "When the daemon was started, Unix time by CLOCK_REALTIME as it was then.",
        one(health["started_us"], per: 1e6)),
      MetricFamily(
        "exchange_clock_ready",
        "Whether the exchanges that readiness waits for have had an estimate: 1 or 0.",
        [.init([], health["ready"]?.bool == true ? 1 : 0)]),
      MetricFamily(
        "exchange_clock_health", "1 for the daemon's health, 0 for the others.",
        HealthResult.Status.allCases.map { status in
          .init(
            [.init("status", status.rawValue)],
            health["status"]?.string == status.rawValue ? 1 : 0)
        }),
      MetricFamily(
        "exchange_clock_exchanges", "Exchanges that are followed.", one(counts?["exchanges"])),
      MetricFamily(
        "exchange_clock_clients", "Clients connected to the daemon's socket.",
        one(counts?["clients"])),
      MetricFamily(
        "exchange_clock_verdicts",
        "Verdicts on the health of the clocks, as exchange-clock diagnose gives them, by kind.",
        VerdictResult.Kind.allCases.map { kind in
          .init([.init("kind", kind.rawValue)], Double(verdicts.count { $0.kind == kind }))
        }),
      MetricFamily(
        "exchange_clock_system_clock_offset_seconds", unit: "seconds",
        "What most exchanges agree on minus this host's CLOCK_REALTIME; positive: this host is"
          + " behind. Missing where they do not agree.",
        one(clock?["offset_ns"], per: 1e9)),
      MetricFamily(
        "exchange_clock_system_clock_error_seconds", unit: "seconds",
        "The offset of the system clock is off by at most this.",
        one(clock?["error_ns"], per: 1e9)),
      MetricFamily(
        "exchange_clock_kernel_synchronized",
        "Whether the kernel believes that an NTP daemon keeps CLOCK_REALTIME: 1 or 0. Missing where"
          + " the daemon may not ask.",
        (clock?["kernel_synchronized"]?.bool).map { [.init([], $0 ? 1 : 0)] } ?? []),
      MetricFamily(
        "exchange_clock_kernel_maximum_error_seconds", unit: "seconds",
        "How far off the kernel thinks CLOCK_REALTIME may be. Missing where the daemon may not ask.",
        one(clock?["kernel_maximum_error_ns"], per: 1e9)),
    ]
  }

  private static func one(_ value: JSONValue?, per divisor: Double = 1) -> [MetricFamily.Sample] {
    value?.number.map { [.init([], $0 / divisor)] } ?? []
  }

  // MARK: Each exchange

  private static func exchanges(_ offsets: [OffsetResult]) -> [MetricFamily] {
    let states = ["unknown", "synchronized", "holdover", "disrupted"]
    return [
      MetricFamily(
        "exchange_clock_state", "1 for the exchange's state, 0 for the others.",
        offsets.flatMap { offset in
          states.map { state in
            .init(
              [.init("exchange", offset.exchange), .init("state", state)],
              offset.state == state ? 1 : 0)
          }
        }),
      measured(
        offsets, "offset_seconds", 1e9, \.offsetNanoseconds,
        "The exchange's clock minus this host's CLOCK_REALTIME; positive: the exchange is ahead."),
      measured(
        offsets, "offset_lower_seconds", 1e9, \.lowerNanoseconds,
        "The offset is at least this."),
      measured(
        offsets, "offset_upper_seconds", 1e9, \.upperNanoseconds,
        "The offset is at most this."),
      measured(
        offsets, "error_seconds", 1e9, \.errorNanoseconds,
        "The offset is off by at most this."),
      measured(
        offsets, "drift_ratio", 1e6, \.driftPPM,
        "The rate of the exchange's clock against this host's oscillator, less 1; positive: it is"
          + " fast."),
      measured(
        offsets, "drift_error_ratio", 1e6, \.driftErrorPPM,
        "The drift is off by at most this."),
      measured(
        offsets, "round_trip_shortest_seconds", 1e9, \.shortestRoundTripNanoseconds,
        "The shortest round trip of the last good resync."),
      measured(
        offsets, "round_trip_last_seconds", 1e9, \.lastRoundTripNanoseconds,
        "The round trip of the last sample."),
      measured(
        offsets, "last_sync_timestamp_seconds", 1e6, \.lastSyncMicroseconds,
        "When the last good sample came in, Unix time by CLOCK_REALTIME."),
      counted(
        offsets, "next_sync_seconds", unit: "seconds",
        "Until the next resync; 0 while one is under way."
      ) {
        Double($0.nextSyncMilliseconds) / 1_000
      },
      counted(
        offsets, "consecutive_failures", "Resyncs that failed since the last good one."
      ) {
        Double($0.failures)
      },
      counted(offsets, "resync_samples", "Samples of the last good resync that agree.") {
        Double($0.samples)
      },
      counted(
        offsets, "resync_rejected_samples", "Samples of the last good resync that do not agree."
      ) { Double($0.rejected) },
      total(
        offsets, "rejected_samples", by: "reason", \.rejectedBy,
        "Answers that were not used, by reason; kept over a restart of the daemon."),
      total(
        offsets, "resyncs", by: "cause", \.resyncsBy,
        "Resyncs that have ended, good or not, by what they were begun for."),
      MetricFamily(
        "exchange_clock_resyncs_failed", kind: .counter, "Resyncs that failed.",
        offsets.map { .init([.init("exchange", $0.exchange)], Double($0.resyncsFailed)) }),
      counted(
        offsets, "resolution_seconds", unit: "seconds", "The quantum of the exchange's answers."
      ) {
        Double($0.resolutionNanoseconds) / 1e9
      },
    ]
  }

  /// Missing for an exchange that has no usable estimate: no made-up numbers.
  private static func measured<Number>(
    _ offsets: [OffsetResult], _ name: String, _ divisor: Double,
    _ value: KeyPath<OffsetResult.Measurement, Number>, _ help: String
  ) -> MetricFamily {
    let unit = name.split(separator: "_").last.map(String.init)
    return MetricFamily(
      "exchange_clock_\(name)", unit: unit,
      help + " Missing while no time is given for the exchange.",
      offsets.compactMap { offset in
        guard let known = offset.measurement else { return nil }
        let number = known[keyPath: value]
        let value = (number as? Int64).map(Double.init) ?? (number as? Double) ?? .nan
        return .init([.init("exchange", offset.exchange)], value / divisor)
      })
  }

  /// A counter that has one more label.
  private static func total(
    _ offsets: [OffsetResult], _ name: String, by label: String,
    _ counts: KeyPath<OffsetResult, [JSONValue.Member]>, _ help: String
  ) -> MetricFamily {
    MetricFamily(
      "exchange_clock_\(name)", kind: .counter, help,
      offsets.flatMap { offset in
        offset[keyPath: counts].map { count in
          .init(
            [.init("exchange", offset.exchange), .init(label, count.key)], count.value.number ?? 0)
        }
      })
  }

  private static func counted(
    _ offsets: [OffsetResult], _ name: String, unit: String? = nil, _ help: String,
    _ value: (OffsetResult) -> Double
  ) -> MetricFamily {
    MetricFamily(
      "exchange_clock_\(name)", unit: unit, help,
      offsets.map { .init([.init("exchange", $0.exchange)], value($0)) })
  }
}
