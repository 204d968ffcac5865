internal import ClockCore
internal import DaemonSettings
internal import ExchangeCatalog
internal import ExchangeProbe
internal import LinuxSystem

/// A new configuration, while everything goes on.
///
/// An exchange whose estimate means the same under its new settings keeps it; one that is new, or
/// whose time is now asked for otherwise, is measured anew. All of it happens in one step: a reader
/// sees the old exchanges or the new ones.
extension ClockDaemon {
  /// Reads the configuration anew and puts it in force, or keeps what is in force and says why.
  nonisolated func reload(_ configuration: ConfigurationFile) {
    // Until it is ready the service manager waits for readiness, which this is not the end of.
    let isReady = board.read().isReady
    if isReady { notifier.send(ServiceManager.reloading) }
    let settings = configuration.read()
    enqueue { daemon in
      switch settings {
      case .success(let settings): daemon.putInForce(settings, from: configuration.path)
      case .failure(let refusal): daemon.keepSettings(refusal, configuration.path)
      }
      let status = "STATUS=\(daemon.statusLine)"
      daemon.notifier.send(isReady ? "READY=1\n\(status)" : status)
    }
  }

  private func keepSettings(_ refusal: ConfigurationFile.Refusal, _ path: String) {
    for line in refusal.lines { Log.write(.error, line, .configurationRefused) }
    Log.write(
      .error, "\(path) is not put in force: the configuration from before stays",
      .configurationRefused)
    self.refusal = "the new configuration is refused (\(refusal.lines[0]))"
  }

  private func putInForce(_ new: DaemonSettings, from path: String) {
    let now = checkedNow()
    let (before, old) = (exchanges, settings)
    (settings, refusal) = (new, nil)
    readiness.when = new.readyWhen
    board.change { $0.readyWhen = new.readyWhen }
    var change = SettingsChange()
    var seeds = SystemRandomNumberGenerator()
    var actions: [[Action]] = []
    exchanges = []
    for (exchange, tracker) in zip(new.exchanges, new.trackers) {
      let known = before.first { $0.id == exchange.id }
      if let known, known.settings.fingerprint == exchange.fingerprint {
        if known.settings != exchange { change.changed.append(exchange.id) }
        let (kept, due) = keep(known, exchange, tracker, at: now)
        exchanges.append(kept)
        actions.append(due)
      } else {
        if known == nil {
          change.added.append(exchange.id)
        } else {
          change.anew.append(exchange.id)
        }
        let remembered = (known.map(remember) ?? former[exchange.id])?.memory(for: exchange)
        var fresh = follow(exchange, .going(on: remembered, tracker, seed: seeds.next(), now: now))
        actions.append(fresh.tracker.started(at: now))
        exchanges.append(fresh)
      }
    }
    for gone in before where !exchanges.contains(where: { $0.id == gone.id }) {
      former[gone.id] = remember(gone)
      change.removed.append(gone.id)
    }
    showExchanges(kept: exchanges.map(\.id).filter { !(change.added + change.anew).contains($0) })
    Log.write(
      .notice, "\(path) is in force: \(change.text(all: exchanges.map(\.id)))",
      .configurationInForce)
    if !new.serves(as: old) {
      Log.write(
        .warning, "what \(path) says of the socket is put in force by a restart only",
        .configurationInForce)
    }
    for (index, actions) in actions.enumerated() { perform(actions, index) }
    for gone in before where !exchanges.contains(where: { $0.key == gone.key }) {
      close(gone.connection)
      for waiter in gone.waiters { waiter() }
      Self.answer(gone.doubters)
    }
    saveState()
    announceReadiness()
  }

  /// The same exchange under settings by which its estimate means the same.
  private func keep(
    _ known: FollowedExchange, _ settings: ExchangeSettings, _ tracker: TrackerSettings,
    at now: MonotonicInstant
  ) -> (FollowedExchange, [Action]) {
    var kept = known
    if known.settings.definition.baseURLs != settings.definition.baseURLs {
      kept.endpoints = EndpointChoice(count: settings.definition.baseURLs.count)
    }
    if known.target != settings.target {
      // A probe that is under way still ends over the old one.
      close(kept.connection)
      kept.connection = nil
    }
    kept.settings = settings
    var actions: [Action] = []
    if known.tracker.status.settings != tracker {
      actions = kept.tracker.reconfigured(tracker, at: now)
    }
    // What has failed may have done so because of how it was asked, which is another thing now.
    if known.target != settings.target, kept.tracker.status.failures > 0,
      case .accepted(let due) = kept.tracker.resyncDemanded(at: now)
    {
      actions += due
    }
    return (kept, actions)
  }

  /// What is kept of an exchange that is followed no more: not its time, which nothing watches.
  private func remember(_ exchange: FollowedExchange) -> SavedState.Entry {
    var memory = exchange.tracker.memory
    memory?.estimate = nil
    let entry = SavedState.Entry(
      exchange.settings, memory: memory, nonceCeiling: board.nonceCeiling(of: exchange.id))
    keeper?.keepNonces(of: entry)
    return entry
  }

  /// - Parameter kept: the ids of those that are followed as before.
  private func showExchanges(kept: [String]) {
    let shown = exchanges.map { exchange in
      let floor =
        former[exchange.id]?.nonceCeiling ?? keeper?.nonceCeiling(ofStranger: exchange.id)
      let nonces = NonceSequence(above: floor, isKept: keeper != nil)
      return (exchange.settings, exchange.tracker.status, nonces)
    }
    let content = board.publish { content in
      let old = content
      content.entries = shown.map { settings, status, nonces in
        let before = old.index(of: settings.id).map { old.entries[$0] }
        var entry =
          (kept.contains(settings.id) ? before?.following(settings) : nil)
          ?? StatusBoard.Entry(
            settings: settings, status: status, nonces: before?.nonces ?? nonces)
        entry.show(status)
        return entry
      }
      return content
    }
    page.write(content)
  }
}

extension ExchangeTracker {
  /// A new one, which goes on from a memory where there is one that it can use.
  fileprivate static func going(
    on memory: TrackerMemory?, _ settings: TrackerSettings, seed: UInt64, now: MonotonicInstant
  ) -> ExchangeTracker {
    memory.flatMap {
      ExchangeTracker(settings: settings, seed: seed, now: now, restoring: $0)
    } ?? ExchangeTracker(settings: settings, seed: seed, now: now)
  }
}

extension DaemonSettings {
  fileprivate func serves(as other: DaemonSettings) -> Bool {
    socketPath == other.socketPath && socketMode == other.socketMode
      && socketGroup == other.socketGroup && maxClients == other.maxClients
  }
}
