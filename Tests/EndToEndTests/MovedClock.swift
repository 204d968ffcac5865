import Glibc
import LinuxSystem
import Testing

/// A CLOCK_REALTIME that is set for one program only. The kernel tells nobody that it was.
///
/// `Tests/preload/host_clock.c` moves it, since libfaketime also shifts timers that count
/// CLOCK_MONOTONIC, and these may then not fire for years.
struct MovedClock {
  private let directory = TemporaryDirectory()

  init() throws {
    let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let result = try run(
      "/usr/bin/env",
      ["clang", "-shared", "-fPIC", "-O2", "/\(tests)/preload/host_clock.c", "-o", library])
    try #require(result.code == 0, "\(result.output)")
    set(0)
  }

  /// - Parameter seconds: from the real time.
  func set(_ seconds: Int64) {
    // `struct wish` of the library, which maps the file: changed in place, and in one go.
    let wish: [Int64] = [0, 0, 0, 1, seconds * 1_000_000_000]
    let file = open(directory.path("wish"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(file) }
    let written = wish.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
    guard file >= 0, written == 40 else { fatalError("no clock to be moved: errno \(errno)") }
  }

  var environment: [String] {
    ["LD_PRELOAD=\(library)", "HOST_CLOCK=\(directory.path("wish"))"]
  }

  private var library: String { directory.path("host_clock.so") }
}
