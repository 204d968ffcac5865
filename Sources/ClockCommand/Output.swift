internal import Glibc
internal import LinuxSystem

/// Standard output, on which a failure is an error: a script must not take nothing for an answer.
enum Output {
  /// Writes a whole file, or to standard output for "-". Calls `open(2)` and `write(2)`.
  static func write(_ text: String, toFile path: String) throws(SystemError) {
    guard path != "-" else { return try write(String(text.dropLast())) }
    let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard number >= 0 else { throw SystemError("write \(path)", number: errno) }
    defer { close(number) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw SystemError("write \(path)", number: errno) }
      rest = rest.dropFirst(count)
    }
  }

  /// Writes one line for people: of ASCII alone where the locale has no more. Calls `write(2)`.
  static func tell(_ line: String) throws(SystemError) {
    try write(Terminal.hasUnicode ? line : ascii(line))
  }

  /// A column keeps its width where there is a space to spare before it.
  static func ascii(_ line: String) -> String {
    let rest = line.split(separator: "  ±", omittingEmptySubsequences: false)
    return rest.joined(separator: " +-")
      .split(separator: "±", omittingEmptySubsequences: false).joined(separator: "+-")
  }

  /// Writes one line to standard error. Calls `write(2)`.
  static func complain(_ message: String) {
    let line = Array("exchange-clock: \(message)\n".utf8)
    _ = Glibc.write(2, line, line.count)
  }

  /// Writes one line at once. Calls `write(2)`.
  static func write(_ line: String) throws(SystemError) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw SystemError("write to standard output", number: errno)
      }
      rest = rest.dropFirst(count)
    }
  }
}
