internal import DaemonSettings
internal import LinuxSystem

/// The configuration as it is on disk, read at the start and at each reload.
struct ConfigurationFile: Sendable {
  let path: String

  /// Why it cannot be put in force.
  struct Refusal: Error, Equatable {
    /// One for each problem; never empty.
    var lines: [String]
  }

  func read() -> Result<DaemonSettings, Refusal> {
    do throws(SystemError) {
      return DaemonSettings.read(try FileContents.read(path), file: path)
        .mapError { Refusal(lines: $0.lines) }
    } catch {
      return .failure(Refusal(lines: ["\(error)"]))
    }
  }
}
