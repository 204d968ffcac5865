/// What the program was started with.
package enum ProcessArguments {
  /// The arguments without the program's name.
  ///
  /// Swift finds them beside the environment, and finds none once a preloaded library has set a
  /// variable, which moves the environment (libfaketime does). The kernel knows them all the same.
  package static func read() -> [String] {
    guard CommandLine.arguments.isEmpty else { return Array(CommandLine.arguments.dropFirst()) }
    let bytes = (try? FileContents.read("/proc/self/cmdline")) ?? []
    // Each ends with a zero byte.
    return bytes.split(separator: 0, omittingEmptySubsequences: false).dropFirst().dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }
}
