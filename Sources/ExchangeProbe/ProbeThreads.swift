package import LinuxSystem
internal import Synchronization

/// A few threads that may block, for `curl_easy_perform`.
///
/// A thread is started when all are busy, up to the limit. A few are kept when they are idle; what
/// more there were in a busy moment go, with what memory each of them had. A blocked thread wakes
/// about 45 us sooner than a dispatch source, and what it measures is the time it woke.
package final class ProbeThreads: Sendable {
  package typealias Job = @Sendable () -> Void

  /// Idle threads that are kept.
  package static let mostIdle = 8

  private struct State {
    var waiting: [Job] = []
    var idle = 0
    var threads = 0
  }

  private let limit: Int
  private let state = Mutex(State())
  private let bell = Semaphore()

  /// - Parameter limit: threads at most.
  package init(limit: Int) {
    self.limit = limit
  }

  /// Runs a job on a thread that is free, or as soon as one is; fails where the system allows not
  /// even one.
  package func run(_ job: @escaping Job) throws(SystemError) {
    try state.withLock { state throws(SystemError) in
      if state.waiting.count >= state.idle, state.threads < limit {
        do throws(SystemError) {
          try Thread.start(named: "probe", work)
          state.threads += 1
        } catch {
          if state.threads == 0 { throw error }
        }
      }
      state.waiting.append(job)
    }
    bell.signal()
  }

  private func work() {
    while isWanted() {
      bell.wait()
      let job = state.withLock { state in
        state.idle -= 1
        return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
      }
      job?()
    }
  }

  /// Counts the calling thread among those that are idle, or out.
  private func isWanted() -> Bool {
    state.withLock { state in
      let isWanted = state.idle < max(Self.mostIdle, state.waiting.count)
      if isWanted { state.idle += 1 } else { state.threads -= 1 }
      return isWanted
    }
  }
}
