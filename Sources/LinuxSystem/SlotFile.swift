internal import Glibc

/// A file of a fixed size that this process alone writes, a few bytes at a time and in place.
///
/// What is written survives the end of the process, however it ends; a power cut may leave what was
/// written last undone or torn. Its lock goes with the object.
package final class SlotFile: Sendable {
  private let descriptor: OwnedDescriptor
  private let path: String

  /// Whether it was made just now: all zero.
  package let isNew: Bool

  private let size: Int

  /// Opens or makes the file, which nobody but this user can read.
  ///
  /// Calls `open(2)`, `flock(2)`, `ftruncate(2)` and `posix_fallocate(3)`.
  package init(_ path: String, size: Int) throws(GuardedFile.Failure) {
    let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let number = open(path, flags, 0o600)
    guard number >= 0 else {
      throw errno == ELOOP ? .isSymbolicLink : .system(SystemError("open \(path)"))
    }
    descriptor = OwnedDescriptor(owning: number)
    self.path = path
    self.size = size
    var status = stat()
    guard fstat(number, &status) == 0 else { throw .system(SystemError("open \(path)")) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .isNotRegular }
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw .belongsToAnother(user: status.st_uid)
    }
    guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
      throw .isWritableByOthers(mode: status.st_mode & 0o7777)
    }
    guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
      throw .system(SystemError("lock \(path), which another daemon may be writing"))
    }
    isNew = status.st_size == 0
    guard Int(status.st_size) == size || ftruncate(number, off_t(size)) == 0 else {
      throw .system(SystemError("make \(path) \(size) bytes long"))
    }
    // A disk that is full later costs nothing then; one that is full now leaves no part of a file.
    guard isNew else { return }
    let error = posix_fallocate(number, 0, off_t(size))
    guard error == 0 || error == EOPNOTSUPP || error == EINVAL else {
      unlink(path)
      throw .system(SystemError("make \(path) \(size) bytes long", number: error))
    }
  }

  /// Whether the file at the path is still this one, as long as it was made: not removed, replaced
  /// or cut off by somebody else. Calls `fstat(2)` and `lstat(2)`.
  package var isInPlace: Bool {
    var status = stat()
    return descriptor.isAt(path) && fstat(descriptor.number, &status) == 0 && status.st_size == size
  }

  /// Fewer bytes than asked for where the file is shorter. Calls `pread(2)`.
  package func read(_ range: Range<Int>) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var length = 0
    while length < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        pread(
          descriptor.number, $0.baseAddress?.advanced(by: length), $0.count - length,
          off_t(range.lowerBound + length))
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw SystemError("read \(path)") }
      guard count > 0 else { return Array(bytes[..<length]) }
      length += count
    }
    return bytes
  }

  /// Calls `pwrite(2)`.
  package func write(_ bytes: [UInt8], at place: Int) throws(SystemError) {
    var length = 0
    while length < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(
          descriptor.number, $0.baseAddress?.advanced(by: length), $0.count - length,
          off_t(place + length))
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw SystemError("write \(path)") }
      length += count
    }
  }

  /// Makes a directory that only this user may enter; nothing where there is one. Calls `mkdir(2)`.
  package static func makeDirectory(_ path: String) throws(SystemError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("make \(path)") }
  }

  /// Gives a file another name, in the place of what had it. Calls `rename(2)`.
  package static func rename(_ path: String, to other: String) throws(SystemError) {
    guard Glibc.rename(path, other) == 0 else { throw SystemError("rename \(path) to \(other)") }
  }
}
