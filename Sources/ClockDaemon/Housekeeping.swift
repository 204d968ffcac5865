internal import Dispatch
internal import LinuxSystem

/// What systemd is told from time to time: that the daemon lives, and how it is.
///
/// It runs on the actor's queue, so that a stuck actor is not reported as living; the socket's
/// thread is asked for a sign of life too.
final class Housekeeping {
  private let source: any DispatchSourceTimer
  private let server: SocketServer
  private let notifier: Notifier
  private let status: () -> String
  private let isReady: () -> Bool
  private let rest: () -> Void
  private var lastRounds = -1

  init(
    server: SocketServer, notifier: Notifier, queue: DispatchQueue, status: @escaping () -> String,
    isReady: @escaping () -> Bool, rest: @escaping () -> Void
  ) {
    self.server = server
    self.notifier = notifier
    self.status = status
    self.isReady = isReady
    self.rest = rest
    source = DispatchSource.makeTimerSource(queue: queue)
    // Three signs of life within what systemd waits for; without a watchdog only the status ages.
    let period = min((ServiceManager.watchdogInterval ?? .seconds(30)) / 3, .seconds(10))
    let nanoseconds = Int(period.components.attoseconds / 1_000_000_000)
    let interval = DispatchTimeInterval.nanoseconds(
      Int(period.components.seconds) * 1_000_000_000 + nanoseconds)
    source.setEventHandler { [weak self] in self?.tick() }
    source.schedule(deadline: .now() + interval, repeating: interval, leeway: .milliseconds(100))
    source.activate()
  }

  deinit {
    source.cancel()
  }

  /// Shows how things are now.
  func report() {
    notifier.show(status: status())
  }

  private func tick() {
    let rounds = server.heartbeat()
    if rounds != lastRounds { notifier.send("WATCHDOG=1") }
    lastRounds = rounds
    // Rather than claim readiness without any time to give, ask for patience.
    if !isReady() { notifier.send("EXTEND_TIMEOUT_USEC=60000000") }
    report()
    rest()
  }
}
