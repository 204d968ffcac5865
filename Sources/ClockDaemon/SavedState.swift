internal import ClockCore
internal import DaemonSettings
internal import ExchangeCatalog
internal import LinuxSystem

/// What the state file holds.
struct SavedState: Sendable, Equatable {
  /// Where and when it was written: what tells whether its readings mean anything here and now.
  struct Origin: Sendable, Equatable {
    var host: HostIdentity

    /// CLOCK_MONOTONIC_RAW, when the estimates were last known to be good.
    var written: MonotonicInstant

    /// How long the host had been suspended when the estimates were last known to be good.
    var suspended: ClockLead

    /// How often it had been suspended then; nil where the kernel does not count.
    var suspends: Int64?

    /// What the hypervisor told of disruptions; nil where it does not tell.
    var disruptionMarker: UInt64?

    /// The hardware clock, seconds since 1970; nil where there is none.
    var hardwareClockSeconds: Int64?
  }

  struct Entry: Sendable, Equatable {
    var id: String

    /// Of the URL: whose wish to be left alone is remembered.
    var endpoint: String

    /// Of all settings that an estimate depends on: another value, and it means something else.
    var fingerprint: String

    /// Nil when there is nothing to remember but a nonce.
    var memory: TrackerMemory?

    /// No nonce above this was given out; nil where none was.
    var nonceCeiling: ExchangeInstant?
  }

  var origin: Origin

  /// No id appears twice.
  var entries: [Entry]
}

extension SavedState.Entry {
  init(_ settings: ExchangeSettings, memory: TrackerMemory?, nonceCeiling: ExchangeInstant?) {
    self.init(
      id: settings.id, endpoint: Checksum.text(of: [settings.definition.url]),
      fingerprint: settings.fingerprint, memory: memory, nonceCeiling: nonceCeiling)
  }
}

extension SavedState.Entry {
  /// What of the memory means anything to who follows the exchange by these settings: nothing but
  /// the wish to be left alone where they make an estimate mean something else, and not even that
  /// where they lead to somebody else.
  func memory(for settings: ExchangeSettings) -> TrackerMemory? {
    let today = SavedState.Entry(settings, memory: nil, nonceCeiling: nil)
    guard fingerprint != today.fingerprint else { return memory }
    guard endpoint == today.endpoint, var memory else { return nil }
    memory.estimate = nil
    return memory
  }
}

extension ExchangeSettings {
  /// Of what makes two readings of the exchange's clock comparable.
  var fingerprint: String {
    let stamps = definition.serverStamps.map {
      ["\($0.receive)", "\($0.transmit)", $0.unit.rawValue]
    }
    return Checksum.text(
      of: [
        definition.url, "\(definition.timeSource)", definition.unit.rawValue,
        "\(definition.resolution.wholeNanoseconds)", "\(maxDriftPPM)",
        definition.finerUnit?.rawValue ?? "", definition.requestBody ?? "",
        "\(definition.coarseResolution?.wholeNanoseconds ?? 0)",
      ] + (stamps ?? []) + definition.requestHeaders.flatMap { [$0.name, $0.value] })
  }
}
