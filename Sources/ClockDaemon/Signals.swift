internal import Dispatch
internal import Glibc

/// Calls back when the process is asked to end, by SIGTERM or SIGINT, or to read its configuration
/// anew, by SIGHUP.
final class Signals {
  private let sources: [any DispatchSourceSignal]

  init(end: @escaping () -> Void, reload: @escaping () -> Void) {
    // A queue of its own, so that a busy actor does not delay the end.
    let queue = DispatchQueue(label: "signals")
    let watch = { (number: CInt, handler: @escaping () -> Void) in
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler(handler: handler)
      source.activate()
      return source
    }
    sources = [watch(SIGTERM, end), watch(SIGINT, end), watch(SIGHUP, reload)]
  }
}
