internal import ClockCore
internal import DaemonSettings
internal import ExchangeCatalog
internal import Glibc
internal import LinuxSystem

/// What the daemon begins with: a tracker for each exchange, which goes on from the state file
/// where there is a good one, and a board that shows them from its first moment.
struct DaemonBeginning {
  /// In the order of the settings; not started.
  let trackers: [ExchangeTracker]
  let board: StatusBoard

  /// Nil when no state is kept.
  let keeper: StateKeeper?

  /// The reading that the board begins with.
  let clocks: HostClocks

  /// Reads the state file, and tells the operator what came of it.
  ///
  /// - Parameters:
  ///   - statePath: nil to keep no state.
  ///   - lock: held whenever the state file is written.
  ///   - bootFromManager: as of `HostIdentity`.
  init(
    settings: DaemonSettings, statePath: String?, lock: LockFile? = nil, bootFromManager: String?
  ) {
    let host = HostIdentity.current(bootFromManager: bootFromManager)
    // One reading for all: a suspend after it is noticed later, one before it is noticed here.
    let clocks = HostClocks.read()
    self.clocks = clocks
    let watch = HostWatch(at: clocks, vmclock: HostSources.vmclock())
    let restored =
      statePath.map {
        RestoredState.load(
          $0, for: settings,
          here: .here(host: host, at: clocks.raw, watch: watch))
      } ?? RestoredState()
    for line in restored.lines { Log.write(line.priority, line.message, .stateIgnored) }

    var seeds = SystemRandomNumberGenerator()
    let trackers = zip(settings.exchanges, settings.trackers).map { exchange, settings in
      let seed = seeds.next()
      return restored.memories[exchange.id].flatMap {
        ExchangeTracker(settings: settings, seed: seed, now: clocks.raw, restoring: $0)
      } ?? ExchangeTracker(settings: settings, seed: seed, now: clocks.raw)
    }
    self.trackers = trackers
    let board = StatusBoard(
      entries: zip(settings.exchanges, trackers).map { exchange, tracker in
        StatusBoard.Entry(
          settings: exchange, status: tracker.status,
          nonces: NonceSequence(above: restored.nonces[exchange.id], isKept: statePath != nil))
      },
      host: watch)
    self.board = board
    keeper = statePath.map { path in
      StateKeeper(
        path: path, host: host, board: board,
        snapshot: .init(
          exchanges: zip(settings.exchanges, trackers).map {
            .init(settings: $0, memory: $1.memory)
          },
          origin: .here(host: host, at: clocks.raw, watch: watch)),
        strangers: restored.strangers,
        write: { bytes throws(GuardedFile.Failure) in
          // Its directory may have been removed, and another daemon's state be there now.
          do throws(LockFile.Held) { try lock?.hold() } catch {
            throw .system(SystemError("write what another daemon is writing", number: EWOULDBLOCK))
          }
          try GuardedFile.replace(path, with: bytes)
        })
    }
    guard let statePath else {
      let ids = settings.exchanges.filter { $0.definition.rule == .nonce }.map(\.id)
      if !ids.isEmpty {
        Log.write(
          .notice,
          "nonces of \(ids.joined(separator: ", ")) are kept in memory only: after a restart they"
            + " may come again; name a file with --state",
          .noncesInMemory)
      }
      return
    }
    let statuses = zip(settings.exchanges, trackers).map { ($0.id, $1.status) }
    if let line = RestoredState.announcement(statuses, from: statePath, at: clocks.raw) {
      Log.write(.info, line, .stateRestored)
    }
  }
}
