internal import Glibc

/// A file read whole.
package enum FileContents {
  /// - Parameter limit: bytes; a larger file is refused with EFBIG.
  ///
  /// Calls `open(2)` and `read(2)`.
  package static func read(_ path: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
    let number = try check(open(path, O_RDONLY | O_CLOEXEC), "read \(path)")
    let descriptor = OwnedDescriptor(owning: number)
    var contents: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = chunk.withUnsafeMutableBytes {
        Glibc.read(descriptor.number, $0.baseAddress, $0.count)
      }
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw SystemError("read \(path)")
      }
      if count == 0 { return contents }
      contents += chunk.prefix(count)
      guard contents.count <= limit else { throw SystemError("read \(path)", number: EFBIG) }
    }
  }
}
