internal import ClockCore
internal import ClockProtocol
internal import JSONDocument

/// What `watch` knows at one moment.
struct WatchModel {
  /// Something that happened to an exchange, or to the connection.
  struct Change: Equatable {
    /// CLOCK_REALTIME, Unix microseconds.
    var microseconds: Int64
    /// Nil where it concerns all.
    var exchange: String?
    var text: String
    var paint = Paint.plain
    /// What it is, were it to happen again; the text where that says no more.
    var theme: String?
    /// How often it has happened with nothing else in between, and since when.
    var times = 1
    var since: Int64?
  }

  /// Changes that are kept.
  static let mostChanges = 200

  /// By the exchange's id, as they were at `asOf`.
  private(set) var offsets: [OffsetResult] = []
  private var asOf: [String: MonotonicInstant] = [:]
  private(set) var changes: [Change] = []
  var health: JSONValue?

  /// Offsets of the last day by exchange: CLOCK_REALTIME in Unix microseconds, and nanoseconds.
  var trails: [String: [(time: Int64, value: Int64)]] = [:]

  /// Exchanges whose events, changes of state among them, come from the daemon's history: they are
  /// not made up here then.
  private(set) var told: Set<String> = []
  /// The last entry of the history that was taken, by exchange.
  private(set) var lastSequence: [String: Int64] = [:]
  /// When the last event of a history was that was taken, by exchange; Unix microseconds.
  private var lastEvent: [String: Int64] = [:]

  /// Why nothing new comes in; nil while it does.
  private(set) var trouble: String?
  /// Since when, CLOCK_REALTIME, Unix microseconds.
  private(set) var troubleSince: Int64?
  /// When the daemon that answered last was started, as it tells.
  private var startedMicroseconds: Int64?

  /// Takes what the daemon says now; a state that is another than before is noted.
  ///
  /// - Parameter microseconds: CLOCK_REALTIME, Unix.
  mutating func update(
    _ fresh: [OffsetResult], at now: MonotonicInstant, microseconds: Int64, arrow: String
  ) {
    for offset in fresh {
      guard let index = offsets.firstIndex(where: { $0.exchange == offset.exchange }) else {
        offsets.append(offset)
        asOf[offset.exchange] = now
        continue
      }
      let before = offsets[index]
      offsets[index] = offset
      asOf[offset.exchange] = now
      guard before.state != offset.state, !told.contains(offset.exchange) else { continue }
      let reason = offset.reason.isEmpty ? "" : ": \(offset.reason)"
      note(
        Change(
          microseconds: microseconds, exchange: offset.exchange,
          text: "\(before.state) \(arrow) \(offset.state)\(reason)",
          paint: .ofState(offset.state)))
    }
    offsets.sort { $0.exchange < $1.exchange }
  }

  /// Nothing new comes in: what is known is no longer how things are.
  ///
  /// - Parameter microseconds: CLOCK_REALTIME, Unix.
  mutating func lose(_ trouble: String, microseconds: Int64) {
    self.trouble = trouble
    guard troubleSince == nil else { return }
    troubleSince = microseconds
    guard !offsets.isEmpty else { return }
    note(
      Change(
        microseconds: microseconds, exchange: nil, text: "the daemon is lost: \(trouble)",
        paint: .bad))
  }

  /// The daemon answers; notes it where it did not, or is another one.
  mutating func reach(microseconds: Int64) {
    let started = health?["started_us"]?.integer
    let isAnew = startedMicroseconds != nil && started != startedMicroseconds
    if let since = troubleSince, startedMicroseconds != nil {
      let gone = Text.nanoseconds(max(microseconds - since, 0) * 1_000)
      note(
        Change(
          microseconds: microseconds, exchange: nil,
          text: "the daemon is back after \(gone)" + (isAnew ? ", started anew" : ""),
          paint: .good))
    } else if isAnew {
      note(
        Change(microseconds: microseconds, exchange: nil, text: "the daemon was started anew"))
    }
    (trouble, troubleSince, startedMicroseconds) = (nil, nil, started)
  }

  /// Whether one of these has another state than is known of it.
  func isNews(_ fresh: [OffsetResult]) -> Bool {
    fresh.contains { offset in
      offsets.first { $0.exchange == offset.exchange }?.state != offset.state
    }
  }

  /// Forgets exchanges that are no longer followed.
  mutating func keepOnly(_ ids: [String]) {
    offsets.removeAll { !ids.contains($0.exchange) }
  }

  mutating func note(_ change: Change) {
    var change = change
    if let index = changes.lastIndex(where: { $0.exchange == change.exchange }),
      (changes[index].theme ?? changes[index].text) == (change.theme ?? change.text)
    {
      let before = changes.remove(at: index)
      (change.times, change.since) = (before.times + 1, before.since ?? before.microseconds)
    }
    // What several histories tell comes one history after the other.
    let index = changes.lastIndex { $0.microseconds <= change.microseconds }
    changes.insert(change, at: index.map { $0 + 1 } ?? 0)
    if changes.count > Self.mostChanges { changes.removeFirst() }
  }

  /// The daemon that answers now may be another one, with other histories or none.
  mutating func forgetHistories() {
    told = []
    lastSequence = [:]
  }

  /// Takes what the daemon has written down since the last time.
  mutating func take(_ history: HistoryResult, arrow: String) {
    let id = history.exchange
    let last = lastSequence[id] ?? -1
    // Read from its beginning it tells again what is known.
    let (point, event) =
      last < 0 ? (trails[id]?.last?.time ?? .min, lastEvent[id] ?? .min) : (.min, .min)
    told.insert(id)
    trails[id, default: []] += history.measurements
      .filter { $0.sequence > last && $0.microseconds > point }
      .map { ($0.microseconds, $0.offsetNanoseconds) }
    let news = history.events.filter { $0.sequence > last && $0.microseconds > event }
    lastEvent[id] = news.last?.microseconds ?? lastEvent[id]
    for event in news where ![.started, .held].contains(event.kind) {
      note(
        Change(
          microseconds: event.microseconds, exchange: id,
          text: HistoryText.event(event).split(separator: " -> ", omittingEmptySubsequences: false)
            .joined(separator: " \(arrow) "),
          paint: HistoryText.paint(event), theme: HistoryText.theme(event)))
    }
    let all = history.measurements.map(\.sequence) + history.events.map(\.sequence)
    lastSequence[id] = max(last, all.max() ?? -1)
  }

  /// Adds to the trail where it has something newer than it ends with.
  mutating func extendTrails() {
    for offset in offsets where !told.contains(offset.exchange) {
      guard let known = offset.measurement else { continue }
      let last = trails[offset.exchange]?.last?.time ?? .min
      if known.lastSyncMicroseconds > last + 1_000_000 {
        trails[offset.exchange, default: []].append(
          (known.lastSyncMicroseconds, known.offsetNanoseconds))
      }
    }
  }

  /// Until the next resync, milliseconds.
  func nextSync(of offset: OffsetResult, at now: MonotonicInstant) -> Int64 {
    let passed = asOf[offset.exchange].map { (now - $0).wholeNanoseconds / 1_000_000 } ?? 0
    return max(offset.nextSyncMilliseconds - passed, 0)
  }
}
