internal import CLinux
internal import Glibc

/// A file that another process writes, mapped for reading as long as the object lives.
package final class SharedView: Sendable {
  package let bytes: Int
  package let identity: UnixSocket.FileIdentity
  /// Mapped read-only, unmapped by `deinit` alone; read through functions that expect others to
  /// write.
  private nonisolated(unsafe) let start: UnsafeRawPointer

  /// Calls `open(2)` and `mmap(2)`.
  ///
  /// - Parameter most: bytes that are mapped of a longer file.
  package init(_ path: String, most: Int) throws(SystemError) {
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let descriptor = OwnedDescriptor(owning: try check(open(path, flags), "open \(path)"))
    var status = stat()
    _ = try check(fstat(descriptor.number, &status), "open \(path)")
    bytes = status.st_mode & S_IFMT == S_IFREG ? min(Int(status.st_size), most) : 0
    // What is empty cannot be mapped.
    guard bytes > 0, let start = ec_map_shared(descriptor.number, bytes, 0) else {
      throw SystemError("map \(path)", number: bytes > 0 ? errno : EINVAL)
    }
    identity = UnixSocket.FileIdentity(status)
    self.start = UnsafeRawPointer(start)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: start), bytes)
  }

  /// The first bytes, as they are while others may write them.
  package func read(_ count: Int) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: start, count: min(count, bytes)))
  }

  package func number(at offset: Int) -> UInt32 {
    precondition(offset >= 0 && offset + 4 <= bytes && offset % 4 == 0, "outside of the file")
    return ec_load_shared(start + offset)
  }

  /// The first sixteen of words that were written together; false as below.
  package func readBeginning(_ words: inout InlineArray<16, UInt64>, at offset: Int) -> Bool {
    precondition(offset >= 0 && offset + 128 <= bytes && offset % 8 == 0, "outside of the file")
    return withUnsafeMutableBytes(of: &words) {
      ec_sequence_read(start + offset, $0.baseAddress?.assumingMemoryBound(to: UInt64.self), 16)
        == 1
    }
  }

  /// Words that were written together, the count of writes first; false where the writer was always
  /// found writing.
  package func read(_ words: inout InlineArray<24, UInt64>, at offset: Int) -> Bool {
    precondition(offset >= 0 && offset + 192 <= bytes && offset % 8 == 0, "outside of the file")
    return withUnsafeMutableBytes(of: &words) {
      ec_sequence_read(start + offset, $0.baseAddress?.assumingMemoryBound(to: UInt64.self), 24)
        == 1
    }
  }
}
