internal import ClockMetrics
internal import ClockProtocol
internal import ExchangeClock
internal import JSONDocument
internal import LinuxSystem
internal import Synchronization

/// Asks the daemon when a scrape comes in.
final class MetricsSource: Sendable {
  /// Less than the 10 s after which Prometheus gives a scrape up, for two questions.
  private static let patience = Duration.seconds(4)

  private let socket: String
  private let tell: @Sendable (Log.Priority, String) -> Void
  /// Whether the last scrape found no daemon: told when it changes.
  private let isDown = Mutex(false)

  init(
    socket: String, tell: @escaping @Sendable (Log.Priority, String) -> Void = { Log.write($0, $1) }
  ) {
    self.socket = socket
    self.tell = tell
  }

  /// All metrics; only that it is down where the daemon does not answer.
  func read() -> [MetricFamily] {
    do throws(DaemonConnection.Failure) {
      var connection = try DaemonConnection(to: socket, patience: Self.patience)
      let offsets = try connection.call(.offsets).array ?? []
      let health = try connection.call(.health)
      if isDown.withLock({ wasDown in
        defer { wasDown = false }
        return wasDown
      }) {
        tell(.info, "the daemon answers again")
      }
      return ClockMetrics.families(
        offsets.compactMap(OffsetResult.init(json:)), health: health)
    } catch {
      if !isDown.withLock({ wasDown in
        defer { wasDown = true }
        return wasDown
      }) {
        tell(.warning, "\(error)")
      }
      return ClockMetrics.whenDown
    }
  }
}
