internal import Glibc
internal import LinuxSystem

/// The files that tell what kind of host this is, below a root that tests choose.
struct HostFiles {
  /// Put before every path; empty for the host itself.
  var root = ""

  /// Bytes of a file that are enough: /proc/cpuinfo has some kilobytes for each processor.
  private static let limit = 8 << 20

  func text(_ path: String) throws(SystemError) -> String {
    String(decoding: try FileContents.read(root + path, limit: Self.limit), as: UTF8.self)
  }

  func exists(_ path: String) -> Bool {
    access(root + path, F_OK) == 0
  }

  func names(in path: String) throws(SystemError) -> [String] {
    try DirectoryContents.names(in: root + path)
  }
}
