internal import Dispatch
internal import LinuxSystem
internal import Synchronization

/// Tells the service manager things without ever waiting for it: its socket holds a few datagrams
/// only, and a manager that does not read must not stop the daemon.
final class Notifier: Sendable {
  private let queue = DispatchQueue(label: "notify")
  /// The newest status that has not been sent; older ones are of no interest.
  private let status = Mutex<String?>(nil)

  /// Sends lines such as "READY=1", after all that was sent before.
  func send(_ line: String) {
    queue.async { ServiceManager.notify(line) }
  }

  /// Shows one line for people.
  func show(status text: String) {
    let isWaiting = status.withLock { status in
      defer { status = text }
      return status != nil
    }
    guard !isWaiting else { return }
    queue.async {
      let text = self.status.withLock { status in
        defer { status = nil }
        return status
      }
      if let text { ServiceManager.notify("STATUS=\(text)") }
    }
  }

  /// Sends a last line and waits for it to go out, but not for long.
  func sendLast(_ line: String) {
    let sent = DispatchSemaphore(value: 0)
    queue.async {
      ServiceManager.notify(line)
      sent.signal()
    }
    _ = sent.wait(timeout: .now() + .milliseconds(200))
  }
}
