import Glibc

@testable import ClockCommand

/// Files of an invented host below a directory of its own, removed with the object.
final class HostRoot {
  private let root: String
  private var made: [String] = []

  var files: HostFiles { HostFiles(root: root) }

  /// - Parameter contents: by path from the root, such as "/proc/1/comm".
  init(_ contents: [String: String]) {
    var template = Array(
      ("/tmp/exchange-clock-host-" + String(repeating: "X", count: 6)).utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("no directory in /tmp: errno \(errno)") }
    root = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    for (path, text) in contents { write(path, Array(text.utf8)) }
  }

  deinit {
    for path in made.reversed() { remove(path) }
    rmdir(root)
  }

  func write(_ path: String, _ bytes: [UInt8]) {
    let names = path.split(separator: "/")
    for depth in 1..<max(names.count, 1) {
      makeDirectory("/" + names.prefix(depth).joined(separator: "/"))
    }
    guard let file = fopen(root + path, "w") else { fatalError("cannot write \(path)") }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    made.append(root + path)
  }

  func makeDirectory(_ path: String) {
    if mkdir(root + path, 0o700) == 0 { made.append(root + path) }
  }
}
