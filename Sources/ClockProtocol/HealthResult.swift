package import JSONDocument

/// How the daemon and the clocks it follows are.
package struct HealthResult: Sendable, Equatable {
  package enum Status: String, Sendable, CaseIterable {
    /// Every exchange is synchronized.
    case ok
    /// Some exchange is not synchronized, but time is given for at least one.
    case degraded
    /// No time is given for any exchange.
    case failing
  }

  package var status: Status

  /// One clause for each thing that is not well; none when the status is ok.
  package var reasons: [String]

  /// READY=1 was sent: every exchange that could be reached has an estimate.
  package var isReady: Bool

  /// As much is known now as the setting `ready.when` demands. An exchange whose last three resyncs
  /// have failed is not waited for where others are known.
  package var isReadyNow = false

  /// The file that the daemon's settings are of; nil where it does not tell.
  package var configuration: String?
  package var uptimeMilliseconds: Int64

  /// CLOCK_REALTIME when the daemon was started, Unix microseconds, as it was then.
  package var startedMicroseconds: Int64?
  package var version: String

  /// What most exchanges agree CLOCK_REALTIME lacks; nil before the first estimate. Positive: the
  /// exchanges are ahead of this host.
  package var systemClockOffsetNanoseconds: Int64?
  package var systemClockErrorNanoseconds: Int64?

  /// The kernel believes that an NTP daemon keeps CLOCK_REALTIME; nil where it may not be asked.
  package var isKernelSynchronized: Bool?

  /// How far off the kernel thinks CLOCK_REALTIME is, and may be; nil as above.
  package var kernelEstimatedErrorNanoseconds: Int64?
  package var kernelMaximumErrorNanoseconds: Int64?

  /// Whose clock is wrong, which path is bad, or that all is fine; the gravest first.
  package var verdicts: [VerdictResult] = []

  /// How many exchanges are in each state, by the state's name, and how many clients are connected.
  package var counts: [JSONValue.Member]

  package init(
    status: Status, reasons: [String], isReady: Bool, uptimeMilliseconds: Int64, version: String,
    systemClockOffsetNanoseconds: Int64?, systemClockErrorNanoseconds: Int64?,
    isKernelSynchronized: Bool?, counts: [JSONValue.Member]
  ) {
    self.status = status
    self.reasons = reasons
    self.isReady = isReady
    self.uptimeMilliseconds = uptimeMilliseconds
    self.version = version
    self.systemClockOffsetNanoseconds = systemClockOffsetNanoseconds
    self.systemClockErrorNanoseconds = systemClockErrorNanoseconds
    self.isKernelSynchronized = isKernelSynchronized
    self.counts = counts
  }

  package var json: JSONValue {
    [
      "status": .string(status.rawValue),
      "reasons": .array(reasons.map(JSONValue.string)), "ready": .bool(isReady),
      "ready_now": .bool(isReadyNow), "configuration": configuration.map(JSONValue.string) ?? .null,
      "uptime_ms": .integer(uptimeMilliseconds),
      "started_us": .optional(startedMicroseconds), "version": .string(version),
      "system_clock": [
        "offset_ns": .optional(systemClockOffsetNanoseconds),
        "error_ns": .optional(systemClockErrorNanoseconds),
        "kernel_synchronized": isKernelSynchronized.map(JSONValue.bool) ?? .null,
        "kernel_estimated_error_ns": .optional(kernelEstimatedErrorNanoseconds),
        "kernel_maximum_error_ns": .optional(kernelMaximumErrorNanoseconds),
      ],
      "verdicts": .array(verdicts.map(\.json)), "counts": .object(counts),
    ]
  }
}
