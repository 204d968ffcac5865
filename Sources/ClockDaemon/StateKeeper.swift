internal import ClockCore
internal import DaemonSettings
internal import Dispatch
internal import LinuxSystem
internal import Synchronization

/// Writes the state file, on a queue of its own: a disk that is slow or full stops nothing.
final class StateKeeper: Sendable {
  /// What the trackers remember at one moment.
  struct Snapshot: Sendable {
    var exchanges: [Remembered]

    /// When they were known to be good. Not when they are written: what happens to this host's
    /// clock until then must show.
    var origin: SavedState.Origin
  }

  /// What is known of one exchange, and the settings that it means something under.
  struct Remembered: Sendable {
    var settings: ExchangeSettings
    var memory: TrackerMemory?
  }

  typealias Write = @Sendable ([UInt8]) throws(GuardedFile.Failure) -> Void
  typealias Tell = @Sendable (Log.Priority, String) -> Void

  /// However often there is something new, the file is not written more often than this.
  static let usualPause = DispatchTimeInterval.milliseconds(500)

  /// The file holds all exchanges. Were it written after each resync of each of them, what is
  /// written would grow with the square of their number; so the pause grows with it: by this for
  /// each exchange, from 50 on.
  private static let pauseMillisecondsPerExchange = 10

  /// The same where nonces wait for it.
  static let noncePause = DispatchTimeInterval.milliseconds(50)

  /// How long the end of the process waits for the last write.
  static let patience = DispatchTimeInterval.seconds(1)

  /// So many wait at most, where a disk hangs.
  static let mostWaiters = 4_096

  private struct State: Sendable {
    var newest: Snapshot
    /// What is kept of exchanges that are not on the board.
    var strangers: [String: SavedState.Entry]
    /// When the next write is due; nil while none is.
    var due: DispatchTime?
    /// Who waits for the next write to begin and to end.
    var waiters: [NonceWaiter] = []
    /// Nil before the first one.
    var lastWrite: DispatchTime?
    var isFailing = false
  }

  private let queue = DispatchQueue(label: "state")
  private let path: String
  private let pause: DispatchTimeInterval
  private let host: HostIdentity
  private let board: StatusBoard
  private let write: Write
  private let tell: Tell
  private let state: Mutex<State>

  /// - Parameters:
  ///   - snapshot: what the trackers have begun with.
  ///   - board: where the nonces are found at the moment of writing.
  ///   - strangers: what is kept of exchanges that are not on the board.
  ///   - pause: between two writes, at least.
  ///   - write: puts the bytes in the place of the file.
  ///   - tell: writes a line for the operator.
  init(
    path: String, host: HostIdentity, board: StatusBoard, snapshot: Snapshot,
    strangers: [SavedState.Entry] = [], pause: DispatchTimeInterval = usualPause,
    write: @escaping Write,
    tell: @escaping Tell = { Log.write($0, $1, .stateUnwritable) }
  ) {
    self.path = path
    self.host = host
    self.board = board
    self.pause = pause
    self.tell = tell
    self.write = write
    state = Mutex(
      State(
        newest: snapshot,
        strangers: Dictionary(uniqueKeysWithValues: strangers.map { ($0.id, $0) })))
  }

  /// Has nonces of an exchange kept that leaves the board; to be called before it does.
  func keepNonces(of entry: SavedState.Entry) {
    var stranger = entry
    stranger.memory = nil
    if stranger.nonceCeiling != nil {
      state.withLock { [stranger] in $0.strangers[stranger.id] = stranger }
    }
  }

  /// Above this nonces begin of an exchange that comes to the board; nil where there were none.
  func nonceCeiling(ofStranger id: String) -> ExchangeInstant? {
    state.withLock { $0.strangers[id]?.nonceCeiling }
  }

  /// Has what the trackers remember now written, as known to be good by `watch`.
  ///
  /// - Parameter isUrgent: what is on disk is in doubt.
  func save(_ exchanges: [Remembered], watch: HostWatch, isUrgent: Bool = false) {
    save(
      Snapshot(
        exchanges: exchanges,
        origin: .here(host: host, at: HostClocks.monotonic(), watch: watch)),
      isUrgent: isUrgent)
  }

  /// Has the newest of all snapshots written, at once or when the pause is over. Waits for nothing.
  func save(_ snapshot: Snapshot, isUrgent: Bool = false) {
    let more = isUrgent ? 0 : snapshot.exchanges.count * Self.pauseMillisecondsPerExchange
    schedule(after: pause, .milliseconds(more)) { $0.newest = snapshot }
  }

  /// Has the ceilings of nonces written that the board wants.
  ///
  /// - Parameter waiter: told when they are on disk, or why they are not.
  func extendNonces(for waiter: NonceWaiter? = nil) {
    var isOneTooMany = false
    schedule(after: Self.noncePause) { state in
      isOneTooMany = state.waiters.count >= Self.mostWaiters
      if let waiter, !isOneTooMany { state.waiters.append(waiter) }
    }
    if isOneTooMany {
      waiter?.finish(.tooManyWait)
    } else {
      waiter?.loseHope(after: Self.patience)
    }
  }

  /// - Parameters:
  ///   - pause: since the last write, at least; and so is `other`.
  private func schedule(
    after pause: DispatchTimeInterval, _ other: DispatchTimeInterval = .nanoseconds(0),
    _ change: (inout State) -> Void
  ) {
    let start = state.withLock { state -> DispatchTime? in
      change(&state)
      let start = state.lastWrite.map { max($0 + pause, $0 + other, .now()) } ?? .now()
      if let due = state.due, due <= start { return nil }
      state.due = start
      return start
    }
    guard let start else { return }
    queue.asyncAfter(deadline: start) {
      // What was due later may have been written with what was due sooner.
      if self.state.withLock({ $0.due.map { $0 <= .now() } ?? false }) { self.writeNewest() }
    }
  }

  /// Writes what there is, with the last nonces in the place of their ceilings: no more are given
  /// out. Waits for it, but not for long.
  func saveLast() {
    board.change { content in
      for index in content.entries.indices { content.entries[index].nonces.end() }
    }
    let written = DispatchSemaphore(value: 0)
    queue.async {
      self.writeNewest()
      written.signal()
    }
    _ = written.wait(timeout: .now() + Self.patience)
  }

  private func writeNewest() {
    let (snapshot, strangers, waiters) = state.withLock { state in
      state.due = nil
      state.lastWrite = .now()
      defer { state.waiters = [] }
      return (state.newest, state.strangers, state.waiters)
    }
    let content = board.read()
    let entries = snapshot.exchanges.map { exchange in
      let id = exchange.settings.id
      let ceiling = content.index(of: id).flatMap { content.entries[$0].nonces.ceilingToWrite }
      return SavedState.Entry(
        exchange.settings, memory: exchange.memory,
        nonceCeiling: ceiling ?? strangers[id]?.nonceCeiling)
    }
    let text = StateDocument.text(
      of: SavedState(
        origin: snapshot.origin,
        entries: entries
          + strangers.values.filter { stranger in !entries.contains { $0.id == stranger.id } }
          .sorted { $0.id < $1.id }))
    let failure = put(text)
    if failure == nil {
      board.change { content in
        for entry in entries {
          guard let ceiling = entry.nonceCeiling, let index = content.index(of: entry.id) else {
            continue
          }
          content.entries[index].nonces.wrote(ceiling)
        }
      }
    }
    noteOutcome(failure)
    for waiter in waiters { waiter.finish(failure.map { .cannotBeWritten($0) }) }
  }

  private func put(_ text: [UInt8]) -> GuardedFile.Failure? {
    do throws(GuardedFile.Failure) {
      guard text.count <= StateDocument.longest else {
        throw .isTooLarge(limit: StateDocument.longest)
      }
      try write(text)
      return nil
    } catch {
      return error
    }
  }

  /// Tells the operator when it changes, and not each time.
  private func noteOutcome(_ failure: GuardedFile.Failure?) {
    let wasFailing = state.withLock { state in
      defer { state.isFailing = failure != nil }
      return state.isFailing
    }
    if let failure, !wasFailing {
      tell(
        .warning,
        "the state file \(path) cannot be written: \(failure); a restart would measure all"
          + " exchanges' time anew")
    } else if failure == nil, wasFailing {
      tell(.info, "the state file \(path) is written again")
    }
  }
}

extension SavedState.Origin {
  /// This host, now.
  ///
  /// - Parameter watch: of what has been confirmed to be good.
  static func here(
    host: HostIdentity, at now: MonotonicInstant, watch: HostWatch
  ) -> SavedState.Origin {
    SavedState.Origin(
      host: host, written: now, suspended: watch.suspended, suspends: HostIdentity.suspends(),
      disruptionMarker: watch.marker, hardwareClockSeconds: HostSources.hardwareClock()?.read())
  }
}
