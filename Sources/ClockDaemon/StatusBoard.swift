internal import ClockCore
internal import DaemonSettings
internal import ExchangeCatalog
internal import LinuxSystem
internal import Synchronization

/// What the daemon knows, for readers on other threads: the actor writes, the socket's thread
/// reads. A lock is held for a copy only, so a reader never waits for a probe or a log.
final class StatusBoard: Sendable {
  struct Entry: Sendable {
    let settings: ExchangeSettings
    var status: ExchangeStatus

    /// The last nonce given out; stamps of such an exchange must grow across all bots.
    var lastNonce: ExchangeInstant?
  }

  struct Content: Sendable {
    /// Sorted by the exchange's id.
    var entries: [Entry]

    /// How long the host had been suspended when the entries were last known to be good.
    var suspended: Duration
    var isReady = false
    var clients = 0
  }

  let started = HostClocks.monotonic()
  private let content: Mutex<Content>

  init(entries: [Entry], suspended: Duration) {
    precondition(
      zip(entries, entries.dropFirst()).allSatisfy {
        $0.settings.definition.id < $1.settings.definition.id
      }, "entries are looked up by bisection")
    content = Mutex(Content(entries: entries, suspended: suspended))
  }

  func read() -> Content {
    content.withLock { $0 }
  }

  func change(_ change: (inout Content) -> Void) {
    content.withLock { change(&$0) }
  }

  /// Runs `body` on one exchange's entry, which it may change; nil when there is no such exchange.
  func withEntry<Value: Sendable>(
    of id: String, _ body: (inout Entry, _ suspended: Duration) throws -> Value
  ) rethrows -> Value? {
    try content.withLock { content in
      guard let index = content.index(of: id) else { return nil }
      return try body(&content.entries[index], content.suspended)
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

  /// The state as a reader must take it: a suspend that the actor has not dealt with yet makes
  /// everything unusable.
  func state(at clocks: HostClocks, suspended: Duration) -> (state: SyncState, reason: String) {
    if clocks.suspended > suspended + .milliseconds(10) {
      return (.disrupted, "the host was suspended")
    }
    return (status.state(at: clocks.raw), status.reason(at: clocks.raw))
  }
}
