import JSONDocument

@testable import ExchangeClock

/// What the client told, as JSON with the names of the protocol again: so that a member that is
/// read into the wrong place shows.
protocol ToldResult {
  var json: JSONValue { get }
}

extension ExchangeTime: ToldResult {
  var json: JSONValue {
    [
      "exchange": .string(exchange.rawValue), "state": .string(state.rawValue),
      "estimate_us": .integer(estimateNanoseconds / 1_000),
      "earliest_us": .integer(earliestNanoseconds / 1_000),
      "latest_us": .integer(latestNanoseconds / 1_000),
      "local_us": .integer(localNanoseconds / 1_000),
    ]
  }
}

extension RequestStamp: ToldResult {
  var json: JSONValue {
    [
      "exchange": .string(exchange.rawValue), "state": .string(state.rawValue),
      "timestamp": isText ? .string(timestamp) : .integer(Int64(timestamp) ?? 0),
      "unix_us": .integer(unixMicroseconds), "carrier": .text(carrier),
      "recv_window_ms": .milliseconds(window),
      "min_recv_window_ms": .milliseconds(smallestWindow), "margin_ms": .milliseconds(margin),
      "guaranteed": .bool(isGuaranteed), "reason": .text(reason),
    ]
  }
}

extension ClockOffset: ToldResult {
  var json: JSONValue {
    let known = measurement
    return [
      "exchange": .string(exchange.rawValue), "state": .string(state.rawValue),
      "reason": .string(reason), "offset_ns": .nanoseconds(known?.offset),
      "lower_ns": .nanoseconds(known?.lower), "upper_ns": .nanoseconds(known?.upper),
      "error_ns": .nanoseconds(known?.error),
      "drift_ppm": known.map { .real($0.driftPPM) } ?? .null,
      "drift_error_ppm": known.map { .real($0.driftErrorPPM) } ?? .null,
      "rtt_min_ns": .nanoseconds(known?.shortestRoundTrip),
      "rtt_last_ns": .nanoseconds(known?.lastRoundTrip), "samples": .integer(Int64(samples)),
      "rejected": .integer(Int64(rejected)), "rejected_by": .counts(rejectedBy),
      "resyncs_by": .counts(resyncsBy), "resyncs_failed": .integer(Int64(resyncsFailed)),
      "resolution_ns": .nanoseconds(resolution),
      "last_sync_us": known.map { .integer($0.lastSyncMicroseconds) } ?? .null,
      "age_ms": .milliseconds(known?.age), "next_sync_ms": .milliseconds(nextSync),
      "failures": .integer(Int64(failures)),
    ]
  }
}

extension Subscribed: ToldResult {
  var json: JSONValue {
    ["subscription": .integer(subscription), "offsets": .array(offsets.map(\.json))]
  }
}

extension ConvertedTime: ToldResult {
  var json: JSONValue {
    [
      "exchange": .string(exchange.rawValue), "local_us": .integer(localMicroseconds),
      "estimate_us": .integer(estimateMicroseconds),
      "earliest_us": .integer(earliestMicroseconds), "latest_us": .integer(latestMicroseconds),
    ]
  }
}

extension RefusalReport: ToldResult {
  var json: JSONValue {
    [
      "exchange": .string(exchange.rawValue), "verdict": .string(verdict),
      "action": .string(action), "explanation": .string(explanation),
      "resynced": .bool(isResynced), "retry_after_ms": .milliseconds(retryAfter),
      "offset": offset.json, "stamp": stamp?.json ?? .null,
    ]
  }
}

extension DaemonHealth: ToldResult {
  var json: JSONValue {
    [
      "status": .string(status), "reasons": .array(reasons.map(JSONValue.string)),
      "ready": .bool(isReady), "ready_now": .bool(isReadyNow),
      "configuration": .text(configuration), "uptime_ms": .milliseconds(uptime),
      "started_us": startedMicroseconds.map(JSONValue.integer) ?? .null,
      "version": .string(version),
      "system_clock": [
        "offset_ns": .nanoseconds(systemClock.offset), "error_ns": .nanoseconds(systemClock.error),
        "kernel_synchronized": systemClock.isKernelSynchronized.map(JSONValue.bool) ?? .null,
      ],
      "verdicts": .array(
        verdicts.map { verdict in
          [
            "verdict": .string(verdict.verdict), "exchange": .text(verdict.exchange?.rawValue),
            "causes": .array(verdict.causes.map(JSONValue.string)),
            "summary": .string(verdict.summary),
            "evidence": .array(verdict.evidence.map(JSONValue.string)),
            "explanation": .string(verdict.explanation),
            "next_command": .string(verdict.nextCommand),
          ]
        }),
      "counts": .counts(counts),
    ]
  }
}

extension CatalogEntry: ToldResult {
  var json: JSONValue {
    [
      "id": .string(id.rawValue), "name": .string(name), "market": .string(market),
      "enabled": .bool(isEnabled), "endpoint": .string(endpoint),
      "resolution_ns": .nanoseconds(resolution), "timestamp_format": .string(timestampFormat),
      "timestamp_carrier": .string(timestampCarrier), "window_kind": .string(windowKind),
      "window_param": .text(windowParameter), "window_documented": .bool(isWindowDocumented),
      "window_ms": .milliseconds(window), "window_max_ms": .milliseconds(longestWindow),
      "future_tolerance_ms": .milliseconds(tolerance),
      "codes": .array(
        codes.map { code in
          .object(
            [
              .init("code", .text(code.code)), .init("message", .text(code.message)),
              .init("verdict", .string(code.verdict)), .init("side", .text(code.side)),
              .init("meaning", .string(code.meaning)),
            ])
        }),
      "confidence": .string(confidence), "sources": .array(sources.map(JSONValue.string)),
    ]
  }
}

extension JSONValue {
  fileprivate static func text(_ text: String?) -> JSONValue {
    text.map(JSONValue.string) ?? .null
  }

  fileprivate static func nanoseconds(_ duration: Duration?) -> JSONValue {
    duration.map { .integer(Int64($0 / .nanoseconds(1))) } ?? .null
  }

  fileprivate static func milliseconds(_ duration: Duration?) -> JSONValue {
    duration.map { .integer(Int64($0 / .milliseconds(1))) } ?? .null
  }

  fileprivate static func counts(_ counts: [String: Int]) -> JSONValue {
    .object(counts.map { .init($0.key, .integer(Int64($0.value))) })
  }
}
