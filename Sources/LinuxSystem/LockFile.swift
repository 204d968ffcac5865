internal import Glibc
internal import Synchronization

/// A file that one process holds at a time, for as long as the object lives and however the process
/// ends. It stays where it is: to remove it could take it from whoever has come to hold it.
package final class LockFile: Sendable {
  /// Another process holds it.
  package struct Held: Error, Sendable, Equatable {}

  /// Closes it with the last reference.
  private final class Holding: Sendable {
    let descriptor: OwnedDescriptor

    init(owning number: CInt) { descriptor = OwnedDescriptor(owning: number) }
  }

  private let path: String
  private let holding = Mutex<Holding?>(nil)

  package init(_ path: String) throws(Held) {
    self.path = path
    try hold()
  }

  /// Takes hold of the file where that has not been done yet, or it was removed since. It is made
  /// where there is none, and nobody but this user can open it: others could hold it for ever.
  /// Where no such file can be made, as its directory is missing, nothing is held.
  ///
  /// Calls `open(2)`, `flock(2)`, `fstat(2)` and `lstat(2)`.
  package func hold() throws(Held) {
    guard holding.withLock({ $0?.descriptor.isAt(path) != true }) else { return }
    let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let number = open(path, flags, 0o600)
    guard number >= 0 else { return }
    let fresh = Holding(owning: number)
    guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
      guard errno == EWOULDBLOCK else { return }
      throw Held()
    }
    holding.withLock { $0 = fresh }
  }
}
