import Glibc
import LinuxSystem
import Synchronization
import Testing

/// A program of this package as built beside the tests.
func product(_ name: String) -> String {
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
  let bytes = buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }
  let path = String(decoding: bytes, as: UTF8.self)
  guard let slash = path.lastIndex(of: "/") else { return name }
  return path[...slash] + name
}

/// A child process, ended by its id with the object.
final class ChildProcess: Sendable {
  struct CannotStart: Error {
    var program: String
    var code: CInt
  }

  let id: pid_t
  /// The wait(2) status once the process has been reaped.
  private let status = Mutex<CInt?>(nil)

  /// - Parameters:
  ///   - output: the file that takes standard output and standard error.
  ///   - environment: what is in it goes before the usual locale.
  init(
    _ program: String, _ arguments: [String], output: String, environment: [String] = []
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    let kept: [String] = [
      "PATH", "HOME", "TSAN_OPTIONS", "ASAN_OPTIONS", "LSAN_OPTIONS", "SWIFT_BACKTRACE",
    ]
    let inherited = kept.compactMap { name in
      getenv(name).map { "\(name)=\(String(cString: $0))" }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The threads of the test runner block signals, which a child would inherit.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    // And what the runner was started by may ignore some, as Python does.
    var usual = sigset_t()
    sigemptyset(&usual)
    for number in [SIGPIPE, SIGXFSZ] { sigaddset(&usual, number) }
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var child = pid_t()
    let code = withStrings([program] + arguments) { argv in
      withStrings(inherited + environment + ["LC_ALL=C.UTF-8"]) { envp in
        posix_spawn(&child, program, &actions, &attributes, argv, envp)
      }
    }
    guard code == 0 else { throw CannotStart(program: program, code: code) }
    id = child
  }

  deinit {
    guard !hasEnded else { return }
    kill(id, SIGKILL)
    var status: CInt = 0
    waitpid(id, &status, 0)
  }

  func signal(_ number: CInt) {
    kill(id, number)
  }

  /// Processor time used so far, in ticks of 10 ms.
  var processorTicks: Int {
    let text = String(decoding: (try? FileContents.read("/proc/\(id)/stat")) ?? [], as: UTF8.self)
    // Behind the name in parentheses: fields 14 and 15 of proc(5) are user and system time.
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
  }

  var hasEnded: Bool {
    status.withLock { status in
      if status != nil { return true }
      var code: CInt = 0
      guard waitpid(id, &code, WNOHANG) == id else { return false }
      status = code
      return true
    }
  }

  /// The exit code once the process has ended; nil when it does not, or was killed by a signal.
  func exitCode() -> CInt? {
    guard holds({ hasEnded }), let status = status.withLock({ $0 }) else { return nil }
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
  }
}

private func withStrings<Result>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let copies = strings.map { strdup($0) } + [nil]
  defer { for copy in copies { free(copy) } }
  return body(copies)
}

/// Runs a program to its end.
func run(
  _ program: String, _ arguments: [String], environment: [String] = []
) throws -> (code: CInt?, output: String) {
  let directory = TemporaryDirectory()
  let process = try ChildProcess(
    program, arguments, output: directory.path("output"), environment: environment)
  let code = process.exitCode()
  return (code, directory.read("output"))
}
