internal import ClockCore
internal import DaemonSettings
internal import LinuxSystem

/// What of a state file is put to use at a start.
struct RestoredState: Sendable {
  /// By exchange; only what its tracker can take over.
  var memories: [String: TrackerMemory] = [:]

  /// Above these no nonces were given out, by exchange.
  var nonces: [String: ExchangeInstant] = [:]

  /// The same of exchanges that are not followed now: it is kept, as they may be again.
  var strangers: [SavedState.Entry] = []

  /// What the operator is told of it, in order.
  var lines: [Line] = []

  struct Line: Sendable, Equatable {
    var priority: Log.Priority
    var message: String
  }

  /// Reads a state file. One that is missing is no reason for a word; one that cannot be used costs
  /// one warning, and nothing else.
  ///
  /// - Parameter here: this host, now.
  static func load(
    _ path: String, for settings: DaemonSettings, here: SavedState.Origin
  ) -> RestoredState {
    do throws(GuardedFile.Failure) {
      let text = try GuardedFile.read(path, limit: StateDocument.longest)
      return read(text, of: path, for: settings, here: here)
    } catch .missing {
      return RestoredState()
    } catch {
      return RestoredState(lines: [warning(path, .unreadable(error))])
    }
  }

  /// The same, given what the file holds.
  static func read(
    _ text: [UInt8], of path: String, for settings: DaemonSettings, here: SavedState.Origin
  ) -> RestoredState {
    do throws(StateRefusal) {
      let state = try StateDocument.parse(text)
      let refusal = here.refusal(of: state.origin)
      if let refusal, refusal.remainder == .nothing { throw refusal }
      var restored = RestoredState()
      if let refusal { restored.lines.append(warning(path, refusal)) }
      let trackers = settings.trackers
      for entry in state.entries {
        guard let index = settings.exchanges.firstIndex(where: { $0.id == entry.id }) else {
          try restored.takeNonce(of: entry)
          continue
        }
        try restored.take(
          entry, settings.exchanges[index], trackers[index], remainder: refusal?.remainder,
          now: here.written)
      }
      return restored
    } catch {
      return RestoredState(lines: [warning(path, error)])
    }
  }

  private static func warning(_ path: String, _ refusal: StateRefusal) -> Line {
    Line(
      priority: .warning,
      message: "the state file \(path) is ignored: \(refusal); all exchanges' time is measured anew"
    )
  }

  /// - Parameter remainder: what of the file can be used; nil for all of it.
  private mutating func take(
    _ entry: SavedState.Entry, _ settings: ExchangeSettings, _ tracker: TrackerSettings,
    remainder: StateRefusal.Remainder?, now: MonotonicInstant
  ) throws(StateRefusal) {
    try check(entry.nonceCeiling, of: entry.id)
    nonces[entry.id] = entry.nonceCeiling
    guard entry.memory != nil, remainder != .nonces else { return }
    if entry.fingerprint != settings.fingerprint {
      lines.append(
        Line(
          priority: .info,
          message: "\(entry.id): its settings are not those that the state file was written with:"
            + " its time is measured anew"))
    }
    guard var memory = entry.memory(for: settings) else { return }
    if remainder != nil { memory.estimate = nil }
    guard memory.isSound(for: tracker, at: now) else {
      throw .malformed("what it says of \(entry.id) cannot be")
    }
    memories[entry.id] = memory
  }

  private mutating func takeNonce(of entry: SavedState.Entry) throws(StateRefusal) {
    guard entry.nonceCeiling != nil else { return }
    try check(entry.nonceCeiling, of: entry.id)
    var stranger = entry
    stranger.memory = nil
    strangers.append(stranger)
  }

  private func check(_ nonce: ExchangeInstant?, of id: String) throws(StateRefusal) {
    guard let nonce, !Self.plausible.contains(nonce) else { return }
    throw .malformed("its nonce of \(id) is of no time from 2020 to 2100")
  }

  private static let plausible =
    ExchangeInstant(
      nanoseconds: 1_577_836_800_000_000_000)..<ExchangeInstant(
      nanoseconds: 4_102_444_800_000_000_000)

  /// One line on what trackers have taken over; nil when that is nothing.
  static func announcement(
    _ trackers: [(id: String, status: ExchangeStatus)], from path: String, at now: MonotonicInstant
  ) -> String? {
    let restored = trackers.compactMap { id, status in
      status.isRestored ? status.interval(at: now).map { "\(id) ±\($0.error.shortText)" } : nil
    }
    let blocked = trackers.compactMap { id, status in
      status.blockedUntil.map {
        "\(id) wants no probes for \(($0 - now).shortText) (\(status.failure?.reason ?? ""))"
      }
    }
    guard !restored.isEmpty || !blocked.isEmpty else { return nil }
    return "restored from \(path): " + (restored + blocked).joined(separator: ", ")
  }
}

extension SavedState.Origin {
  /// More than a hardware clock that is read in whole seconds can be off.
  static let leastPause = Duration.seconds(2)

  /// Why what was written there must not be used here and now; nil where it can be.
  func refusal(of there: SavedState.Origin) -> StateRefusal? {
    guard host.machine == there.host.machine else { return .otherMachine }
    guard let boot = host.boot, let itsBoot = there.host.boot else { return .unknownBoot }
    guard boot == itsBoot else { return .otherBoot }
    guard host.timeNamespace == there.host.timeNamespace else { return .otherTimeNamespace }
    let elapsed = written - there.written
    guard elapsed >= .zero else { return .fromTheFuture(by: .zero - elapsed) }
    // The count tells of a suspend whose length the kernel did not know.
    guard suspended.lower - there.suspended.upper <= HostWatch.leastSuspend,
      suspends == there.suspends
    else { return .suspendedSince }
    guard disruptionMarker == there.disruptionMarker else { return .movedSince }
    if let hardwareClockSeconds, let before = there.hardwareClockSeconds {
      let pause = .seconds(hardwareClockSeconds - before) - elapsed
      guard pause < Self.leastPause else { return .pausedSince(pause) }
    }
    return nil
  }
}
