package import JSONDocument

/// What was measured of one exchange's clock, and what happened to it, over the last weeks: a page
/// of it, in the order in which it was written down.
package struct HistoryResult: Sendable, Equatable {
  /// What a good resync left behind.
  package struct Measurement: Sendable, Equatable {
    /// Counts measurements and events together, without end.
    package var sequence: Int64

    /// CLOCK_REALTIME when it was written down, Unix microseconds: not in order where that clock
    /// was set back.
    package var microseconds: Int64

    /// The exchange's clock minus CLOCK_REALTIME, and its rigorous ends.
    package var offsetNanoseconds: Int64
    package var lowerNanoseconds: Int64
    package var upperNanoseconds: Int64
    package var driftPPM: Double
    package var driftErrorPPM: Double

    /// Of the resync: the shortest, and that of its last sample.
    package var shortestRoundTripNanoseconds: Int64
    package var lastRoundTripNanoseconds: Int64
    package var samples: Int64
    package var rejected: Int64

    /// How fast CLOCK_REALTIME ran against CLOCK_MONOTONIC_RAW since the measurement before: by
    /// how much its offset changes less than by the drift. Positive: it is fast.
    package var localRatePPM: Double

    package init(
      sequence: Int64, microseconds: Int64, offsetNanoseconds: Int64, lowerNanoseconds: Int64,
      upperNanoseconds: Int64, driftPPM: Double, driftErrorPPM: Double,
      shortestRoundTripNanoseconds: Int64, lastRoundTripNanoseconds: Int64, samples: Int64,
      rejected: Int64, localRatePPM: Double = 0
    ) {
      self.sequence = sequence
      self.microseconds = microseconds
      self.offsetNanoseconds = offsetNanoseconds
      self.lowerNanoseconds = lowerNanoseconds
      self.upperNanoseconds = upperNanoseconds
      self.driftPPM = driftPPM
      self.driftErrorPPM = driftErrorPPM
      self.shortestRoundTripNanoseconds = shortestRoundTripNanoseconds
      self.lastRoundTripNanoseconds = lastRoundTripNanoseconds
      self.samples = samples
      self.rejected = rejected
      self.localRatePPM = localRatePPM
    }

    package var errorNanoseconds: Int64 { (upperNanoseconds - lowerNanoseconds + 1) / 2 }
  }

  /// Something that happened.
  package struct Event: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
      /// The daemon was started.
      case started
      /// The exchange's state is another one; the text says which, and why.
      case state
      /// The exchange's clock jumped by `sizeNanoseconds`, and is believed.
      case exchangeStep = "exchange_step"
      /// It seems to have jumped by `sizeNanoseconds`, which is not believed.
      case stepRefused = "step_refused"
      /// One resync contradicted the others, by `sizeNanoseconds`.
      case rejection
      /// The exchange's clock runs at another rate than before.
      case rate
      /// Servers whose clocks differ, by `sizeNanoseconds` at most, answer for the exchange.
      case fleet
      /// The exchange asked us to stay away, for `sizeNanoseconds`.
      case stopSignal = "stop_signal"
      /// CLOCK_REALTIME was set, ahead by `sizeNanoseconds`.
      case localStep = "local_step"
      /// This host was suspended, moved or restored.
      case disruption
      /// The exchange was still in holdover, for `sizeNanoseconds` so far; only the last of a row
      /// is kept. So the end of a holdover is known that ended with the daemon.
      case held
    }

    package var sequence: Int64
    package var microseconds: Int64
    package var kind: Kind

    /// Zero where the kind has none.
    package var sizeNanoseconds: Int64
    package var text: String

    package init(
      sequence: Int64, microseconds: Int64, kind: Kind, sizeNanoseconds: Int64, text: String
    ) {
      self.sequence = sequence
      self.microseconds = microseconds
      self.kind = kind
      self.sizeNanoseconds = sizeNanoseconds
      self.text = text
    }
  }

  package var exchange: String
  package var measurements: [Measurement]
  package var events: [Event]

  /// Places of the file whose content is damaged, and is left out.
  package var damaged: Int64

  /// What `after` of the next request is to be; nil where nothing follows.
  package var next: Int64?

  package init(
    exchange: String, measurements: [Measurement], events: [Event], damaged: Int64, next: Int64?
  ) {
    self.exchange = exchange
    self.measurements = measurements
    self.events = events
    self.damaged = damaged
    self.next = next
  }

  package var json: JSONValue {
    [
      "exchange": .string(exchange), "measurements": .array(measurements.map(\.json)),
      "events": .array(events.map(\.json)), "damaged": .integer(damaged),
      "next": next.map(JSONValue.integer) ?? .null,
    ]
  }

  package init?(json: JSONValue) {
    guard let exchange = json["exchange"]?.string,
      let measurements = json["measurements"]?.array?.map(Measurement.init(json:)),
      let events = json["events"]?.array?.map(Event.init(json:)),
      let damaged = json["damaged"]?.integer,
      !measurements.contains(where: { $0 == nil }), !events.contains(where: { $0 == nil })
    else { return nil }
    self.init(
      exchange: exchange, measurements: measurements.compactMap(\.self),
      events: events.compactMap(\.self), damaged: damaged, next: json["next"]?.integer)
  }
}

extension HistoryResult.Measurement {
  package var json: JSONValue {
    [
      "sequence": .integer(sequence), "time_us": .integer(microseconds),
      "offset_ns": .integer(offsetNanoseconds), "lower_ns": .integer(lowerNanoseconds),
      "upper_ns": .integer(upperNanoseconds), "error_ns": .integer(errorNanoseconds),
      "drift_ppm": .real(driftPPM), "drift_error_ppm": .real(driftErrorPPM),
      "rtt_min_ns": .integer(shortestRoundTripNanoseconds),
      "rtt_last_ns": .integer(lastRoundTripNanoseconds), "samples": .integer(samples),
      "rejected": .integer(rejected), "local_rate_ppm": .real(localRatePPM),
    ]
  }

  package init?(json: JSONValue) {
    guard let sequence = json["sequence"]?.integer, let time = json["time_us"]?.integer,
      let offset = json["offset_ns"]?.integer, let lower = json["lower_ns"]?.integer,
      let upper = json["upper_ns"]?.integer, let drift = json["drift_ppm"]?.number,
      let driftError = json["drift_error_ppm"]?.number,
      let shortest = json["rtt_min_ns"]?.integer, let last = json["rtt_last_ns"]?.integer,
      let samples = json["samples"]?.integer, let rejected = json["rejected"]?.integer
    else { return nil }
    self.init(
      sequence: sequence, microseconds: time, offsetNanoseconds: offset, lowerNanoseconds: lower,
      upperNanoseconds: upper, driftPPM: drift, driftErrorPPM: driftError,
      shortestRoundTripNanoseconds: shortest, lastRoundTripNanoseconds: last, samples: samples,
      rejected: rejected, localRatePPM: json["local_rate_ppm"]?.number ?? 0)
  }
}

extension HistoryResult.Event {
  package var json: JSONValue {
    [
      "sequence": .integer(sequence), "time_us": .integer(microseconds),
      "kind": .string(kind.rawValue), "size_ns": .integer(sizeNanoseconds), "text": .string(text),
    ]
  }

  package init?(json: JSONValue) {
    guard let sequence = json["sequence"]?.integer, let time = json["time_us"]?.integer,
      let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)),
      let size = json["size_ns"]?.integer, let text = json["text"]?.string
    else { return nil }
    self.init(
      sequence: sequence, microseconds: time, kind: kind, sizeNanoseconds: size, text: text)
  }
}
