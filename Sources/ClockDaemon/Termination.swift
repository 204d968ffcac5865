internal import Dispatch
internal import Glibc
internal import LinuxSystem

/// Calls back when the process is asked to end, by SIGTERM or SIGINT.
final class Termination {
  private let sources: [any DispatchSourceSignal]

  init(_ handler: @escaping () -> Void) {
    // A queue of its own, so that a busy actor does not delay the end.
    let queue = DispatchQueue(label: "termination")
    let watch = { (number: CInt, handler: @escaping () -> Void) in
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler(handler: handler)
      source.activate()
      return source
    }
    let hangUp = {
      Log.write(
        .notice, "SIGHUP: the configuration is read at the start only; restart to change it")
    }
    sources = [watch(SIGTERM, handler), watch(SIGINT, handler), watch(SIGHUP, hangUp)]
  }
}
