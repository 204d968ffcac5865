internal import Glibc

/// The directory of a file, with whom it belongs to and who may use it, so that one that was
/// removed can be made again as it was.
package struct KeptDirectory: Sendable {
  private let path: String
  private let mode: mode_t
  private let group: gid_t

  /// Nil where there is no such directory. Calls `stat(2)`.
  package init?(of file: String) {
    guard let slash = file.lastIndex(of: "/"), slash != file.startIndex else { return nil }
    path = String(file[..<slash])
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    (mode, group) = (status.st_mode & 0o7777, status.st_gid)
  }

  /// Makes it where there is none. Calls `mkdir(2)`, `chown(2)` and `chmod(2)`.
  package func restore() throws(SystemError) {
    guard mkdir(path, 0o700) == 0 else {
      if errno == EEXIST { return }
      throw SystemError("make \(path)")
    }
    // In a directory that passes its own group on, it has the right one already.
    _ = chown(path, uid_t.max, group)
    _ = try check(chmod(path, mode), "chmod \(path)")
  }
}
