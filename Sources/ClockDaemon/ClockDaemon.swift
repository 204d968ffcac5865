internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import Dispatch
internal import ExchangeCatalog
internal import ExchangeProbe
internal import Glibc
internal import JSONDocument
internal import LinuxSystem

/// Owns the state machines of all exchanges and performs their actions.
///
/// ## Isolation
/// Everything here runs on the executor's serial queue: timers fire on it, probe threads post
/// their results to it. All methods are synchronous, so none is interleaved with another. Readers
/// never come here; they read the board.
actor ClockDaemon {
  /// Exchanges that may hang at once without holding up the others.
  static let mostProbes = 64

  private nonisolated let executor = QueueExecutor(label: "exchange-clockd")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  nonisolated let board: StatusBoard
  var settings: DaemonSettings
  private let threads: ProbeThreads
  /// Those that the board was made from, until `begin` takes them over.
  private var trackers: [ExchangeTracker]
  /// Nil when no state is kept.
  let keeper: StateKeeper?
  /// Nil when no state is kept.
  let history: HistoryKeeper?
  /// Sorted by id, as the entries of the board are.
  var exchanges: [FollowedExchange] = []
  private var lastKey = 0
  /// What those that are followed no more have asked for, and their nonces.
  var former: [String: SavedState.Entry] = [:]
  var readiness: Readiness
  let notifier: Notifier
  /// Why the configuration as it is now is not in force; nil when it is.
  var refusal: String?
  /// A jump of some exchange may await that others have jumped alike: else there is nothing to
  /// look for after each event.
  private var isStepRefused = false
  /// Since memory was last released.
  private var hasProbed = false
  private var housekeeping: Housekeeping?
  private let hardwareClock: HardwareClock?
  let page: PagePublisher
  let socket: SocketWatch
  private var hostEvents: HostEvents?

  /// - Parameter trackers: one for each exchange of the settings, in their order; not started.
  init(
    settings: DaemonSettings, trackers: [ExchangeTracker], board: StatusBoard, notifier: Notifier,
    keeper: StateKeeper?, history: HistoryKeeper?, hardwareClock: HardwareClock?,
    page: sending PagePublisher, socket: SocketWatch
  ) {
    self.settings = settings
    self.trackers = trackers
    self.keeper = keeper
    self.history = history
    self.hardwareClock = hardwareClock
    self.page = page
    self.socket = socket
    self.board = board
    self.notifier = notifier
    threads = ProbeThreads(limit: Self.mostProbes)
    readiness = Readiness(when: settings.readyWhen)
  }

  /// Starts the first resync of every exchange.
  nonisolated func start(server: SocketServer) {
    enqueue { $0.begin(server: server) }
  }

  /// Resyncs one exchange, or all for nil; the answer is the `offset` object, or an array.
  nonisolated func resync(
    _ id: String?, acceptingStep: Bool, _ done: @escaping RequestService.Done
  ) {
    enqueue { $0.resyncDemanded(id, acceptingStep, done) }
  }

  /// Has one exchange's clock read anew, because a bot was refused for its timestamp.
  nonisolated func readAnew(
    _ id: String, _ doubt: RejectionService.Doubt,
    _ done: @escaping @Sendable (RejectionService.Reading) -> Void
  ) {
    enqueue { $0.clockDoubted(id, doubt, done) }
  }

  private func begin(server: SocketServer) {
    let now = HostClocks.monotonic()
    exchanges = zip(settings.exchanges, trackers).map { follow($0, $1) }
    trackers = []
    recordForAll(.started, "exchange-clockd \(exchangeClockVersion)")
    for index in exchanges.indices { perform(exchanges[index].tracker.started(at: now), index) }
    hostEvents = HostEvents(queue: executor.queue, hardwareClock: hardwareClock) {
      [weak self] event in
      self?.assumeIsolated { $0.handle(event) }
    }
    housekeeping = Housekeeping(
      server: server, notifier: notifier, queue: executor.queue,
      status: { [weak self] in self?.assumeIsolated { $0.statusLine } ?? "" },
      isReady: { [weak self] in self?.assumeIsolated { $0.readiness.isReached } ?? false },
      rest: { [weak self] in
        self?.assumeIsolated {
          $0.lookAtSocket(of: server)
          $0.page.lookAtFile($0.board.read())
          $0.recordHoldovers()
          $0.rest()
        }
      })
    lookAtSocket(of: server)
    // What was restored is an estimate.
    announceReadiness()
  }

  func follow(_ settings: ExchangeSettings, _ tracker: ExchangeTracker) -> FollowedExchange {
    lastKey += 1
    let key = lastKey
    return FollowedExchange(
      key: key, settings: settings,
      timer: OneShotTimer(queue: executor.queue) { [weak self] in
        self?.assumeIsolated { $0.timerFired(key) }
      },
      tracker: tracker,
      endpoints: EndpointChoice(count: settings.definition.baseURLs.count))
  }

  /// Runs `body` in the order of everything else that happens here.
  nonisolated func enqueue(_ body: @escaping @Sendable (isolated ClockDaemon) -> Void) {
    executor.queue.async { self.assumeIsolated { body($0) } }
  }

  /// Most of the time nothing is to be done but to answer, for which a fraction of the programs
  /// and of their memory is needed that a resync takes.
  private func rest() {
    guard hasProbed, exchanges.allSatisfy({ $0.connection == nil }) else { return }
    hasProbed = false
    ProcessMemory.release()
  }

  // MARK: Events

  /// Nil when it is followed no more.
  private func index(of key: Int) -> Int? {
    // Not `firstIndex(where:)`, which copies each.
    exchanges.indices.first { exchanges[$0].key == key }
  }

  private func timerFired(_ key: Int) {
    guard let index = index(of: key) else { return }
    let now = checkedNow()
    perform(exchanges[index].tracker.woke(at: now), index)
  }

  private func probed(_ result: Result<Sample, ProbeFailure>, _ key: Int) {
    guard let index = index(of: key) else { return }
    let now = checkedNow()
    if case .failure(let failure) = result { exchanges[index].endpoints.probeFailed(failure) }
    switch result {
    case .success(let sample):
      let isInAccord = exchanges[index].tracker.isInAccord(sample, at: now)
      perform(exchanges[index].tracker.probed(sample, at: now), index)
      if isInAccord { answerDoubters(index, readSince: sample.sent) }
    case .failure(let failure):
      perform(exchanges[index].tracker.probeFailed(failure, at: now), index)
    }
  }

  private func resyncDemanded(
    _ id: String?, _ acceptingStep: Bool,
    _ done: @escaping @Sendable (Result<JSONValue, RPCError>) -> Void
  ) {
    let wanted = exchanges.indices.filter { id == nil || exchanges[$0].id == id }
    let board = board
    let gathering = Gathering(count: wanted.count) {
      let (clocks, content) = (HostClocks.read(), board.read())
      let wanted = id.map { content.index(of: $0).map { [content.entries[$0]] } ?? [] }
      let offsets = (wanted ?? content.entries).map {
        $0.offset(at: clocks, host: content.host).json
      }
      if let id, offsets.isEmpty {
        done(.failure(RPCError(.unknownExchange, "\(id) is followed no more", exchange: id)))
      } else {
        done(.success(id == nil ? .array(offsets) : offsets[0]))
      }
    }
    let now = checkedNow()
    for index in wanted {
      switch exchanges[index].tracker.resyncDemanded(acceptingStep: acceptingStep, at: now) {
      case .accepted(let actions):
        exchanges[index].waiters.append { gathering.arrived() }
        perform(actions, index)
      case .refused(let reason, let retryAfter):
        // Of many, the others are still resynced and the refused one shows its state.
        guard id != nil else {
          gathering.arrived()
          continue
        }
        let status = exchanges[index].tracker.status
        done(
          .failure(
            RPCError(
              .refused, "\(exchanges[index].id): no resync now: \(reason)",
              exchange: exchanges[index].id, state: status.state(at: now).rawValue,
              reason: reason, retryAfterMilliseconds: milliseconds(retryAfter))))
      }
    }
  }

  // MARK: Actions

  func perform(_ actions: [Action], _ index: Int) {
    for action in actions {
      switch action {
      case .probe: probe(index)
      case .closeConnection: closeConnection(index)
      case .wake(let instant): exchanges[index].timer.set(to: instant)
      case .publish:
        let status = exchanges[index].tracker.status
        let isBreak = exchanges[index].isClockBroken
        exchanges[index].isClockBroken = false
        let entry = board.publish { content in
          content.entries[index].show(status, isBreak: isBreak)
          return content.entries[index]
        }
        page.write(entry)
        // What is in doubt must not be restored.
        if status.disruption != nil { saveState(isUrgent: true) }
      case .log(let event):
        tell(event, index)
        note(event, index)
        record(event, index)
      case .resyncEnded(let failure):
        if failure == nil, exchanges[index].jump?.isAccepted == false {
          exchanges[index].jump = nil
        }
        if failure == nil { recordMeasurement(index) }
        chooseEndpoint(index, failure)
        resyncEnded(index)
      }
    }
    acceptCommonStep()
  }

  private func tell(_ event: TrackerEvent, _ index: Int) {
    let (id, status) = (exchanges[index].id, exchanges[index].tracker.status)
    Log.write(
      event.priority, event.message(exchange: id), event.messageKind,
      [Log.Field("EXCHANGE", id)] + event.fields + status.fields(at: HostClocks.read()))
  }

  private func note(_ event: TrackerEvent, _ index: Int) {
    let now = HostClocks.monotonic()
    switch event {
    case .rateChanged: exchanges[index].isClockBroken = true
    case .stepRefused(let step, _):
      exchanges[index].jump = .init(size: step, at: now, isAccepted: false)
      isStepRefused = true
    case .stepAccepted(let step):
      board.read().entries[index].givenStamps.forget()
      exchanges[index].jump = .init(size: step, at: now, isAccepted: true)
      exchanges[index].isClockBroken = true
    default: break
    }
  }

  /// When most exchanges have jumped alike, it is our clock that moved, however far: a paused
  /// virtual machine, a restored snapshot. They are believed.
  private func acceptCommonStep() {
    guard isStepRefused else { return }
    let jumps = exchanges.map(\.jump)
    isStepRefused = jumps.contains { $0?.isAccepted == false }
    let steps = CommonStep.indices(among: jumps, at: HostClocks.monotonic())
    guard !steps.isEmpty else { return }
    Log.write(
      .notice, "most exchanges have jumped alike: this host's clock has moved; resyncing them",
      .commonStep)
    for index in steps { exchanges[index].jump?.isAccepted = true }
    for index in steps {
      let now = HostClocks.monotonic()
      if case .accepted(let actions) = exchanges[index].tracker.resyncDemanded(
        acceptingStep: true, at: now)
      {
        perform(actions, index)
      }
    }
  }

  private func probe(_ index: Int) {
    let connection =
      exchanges[index].connection ?? ProbeConnection(to: exchanges[index].currentTarget)
    exchanges[index].connection = connection
    hasProbed = true
    // Before it is sent: what a host that stands few probes was sent outlives the daemon.
    if exchanges[index].tracker.isBeginningBurst { saveState() }
    let key = exchanges[index].key
    do throws(SystemError) {
      try threads.run {
        let result = connection.probe()
        self.enqueue { $0.probed(result, key) }
      }
    } catch {
      let failure = ProbeFailure(reason: "no probe can be sent: \(error)")
      enqueue { $0.probed(.failure(failure), key) }
    }
  }

  func closeConnection(_ index: Int) {
    close(exchanges[index].connection)
    exchanges[index].connection = nil
  }

  func close(_ connection: ProbeConnection?) {
    guard let connection else { return }
    // Closing says goodbye to the other end, which is not this queue's business.
    try? threads.run { withExtendedLifetime(connection) {} }
  }

  private func resyncEnded(_ index: Int) {
    let waiters = exchanges[index].waiters
    exchanges[index].waiters = []
    for waiter in waiters { waiter() }
    let doubters = exchanges[index].doubters
    exchanges[index].doubters = []
    Self.answer(doubters)
    saveState()
    updateReadiness(index)
    housekeeping?.report()
  }

  func saveState(isUrgent: Bool = false) {
    keeper?.save(
      // By their places: a copy of all that is known of each would cost as much as the rest.
      exchanges.indices.map {
        .init(settings: exchanges[$0].settings, memory: exchanges[$0].tracker.memory)
      },
      watch: board.read().host, isUrgent: isUrgent)
  }

  /// Has all that is known now written, for the last time. Waits for it, but not for long.
  nonisolated func saveLast() {
    guard let keeper else { return }
    let isNoted = DispatchSemaphore(value: 0)
    // What was published a moment ago may be waiting for its turn.
    enqueue {
      $0.saveState()
      isNoted.signal()
    }
    _ = isNoted.wait(timeout: .now() + StateKeeper.patience)
    keeper.saveLast()
  }

  private func chooseEndpoint(_ index: Int, _ failure: ProbeFailure?) {
    let hasChanged = exchanges[index].endpoints.resyncEnded(
      isGood: failure == nil, at: HostClocks.monotonic())
    guard hasChanged else { return }
    let baseURL = exchanges[index].baseURL
    board.change { $0.entries[index].baseURL = baseURL }
    Log.write(
      .notice,
      "\(exchanges[index].id): asking \(baseURL) from now on"
        + (failure.map { ": \($0.reason)" } ?? ""), .endpointChosen,
      [Log.Field("EXCHANGE", exchanges[index].id), Log.Field("URL", baseURL)])
  }

  private func updateReadiness(_ index: Int) {
    let status = exchanges[index].tracker.status
    if !readiness.isReached, status.clock == nil, status.failures >= Readiness.attempts,
      !exchanges[index].isGivenUp
    {
      exchanges[index].isGivenUp = true
      Log.write(
        .warning,
        "\(exchanges[index].id): \(status.failures) attempts failed, readiness no longer waits for"
          + " it: \(status.failure?.reason ?? "no reason known")", .readinessGivenUp,
        [Log.Field("EXCHANGE", exchanges[index].id)]
          + (status.failure.map { [Log.Field("REASON", $0.reason)] } ?? []))
    }
    announceReadiness()
  }

  func announceReadiness() {
    guard !readiness.isReached else { return }
    let reached = readiness.update(
      exchanges.map { ($0.tracker.status.clock != nil, $0.isGivenUp) })
    guard reached else { return }
    board.change { $0.isReady = true }
    notifier.send("READY=1\nSTATUS=\(statusLine)")
    Log.write(.info, "ready: \(statusLine)", .ready)
  }

  var statusLine: String {
    StatusLine.text(exchanges.map { ($0.id, $0.tracker.status) }, at: HostClocks.monotonic())
      + [board.read().socketProblem, refusal].compactMap { $0.map { "; \($0)" } }.joined()
  }
}
