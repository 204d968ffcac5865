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
  private var connection: DaemonConnection?
  private var healthAt: MonotonicInstant?

  private static let patience = Duration.seconds(5)
  private static let healthPeriod = Duration.seconds(5)

  init(_ socket: String) {
    self.socket = socket
  }

  /// What becomes readable when there is something new; negative for none.
  var descriptor: CInt { -1 }

  mutating func update(_ model: inout WatchModel, arrow: String) {
    do throws(DaemonConnection.Failure) {
      try connect()
      let clocks = HostClocks.read()
      let answer = try connection?.call(.offsets) ?? .null
      let fresh = Verbs.offsets(of: answer) ?? []
      model.update(
        fresh, at: clocks.raw, microseconds: clocks.local.nanoseconds / 1_000, arrow: arrow)
      model.keepOnly(fresh.map(\.exchange))
      model.extendTrails()
      if healthAt.map({ clocks.raw - $0 >= Self.healthPeriod }) ?? true {
        model.health = try connection?.call(.health)
        healthAt = clocks.raw
      }
      model.trouble = nil
    } catch {
      connection = nil
      healthAt = nil
      model.trouble = "\(error)"
    }
  }

  private mutating func connect() throws(DaemonConnection.Failure) {
    if connection == nil {
      connection = try DaemonConnection(to: socket, patience: Self.patience)
    }
  }
}
