internal import Synchronization

/// Calls back once a number of things have happened; at once when there are none to wait for.
final class Gathering: Sendable {
  private let missing: Mutex<Int>
  private let done: @Sendable () -> Void

  init(count: Int, done: @escaping @Sendable () -> Void) {
    missing = Mutex(count)
    self.done = done
    if count == 0 { done() }
  }

  func arrived() {
    let isLast = missing.withLock { missing in
      missing -= 1
      return missing == 0
    }
    if isLast { done() }
  }
}
