import Glibc
import Testing

/// A directory of one test with a place for a state file, removed with the object.
final class Scratch: Sendable {
  let root: String

  var path: String { root + "/state.json" }

  init() {
    var template = Array(
      ("/tmp/exchange-clock-test-" + String(repeating: "X", count: 6)).utf8CString)
    guard let made = mkdtemp(&template) else { fatalError("no directory in /tmp: errno \(errno)") }
    root = String(cString: made)
  }

  deinit {
    for name in names where unlink("\(root)/\(name)") != 0 { rmdir("\(root)/\(name)") }
    rmdir(root)
  }

  /// What is in it, in order.
  var names: [String] {
    guard let listing = opendir(root) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// The permission bits of the state file.
  var mode: UInt32 {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  func write(_ text: String, to path: String) {
    guard let file = fopen(path, "w") else { fatalError("cannot write \(path)") }
    fputs(text, file)
    fclose(file)
  }
}
