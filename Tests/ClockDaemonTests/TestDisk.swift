import ClockCore
import Glibc
import LinuxSystem
import Synchronization

@testable import ClockDaemon

/// A disk that can be slow or full, and what was written to it.
final class TestDisk: Sendable {
  private struct State: Sendable {
    var texts: [[UInt8]] = []
    var instants: [MonotonicInstant] = []
    var isFull = false
    var lines: [RestoredState.Line] = []
  }

  private let state = Mutex(State())
  /// Held to make the disk hang.
  let gate = Mutex(())

  func write(_ text: [UInt8]) throws(GuardedFile.Failure) {
    gate.withLock { _ in }
    let isFull = state.withLock { state in
      if !state.isFull { state.texts.append(text) }
      state.instants.append(HostClocks.monotonic())
      return state.isFull
    }
    if isFull { throw .system(SystemError("write /state.json.new", number: ENOSPC)) }
  }

  func tell(_ priority: Log.Priority, _ message: String) {
    state.withLock { $0.lines.append(.init(priority: priority, message: message)) }
  }

  var isFull: Bool {
    get { state.withLock { $0.isFull } }
    set { state.withLock { $0.isFull = newValue } }
  }

  var lines: [RestoredState.Line] { state.withLock { $0.lines } }
  var attempts: [MonotonicInstant] { state.withLock { $0.instants } }

  func states() throws -> [SavedState] {
    try state.withLock { $0.texts }.map { try StateDocument.parse($0) }
  }
}
