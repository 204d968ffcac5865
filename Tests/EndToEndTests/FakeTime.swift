import Glibc

/// A moved CLOCK_REALTIME of one process. The kernel tells nobody that it was set.
struct FakeTime {
  let directory = TemporaryDirectory()

  /// Nil where libfaketime is not installed, which is said.
  init?() {
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
