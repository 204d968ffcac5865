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

    /// Whether this host's clock was interrupted since the entries were last known to be good.
    var host: HostWatch
    var isReady = false
    var clients = 0
  }

  let started = HostClocks.monotonic()
  private let content: Mutex<Content>

  init(entries: [Entry], host: HostWatch) {
    precondition(
      zip(entries, entries.dropFirst()).allSatisfy {
        $0.settings.definition.id < $1.settings.definition.id
      }, "entries are looked up by bisection")
    content = Mutex(Content(entries: entries, host: host))
  }

  func read() -> Content {
    content.withLock { $0 }
  }

  func change<Value: Sendable>(_ change: (inout Content) -> Value) -> Value {
    content.withLock { change(&$0) }
  }

  /// Runs `body` on one exchange's entry, which it may change; nil when there is no such exchange.
  func withEntry<Value: Sendable>(
    of id: String, _ body: (inout Entry, _ host: HostWatch) throws -> Value
  ) rethrows -> Value? {
    try content.withLock { content in
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

  /// The state as a reader must take it: an interruption that the actor has not dealt with yet
  /// makes everything unusable.
  func state(at clocks: HostClocks, host: HostWatch) -> (state: SyncState, reason: String) {
    if let interruption = host.interruption(at: clocks) {
      return (.disrupted, interruption.reason)
    }
    return (status.state(at: clocks.raw), status.reason(at: clocks.raw))
  }
}
