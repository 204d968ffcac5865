internal import Glibc

/// A file that one process holds at a time, for as long as the object lives and however the process
/// ends. It stays where it is: to remove it could take it from whoever has come to hold it.
package final class LockFile: Sendable {
  /// Another process holds it.
  package struct Held: Error, Sendable, Equatable {}

  private let descriptor: OwnedDescriptor

  /// Takes hold of the file, which is made where there is none, and which nobody but this user can
  /// open: others could hold it for ever.
  ///
  /// - Returns: nil where no such file can be made; its directory may be missing.
  ///
  /// Calls `open(2)` and `flock(2)`.
  package init?(_ path: String) throws(Held) {
    let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let number = open(path, flags, 0o600)
    guard number >= 0 else { return nil }
    descriptor = OwnedDescriptor(owning: number)
    guard flock(number, LOCK_EX | LOCK_NB) != 0 else { return }
    guard errno == EWOULDBLOCK else { return nil }
    throw Held()
  }
}
