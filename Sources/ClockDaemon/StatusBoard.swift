internal import ClockCore
internal import DaemonSettings
internal import ExchangeCatalog
internal import LinuxSystem
internal import Synchronization

/// What the daemon knows, for readers on other threads: the actor writes, the socket's thread
/// reads. A lock is held for a copy only, so a reader never waits for a probe or a log.
final class StatusBoard: Sendable {
  struct Entry: Sendable {
    var settings: ExchangeSettings
    var status: ExchangeStatus

    /// Where stamps are nonces, they grow across all bots.
    var nonces: NonceSequence

    /// The base URL that is asked; nil for the first.
    var baseURL: String?

    /// What was known of its clock before.
    var past = ClockHistory()

    /// What stamps have been given out of late.
    var givenStamps: GivenStamps

    init(
      settings: ExchangeSettings, status: ExchangeStatus, nonces: NonceSequence = NonceSequence()
    ) {
      self.settings = settings
      self.status = status
      self.nonces = nonces
      givenStamps = GivenStamps(resolution: settings.definition.timestampFormat.resolution)
    }
  }

  struct Content: Sendable {
    /// Sorted by the exchange's id.
    var entries: [Entry]

    /// Whether this host's clock was interrupted since the entries were last known to be good.
    var host: HostWatch
    var isReady = false
    var clients = 0

    /// How much must be known for who waits.
    var readyWhen = ReadyWhen.all

    /// The file that the settings are read from; nil where there is none.
    var configuration: String?

    /// Why no client can connect; nil where they can.
    var socketProblem: String?
  }

  let started = HostClocks.monotonic()
  /// CLOCK_REALTIME then, Unix microseconds; a step of that clock later on does not change it.
  let startedMicroseconds = HostClocks.read().local.nanoseconds / 1_000
  private let content: Mutex<Content>

  /// What CLOCK_REALTIME showed before.
  private let localHistory = Mutex(LocalHistory(at: .read()))

  /// Rung when the entries have changed.
  private let bell = Mutex<@Sendable () -> Void>({})

  init(entries: [Entry], host: HostWatch) {
    precondition(
      zip(entries, entries.dropFirst()).allSatisfy {
        $0.settings.definition.id < $1.settings.definition.id
      }, "entries are looked up by bisection")
    var entries = entries
    for index in entries.indices { entries[index].past.note(entries[index].status) }
    content = Mutex(Content(entries: entries, host: host))
  }

  /// Has `ring` called, on any thread, whenever an exchange's status has changed.
  func setBell(_ ring: @escaping @Sendable () -> Void) {
    bell.withLock { $0 = ring }
  }

  func read() -> Content {
    content.withLock { $0 }
  }

  /// No nonce above this was given out for the exchange, nor will be before a save; nil where none
  /// was.
  func nonceCeiling(of id: String) -> ExchangeInstant? {
    withEntry(of: id) { entry, _ in entry.nonces.ceilingToWrite ?? entry.nonces.last } ?? nil
  }

  func change<Value: Sendable>(_ change: (inout Content) -> Value) -> Value {
    content.withLock { change(&$0) }
  }

  /// Changes what readers are shown, and tells who listens.
  @discardableResult
  func publish<Value: Sendable>(_ change: (inout Content) -> Value) -> Value {
    defer { bell.withLock(\.self)() }
    return self.change(change)
  }

  /// Notes what CLOCK_REALTIME shows now.
  ///
  /// - Parameter wasSet: the kernel has told that it was set since the last time.
  func lookAtLocalClock(wasSet: Bool = false) {
    localHistory.withLock { $0.looked(.read(), wasSet: wasSet) }
  }

  /// When CLOCK_REALTIME showed `local`.
  func instants(
    showing local: LocalInstant, now: LocalHistory.Look
  ) throws(LocalHistory.Refusal) -> ClosedRange<MonotonicInstant> {
    try localHistory.withLock { history throws(LocalHistory.Refusal) in
      try history.instants(showing: local, now: now)
    }
  }

  /// Runs `body` on one exchange's entry, which it may change; nil when there is no such exchange.
  func withEntry<Value: Sendable, Failure>(
    of id: String, _ body: (inout Entry, _ host: HostWatch) throws(Failure) -> Value
  ) throws(Failure) -> Value? {
    try content.withLock { content throws(Failure) in
      guard let index = content.index(of: id) else { return nil }
      return try body(&content.entries[index], content.host)
    }
  }
}

extension StatusBoard.Content {
  func index(of id: String) -> Int? {
    var range = entries.indices
    while let middle = range.isEmpty ? nil : range.lowerBound + range.count / 2 {
      let candidate = entries[middle].settings.definition.id
      if candidate == id { return middle }
      range = candidate < id ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }
}

extension StatusBoard.Entry {
  var id: String { settings.definition.id }

  /// The definition, with the base URL that is asked.
  var definition: ExchangeDefinition {
    var definition = settings.definition
    if let baseURL { definition.baseURL = baseURL }
    return definition
  }

  /// The same exchange under other settings, by which its clock means the same.
  func following(_ settings: ExchangeSettings) -> Self {
    var entry = self
    entry.settings = settings
    if settings.definition.baseURLs != self.settings.definition.baseURLs { entry.baseURL = nil }
    if settings.definition.timestampFormat != self.settings.definition.timestampFormat {
      entry.givenStamps = GivenStamps(resolution: settings.definition.timestampFormat.resolution)
    }
    return entry
  }

  /// - Parameter isBreak: its clock was found to have been set, or to run at another rate.
  mutating func show(_ status: ExchangeStatus, isBreak: Bool = false) {
    self.status = status
    past.note(status, isBreak: isBreak)
  }

  /// The state as a reader must take it: an interruption that the actor has not dealt with yet
  /// makes everything unusable.
  func state(at clocks: HostClocks, host: HostWatch) -> (state: SyncState, reason: String) {
    if let interruption = host.interruption(at: clocks) {
      return (.disrupted, interruption.reason)
    }
    return status.judgement(at: clocks.raw)
  }
}
