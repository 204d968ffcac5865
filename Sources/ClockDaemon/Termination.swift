internal import Dispatch
internal import Glibc

/// Calls back when the process is asked to end, by SIGTERM or SIGINT.
final class Termination {
  private let sources: [any DispatchSourceSignal]

  init(_ handler: @escaping () -> Void) {
    // A queue of its own, so that a busy actor does not delay the end.
    let queue = DispatchQueue(label: "termination")
    sources = [SIGTERM, SIGINT].map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler(handler: handler)
      source.activate()
      return source
    }
  }
}
