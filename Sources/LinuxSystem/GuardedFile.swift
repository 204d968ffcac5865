internal import Glibc

/// A file that only this process writes: read with suspicion, replaced whole.
package enum GuardedFile {
  /// Why a file is neither read nor replaced.
  package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    case missing
    case isSymbolicLink
    /// A directory, a FIFO, a socket or a device.
    case isNotRegular
    case belongsToAnother(user: UInt32)
    /// Group or others may write it.
    case isWritableByOthers(mode: UInt32)
    case isTooLarge(limit: Int)
    case system(SystemError)

    package var description: String {
      switch self {
      case .missing: "it does not exist"
      case .isSymbolicLink: "it is a symbolic link, which is not followed"
      case .isNotRegular: "it is not a regular file"
      case .belongsToAnother(let user): "it belongs to user \(user), not to this process's or root"
      case .isWritableByOthers(let mode):
        "group or others may write it (mode 0\(String(mode, radix: 8)))"
      case .isTooLarge(let limit): "it is larger than \(limit) bytes"
      case .system(let error): error.description
      }
    }
  }

  /// Reads a file that nobody but this user and root can have written. Waits for no other process,
  /// whatever stands at the path.
  ///
  /// - Parameter limit: bytes.
  ///
  /// Calls `open(2)`, `fstat(2)` and `read(2)`.
  package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let number = open(path, flags)
    guard number >= 0 else {
      switch errno {
      case ENOENT: throw .missing
      case ELOOP: throw .isSymbolicLink
      // A socket, or a device without a driver.
      case ENXIO: throw .isNotRegular
      default: throw .system(SystemError("read \(path)"))
      }
    }
    let descriptor = OwnedDescriptor(owning: number)
    var status = stat()
    guard fstat(number, &status) == 0 else { throw .system(SystemError("read \(path)")) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .isNotRegular }
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw .belongsToAnother(user: status.st_uid)
    }
    guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
      throw .isWritableByOthers(mode: status.st_mode & 0o7777)
    }
    // One byte more than allowed, as it may grow while it is read.
    var contents = [UInt8](repeating: 0, count: min(Int(status.st_size), limit) + 1)
    var length = 0
    while length < contents.count {
      let count = contents.withUnsafeMutableBytes {
        Glibc.read(descriptor.number, $0.baseAddress?.advanced(by: length), $0.count - length)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .system(SystemError("read \(path)")) }
      if count == 0 { return Array(contents[..<length]) }
      length += count
    }
    guard length <= limit else { throw .isTooLarge(limit: limit) }
    return contents
  }

  /// Puts a whole file in the place of another, which stays complete until then: after a power cut
  /// there is the old one or the new one. Only this user can read it.
  ///
  /// Calls `open(2)`, `write(2)`, `fsync(2)` and `rename(2)`.
  package static func replace(_ path: String, with bytes: [UInt8]) throws(Failure) {
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw status.st_mode & S_IFMT == S_IFLNK ? .isSymbolicLink : .isNotRegular
    }
    // Always the same name, so that what a kill leaves behind is replaced by the next one.
    let temporary = path + ".new"
    unlink(temporary)
    do throws(SystemError) {
      try write(bytes, to: temporary)
      _ = try check(rename(temporary, path), "rename \(temporary) to \(path)")
      try syncDirectory(of: path)
    } catch {
      unlink(temporary)
      throw .system(error)
    }
  }

  private static func write(_ bytes: [UInt8], to path: String) throws(SystemError) {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = OwnedDescriptor(
      owning: try check(open(path, flags, 0o600), "create \(path)"))
    var length = 0
    while length < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor.number, $0.baseAddress?.advanced(by: length), $0.count - length)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw SystemError("write \(path)") }
      length += count
    }
    _ = try check(fsync(descriptor.number), "sync \(path)")
  }

  /// Without this the new name may be lost in a power cut.
  private static func syncDirectory(of path: String) throws(SystemError) {
    let parent = path.lastIndex(of: "/").map { path[...$0] } ?? "."
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    let descriptor = OwnedDescriptor(
      owning: try check(open(String(parent), flags), "open \(parent)"))
    // Some file systems have nothing to do here, and say so.
    guard fsync(descriptor.number) == 0 || errno == EINVAL else {
      throw SystemError("sync \(parent)")
    }
  }
}
