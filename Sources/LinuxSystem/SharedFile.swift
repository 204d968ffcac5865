internal import CLinux
internal import ClockCore
internal import Glibc

/// A file that this process writes while others have it mapped. It is never made shorter, and all
/// of its bytes are allocated before it is mapped: a full disk shows when it is made, not later as
/// a SIGBUS.
///
/// One process holds it at a time, by a lock that goes with the process.
package final class SharedFile: Sendable {
  /// Why a file cannot be held.
  package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    case missing
    case isSymbolicLink
    /// A directory, a FIFO, a socket or a device, or a file that begins otherwise.
    case isForeign
    case belongsToAnother(user: UInt32)
    /// Another process holds it.
    case isInUse
    case unknownGroup(String)
    case system(SystemError)

    package var description: String {
      switch self {
      case .missing: "it does not exist"
      case .isSymbolicLink: "it is a symbolic link, which is not followed"
      case .isForeign: "it is something else"
      case .belongsToAnother(let user): "it belongs to user \(user), not to this process's"
      case .isInUse: "it is in use by a running daemon"
      case .unknownGroup(let name): "the group \"\(name)\" does not exist"
      case .system(let error): error.description
      }
    }
  }

  package let path: String
  package let bytes: Int
  private let descriptor: OwnedDescriptor
  /// Mapped for reading and writing from here on, and unmapped by `deinit` alone. Its bytes are
  /// accessed through functions that expect other processes to access them too.
  private nonisolated(unsafe) let start: UnsafeMutableRawPointer

  private init(
    path: String, bytes: Int, descriptor: consuming OwnedDescriptor
  ) throws(SystemError) {
    // What is allocated already stays as it is.
    let code = posix_fallocate(descriptor.number, 0, off_t(bytes))
    guard code == 0 else { throw SystemError("allocate \(path)", number: code) }
    guard let start = ec_map_shared(descriptor.number, bytes, 1) else {
      throw SystemError("map \(path)")
    }
    (self.path, self.bytes, self.start) = (path, bytes, start)
    self.descriptor = descriptor
  }

  deinit {
    munmap(start, bytes)
  }

  // MARK: Taking hold of a file

  /// Takes hold of the file at a path, and waits a moment for one that is just ending to let go.
  ///
  /// - Parameters:
  ///   - beginning: the first bytes of the file; another is left alone.
  ///   - most: bytes that are mapped of a longer one.
  ///
  /// Calls `open(2)`, `flock(2)`, `posix_fallocate(3)` and `mmap(2)`.
  package static func open(
    _ path: String, beginning: [UInt8], most: Int, patience: Duration = .seconds(1)
  ) throws(Failure) -> SharedFile {
    let deadline = HostClocks.monotonic() + patience
    while true {
      let flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
      let number = Glibc.open(path, flags)
      guard number >= 0 else {
        switch errno {
        case ENOENT: throw .missing
        case ELOOP: throw .isSymbolicLink
        case EISDIR, ENXIO: throw .isForeign
        default: throw .system(SystemError("open \(path)"))
        }
      }
      let descriptor = OwnedDescriptor(owning: number)
      var status = stat()
      guard fstat(number, &status) == 0 else { throw .system(SystemError("open \(path)")) }
      guard status.st_mode & S_IFMT == S_IFREG else { throw .isForeign }
      guard status.st_uid == geteuid() else { throw .belongsToAnother(user: status.st_uid) }
      var found = [UInt8](repeating: 0, count: beginning.count)
      guard pread(number, &found, found.count, 0) == found.count, found == beginning else {
        throw .isForeign
      }
      if flock(number, LOCK_EX | LOCK_NB) == 0 {
        // Whoever held it may have put another in its place.
        guard UnixSocket.identity(of: path) == UnixSocket.FileIdentity(status) else { continue }
        do throws(SystemError) {
          return try SharedFile(
            path: path, bytes: min(Int(status.st_size), most), descriptor: descriptor)
        } catch {
          throw .system(error)
        }
      }
      guard HostClocks.monotonic() < deadline else { throw .isInUse }
      Thread.pause(for: .milliseconds(10))
    }
  }

  /// A new file with these contents, held from its first moment; whatever stands at the path is
  /// replaced by it, whole. Calls `open(2)`, `flock(2)`, `posix_fallocate(3)`, `mmap(2)` and
  /// `rename(2)`.
  package static func make(
    _ path: String, contents: [UInt8], mode: UInt32, group: String?
  ) throws(Failure) -> SharedFile {
    // Always the same name, so that what a kill leaves behind is replaced by the next one.
    let temporary = path + ".new"
    unlink(temporary)
    let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let number = Glibc.open(temporary, flags, 0o600)
    guard number >= 0 else { throw .system(SystemError("create \(temporary)")) }
    do throws(Failure) {
      let file = try fill(path, contents, OwnedDescriptor(owning: number))
      try file.allow(mode: mode, group: group)
      guard rename(temporary, path) == 0 else {
        throw .system(SystemError("rename \(temporary) to \(path)"))
      }
      return file
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private static func fill(
    _ path: String, _ contents: [UInt8], _ descriptor: consuming OwnedDescriptor
  ) throws(Failure) -> SharedFile {
    do throws(SystemError) {
      _ = try check(flock(descriptor.number, LOCK_EX | LOCK_NB), "lock \(path)")
      let file = try SharedFile(path: path, bytes: contents.count, descriptor: descriptor)
      // Nobody else has it mapped yet.
      file.start.copyMemory(from: contents, byteCount: contents.count)
      return file
    } catch {
      throw .system(error)
    }
  }

  /// Sets who may open it. Calls `fchown(2)` and `fchmod(2)`.
  ///
  /// - Parameter group: nil leaves the one that it has.
  package func allow(mode: UInt32, group: String?) throws(Failure) {
    if let group {
      guard let entry = getgrnam(group) else { throw .unknownGroup(group) }
      guard fchown(descriptor.number, uid_t.max, entry.pointee.gr_gid) == 0 else {
        throw .system(SystemError("give \(path) to group \(group)"))
      }
    }
    guard fchmod(descriptor.number, mode) == 0 else { throw .system(SystemError("chmod \(path)")) }
  }

  /// Whether this is the file at the path still. Calls `fstat(2)` and `lstat(2)`.
  package var isInPlace: Bool {
    var status = stat()
    guard fstat(descriptor.number, &status) == 0 else { return false }
    return UnixSocket.identity(of: path) == UnixSocket.FileIdentity(status)
  }

  // MARK: Contents

  /// The first bytes, which nobody else changes.
  package func read(_ count: Int) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: start, count: min(count, bytes)))
  }

  package func store(_ number: UInt32, at offset: Int) {
    precondition(offset >= 0 && offset + 4 <= bytes && offset % 4 == 0, "outside of the file")
    ec_store_shared(start + offset, number)
  }

  package func store(_ number: UInt64, at offset: Int) {
    precondition(offset >= 0 && offset + 8 <= bytes && offset % 8 == 0, "outside of the file")
    (start + offset).storeBytes(of: number, as: UInt64.self)
  }

  /// Writes what readers find whole or not at all: the first word counts the writes, and is not
  /// taken from `words`. One thread at a time.
  package func write(_ words: InlineArray<24, UInt64>, at offset: Int) {
    precondition(offset >= 0 && offset + 192 <= bytes && offset % 8 == 0, "outside of the file")
    withUnsafePointer(to: words) {
      ec_sequence_write(
        start + offset, UnsafeRawPointer($0).assumingMemoryBound(to: UInt64.self), 24)
    }
  }
}
