internal import Synchronization

/// Lines that could not be written at once, and the thread that waits until they can be.
final class LogBacklog: Sendable {
  /// Who never reads them again shall not fill the memory.
  private static let most = 1000

  private struct State {
    var entries: [Log.Entry] = []
    /// Of lines that found no room.
    var missing = 0
    var hasThread = false
  }

  private let state = Mutex(State())
  private let bell = Semaphore()
  private let deliver: @Sendable (Log.Entry) -> Void

  /// - Parameter deliver: writes a line, however long that takes.
  init(deliver: @escaping @Sendable (Log.Entry) -> Void) {
    self.deliver = deliver
  }

  var isEmpty: Bool { state.withLock { $0.entries.isEmpty } }

  func add(_ entry: Log.Entry) {
    let needsThread = state.withLock { state in
      guard state.entries.count < Self.most else {
        state.missing += 1
        return false
      }
      state.entries.append(entry)
      bell.signal()
      defer { state.hasThread = true }
      return !state.hasThread
    }
    guard needsThread else { return }
    do throws(SystemError) {
      try Thread.start(named: "log", work)
    } catch {
      // The next line tries again.
      state.withLock { $0.hasThread = false }
    }
  }

  private func work() {
    while true {
      bell.wait()
      // It stays in the list meanwhile, so that the lines after it wait for it.
      guard let entry = state.withLock({ $0.entries.first }) else { continue }
      deliver(entry)
      let missing = state.withLock { state in
        state.entries.removeFirst()
        guard state.entries.isEmpty else { return 0 }
        defer { state.missing = 0 }
        return state.missing
      }
      guard missing > 0 else { continue }
      deliver(
        Log.Entry(
          priority: .warning, message: "\(missing) lines are missing here: nobody read the log",
          fields: []))
    }
  }
}
