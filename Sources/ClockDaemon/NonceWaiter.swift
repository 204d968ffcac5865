internal import Dispatch
internal import LinuxSystem
internal import Synchronization

/// Somebody who waits until the ceilings of nonces are on disk; told once, on any thread.
final class NonceWaiter: Sendable {
  /// Why they are not, in one clause.
  enum Failure: Error, Sendable, CustomStringConvertible {
    case cannotBeWritten(GuardedFile.Failure)
    case takesTooLong
    case tooManyWait

    var description: String {
      switch self {
      case .cannotBeWritten(let failure): "the state file cannot be written: \(failure)"
      case .tooManyWait: "too many requests wait until the state file is written"
      case .takesTooLong: "the state file is not written in time; is its disk hanging?"
      }
    }
  }

  typealias Done = @Sendable (Failure?) -> Void

  private let done: Mutex<Done?>

  init(_ done: @escaping Done) {
    self.done = Mutex(done)
  }

  /// Does nothing where it has been told already.
  func finish(_ failure: Failure?) {
    let done = done.withLock { done in
      defer { done = nil }
      return done
    }
    done?(failure)
  }

  /// A disk that hangs is not waited for any longer than that.
  func loseHope(after patience: DispatchTimeInterval) {
    DispatchQueue.global().asyncAfter(deadline: .now() + patience) { [weak self] in
      self?.finish(.takesTooLong)
    }
  }
}
