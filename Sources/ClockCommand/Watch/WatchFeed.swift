internal import ClockCore
internal import ClockProtocol
internal import ExchangeClock
internal import JSONDocument
internal import LinuxSystem

/// Keeps a model up to date with what the daemon says, also over the daemon's restarts.
struct WatchFeed: ~Copyable {
  /// Between two pictures: ages and waits go on while nothing else changes.
  let pause = Duration.seconds(1)

  private let socket: String
  /// The subscription; nil while there is no daemon.
  private var connection: DaemonConnection?
  private var healthAt: MonotonicInstant?
  /// No history is asked for before; nil for at any time.
  private var historiesFrom: MonotonicInstant?
  /// The first of the exchanges whose histories are read next.
  private var next = 0

  /// While it is waited for no key is taken and nothing is drawn.
  private static let patience = Duration.seconds(3)
  private static let healthPeriod = Duration.seconds(5)
  /// After one that did not come.
  private static let historyPause = Duration.seconds(30)
  /// Fewer than would keep notifications waiting.
  private static let historiesAtATime = 4

  /// Changes of less are not told.
  private static let leastChange: JSONValue = 100

  init(_ socket: String) {
    self.socket = socket
  }

  /// What becomes readable when there is something new; negative for none.
  private(set) var descriptor: CInt = -1

  mutating func update(_ model: inout WatchModel, arrow: String) {
    let asked = Self.nowMicroseconds
    do throws(DaemonConnection.Failure) {
      if connection == nil { try begin(&model, arrow) }
      let fresh = try connection?.takeNotifications() ?? []
      // The line on health must not say something else than the table below it.
      if model.isNews(fresh) { healthAt = nil }
      take(fresh, &model, arrow)
      // Some events change nothing that is notified of: of the others, some each time.
      let others = model.offsets.map(\.exchange)
      let turn = (0..<min(Self.historiesAtATime, others.count)).map {
        others[(next + $0) % others.count]
      }
      next = others.isEmpty ? 0 : (next + turn.count) % others.count
      readHistories(&model, of: Set(fresh.map(\.exchange) + turn).sorted(), arrow: arrow)
      model.extendTrails()
      try askHealth(&model, arrow)
      model.reach(microseconds: Self.nowMicroseconds)
    } catch {
      disconnect()
      model.lose("\(error)", microseconds: asked)
    }
  }

  /// CLOCK_REALTIME, Unix.
  private static var nowMicroseconds: Int64 { HostClocks.read().local.nanoseconds / 1_000 }

  private mutating func begin(
    _ model: inout WatchModel, _ arrow: String
  ) throws(DaemonConnection.Failure) {
    var fresh = try DaemonConnection(to: socket, patience: Self.patience)
    // Before it subscribes: who reads many histories takes no notification meanwhile.
    let known = try fresh.call(.offsets)
    model.forgetHistories()
    readHistories(&model, of: (Verbs.offsets(of: known) ?? []).map(\.exchange), arrow: arrow)
    let answer = try fresh.call(.subscribe, ["min_change_us": Self.leastChange])
    let offsets = Verbs.offsets(of: answer["offsets"] ?? .null) ?? []
    take(offsets, &model, arrow)
    model.keepOnly(offsets.map(\.exchange))
    descriptor = fresh.descriptorNumber
    connection = consume fresh
    healthAt = nil
  }

  private mutating func disconnect() {
    connection = nil
    descriptor = -1
  }

  private func take(_ offsets: [OffsetResult], _ model: inout WatchModel, _ arrow: String) {
    let clocks = HostClocks.read()
    model.update(
      offsets, at: clocks.raw, microseconds: clocks.local.nanoseconds / 1_000, arrow: arrow)
  }

  /// Over a connection of its own, so that no notification comes in between.
  private mutating func askHealth(
    _ model: inout WatchModel, _ arrow: String
  ) throws(DaemonConnection.Failure) {
    let now = HostClocks.monotonic()
    guard healthAt.map({ now - $0 >= Self.healthPeriod }) ?? true else { return }
    var other = try DaemonConnection(to: socket, patience: Self.patience)
    let health = try other.call(.health)
    model.health = health
    healthAt = now
    // Others are followed since the daemon read its configuration again.
    let followed = health["counts"]?["exchanges"]?.integer
    if let followed, followed != Int64(model.offsets.count) { disconnect() }
  }

  /// What has happened, where the daemon writes it down: first of the last day, then what is new.
  /// What cannot be had is left out: whether the daemon answers is for other questions to tell, as
  /// it gives time while the disk that histories are on hangs.
  private mutating func readHistories(
    _ model: inout WatchModel, of ids: [String], arrow: String
  ) {
    guard historiesFrom.map({ $0 <= HostClocks.monotonic() }) ?? true else { return }
    let since = HostClocks.read().local.nanoseconds / 1_000 - 86_400_000_000
    for id in ids {
      let after = model.lastSequence[id]
      do {
        let history = try HistoryReader.read(
          id, since: after == nil ? since : 0, after: max(after ?? 0, 0), socket: socket,
          patience: Self.patience)
        model.take(history, arrow: arrow)
      } catch DaemonConnection.Failure.timedOut {
        historiesFrom = HostClocks.monotonic() + Self.historyPause
        return
      } catch {
        continue
      }
    }
  }
}
