import Glibc

/// A moved CLOCK_REALTIME of one process. The kernel tells nobody that it was set.
struct FakeTime {
  let directory = TemporaryDirectory()

  /// Whether this program, and those beside it, are built with a sanitizer: libfaketime asks for the
  /// time before either of them is ready.
  static let meetsSanitizer = getenv("ASAN_OPTIONS") != nil || getenv("TSAN_OPTIONS") != nil

  /// Nil where libfaketime is not installed, or would not work, which is said.
  init?() {
    guard !Self.meetsSanitizer else {
      print("SKIPPED: steps of CLOCK_REALTIME: libfaketime does not start with a sanitizer")
      return nil
    }
    guard Self.library != nil else {
      print("SKIPPED: steps of CLOCK_REALTIME: libfaketime is not installed (make deps)")
      return nil
    }
    set("+0")
  }

  /// - Parameter offset: from the real time, as libfaketime writes it: "+5s", "-1h", "+5y".
  func set(_ offset: String) {
    // In one step: libfaketime reads it at any moment.
    directory.write("next", offset + "\n")
    rename(directory.path("next"), directory.path("offset"))
  }

  var environment: [String] {
    [
      "LD_PRELOAD=\(Self.library ?? "")", "FAKETIME_NO_CACHE=1",
      "FAKETIME_DONT_FAKE_MONOTONIC=1",
      "FAKETIME_TIMESTAMP_FILE=\(directory.path("offset"))",
    ]
  }

  private static let library: String? = {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob("/usr/lib/*/faketime/libfaketimeMT.so.1", 0, nil, &found) == 0 else { return nil }
    return found.gl_pathv[0].map { String(cString: $0) }
  }()
}
