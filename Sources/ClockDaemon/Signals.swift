internal import Dispatch
internal import Glibc

/// Calls back when the process is asked to end, by SIGTERM or SIGINT, or to read its configuration
/// anew, by SIGHUP.
final class Signals {
  private let sources: [any DispatchSourceSignal]

  /// Has a SIGHUP wait from now on until somebody takes it. To be called before other threads are
  /// started, which go on so. Calls `pthread_sigmask(3)`.
  static func hold() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGHUP)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  init(end: @escaping () -> Void, reload: @escaping () -> Void) {
    // A queue of its own, so that a busy actor does not delay the end.
    let queue = DispatchQueue(label: "signals")
    let registered = DispatchGroup()
    let watch = { (number: CInt, handler: @escaping () -> Void) in
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler(handler: handler)
      registered.enter()
      source.setRegistrationHandler { registered.leave() }
      source.activate()
      return source
    }
    sources = [watch(SIGTERM, end), watch(SIGINT, end), watch(SIGHUP, reload)]
    // Before that a signal would have its usual effect once the main thread waits for signals.
    registered.wait()
  }
}
