internal import Glibc

/// The program that runs in this process.
package enum RunningProgram {
  /// Where it is. Calls `readlink(2)`.
  package static func directory() throws(SystemError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    _ = try check(CInt(count), "find this program")
    let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  /// Calls `access(2)`.
  package static func canRun(_ path: String) -> Bool {
    access(path, X_OK) == 0
  }

  /// Makes the process run another program; comes back only when that cannot be. Calls `execv(3)`.
  ///
  /// - Parameter arguments: without the name, which stays.
  package static func become(
    _ path: String, _ arguments: [String]
  ) throws(SystemError) -> Never {
    let words = ["exchange-clock"] + arguments
    let copies = words.map { strdup($0) } + [nil]
    execv(path, copies)
    let failure = SystemError("run \(path)")
    for copy in copies { free(copy) }
    throw failure
  }
}
