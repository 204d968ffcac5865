internal import Glibc

/// Small text files.
enum TextFile {
  /// Calls `open(2)` and `read(2)`.
  static func read(_ path: String) throws(CommandFailure) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("read", path) }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return String(decoding: text, as: UTF8.self) }
      guard count > 0 else { throw failure("read", path) }
      text += buffer[..<count]
    }
  }

  /// Puts a file in place whole, so that whoever waits for it never sees half of it. Calls
  /// `open(2)`, `write(2)` and `rename(2)`.
  static func replace(_ path: String, with text: String) throws(CommandFailure) {
    let draft = path + ".new"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("write", draft) }
    let count = write(descriptor, text, text.utf8.count)
    close(descriptor)
    guard count == text.utf8.count, rename(draft, path) == 0 else { throw failure("write", path) }
  }

  private static func failure(_ what: String, _ path: String) -> CommandFailure {
    CommandFailure("cannot \(what) \(path): \(String(cString: strerror(errno)))")
  }
}
