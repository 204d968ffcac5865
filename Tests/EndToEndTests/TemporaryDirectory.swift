import Glibc
import LinuxSystem

/// A directory of one test, removed with the object.
final class TemporaryDirectory: Sendable {
  let root: String

  init() {
    var template = Array(
      ("/tmp/exchange-clock-test-" + String(repeating: "X", count: 6)).utf8CString)
    guard let made = mkdtemp(&template) else { fatalError("no directory in /tmp: errno \(errno)") }
    root = String(cString: made)
  }

  deinit {
    Self.remove(root)
  }

  /// A directory with all that is in it.
  static func remove(_ path: String) {
    if let listing = opendir(path) {
      while let entry = readdir(listing) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard name != ".", name != ".." else { continue }
        if unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
      }
      closedir(listing)
    }
    rmdir(path)
  }

  func path(_ name: String) -> String {
    "\(root)/\(name)"
  }

  func write(_ name: String, _ text: String) {
    guard let file = fopen(path(name), "w") else { fatalError("cannot write \(path(name))") }
    fputs(text, file)
    fclose(file)
  }

  /// Empty when there is no such file.
  func read(_ name: String) -> String {
    String(decoding: (try? FileContents.read(path(name))) ?? [], as: UTF8.self)
  }
}
