internal import CLinux
internal import Glibc

/// Threads of the operating system, for work that blocks.
package enum Thread {
  /// Runs `work` on a new, detached thread.
  ///
  /// - Parameter name: at most 15 bytes, as tools show it.
  /// Fails where the system allows no more threads. Calls `pthread_create(3)`.
  package static func start(
    named name: String, _ work: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    let context = Unmanaged.passRetained(Start(name: name, work: work))
    var thread = pthread_t()
    let code = pthread_create(&thread, &attributes, beginThread, context.toOpaque())
    guard code == 0 else {
      context.release()
      throw SystemError("start a thread", number: code)
    }
  }

  /// Lets the calling thread rest. Calls `nanosleep(2)`.
  package static func pause(for duration: Duration) {
    let (seconds, attoseconds) = duration.components
    var rest = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    while withUnsafeMutablePointer(to: &rest, { nanosleep($0, $0) }) != 0, errno == EINTR {}
  }

  fileprivate final class Start: Sendable {
    let name: String
    let work: @Sendable () -> Void

    init(name: String, work: @escaping @Sendable () -> Void) {
      self.name = name
      self.work = work
    }
  }
}

private func beginThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  let start = Unmanaged<Thread.Start>.fromOpaque(context).takeRetainedValue()
  ec_name_thread(start.name)
  start.work()
  return nil
}
