/// What tells whether readings of CLOCK_MONOTONIC_RAW by two processes are of one clock.
package struct HostIdentity: Sendable, Hashable {
  /// /etc/machine-id; empty where there is none.
  package var machine: String

  /// Another one with each boot; nil where it cannot be read.
  package var boot: String?

  /// The offsets of this process's time namespace, which CLOCK_MONOTONIC_RAW is subject to too, as
  /// the kernel shows them; empty where it has none.
  package var timeNamespace: String

  package init(machine: String, boot: String?, timeNamespace: String) {
    self.machine = machine
    self.boot = boot
    self.timeNamespace = timeNamespace
  }

  /// - Parameter bootFromManager: the boot id as the service manager tells it, for where /proc/sys
  ///   is hidden (systemd's ProcSubset=pid).
  ///
  /// Reads `/etc/machine-id` and `/proc`.
  package static func current(bootFromManager: String?) -> HostIdentity {
    let boot = boot ?? bootFromManager
    return HostIdentity(
      machine: words("/etc/machine-id") ?? "",
      boot: boot.map { $0.filter { $0 != "-" } }.flatMap { $0.isEmpty ? nil : $0 },
      timeNamespace: words("/proc/self/timens_offsets") ?? "")
  }

  /// The id of this boot, with hyphens; nil where it cannot be read.
  package static var boot: String? { words("/proc/sys/kernel/random/boot_id") }

  /// How often this host has been suspended since boot; nil where the kernel does not count.
  package static func suspends() -> Int64? {
    words("/sys/power/suspend_stats/success").flatMap { Int64($0) }
  }

  /// A short text file with single spaces between its words; nil where it cannot be read.
  private static func words(_ path: String) -> String? {
    guard let bytes = try? FileContents.read(path, limit: 4_096) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
      .split { $0 == " " || $0 == "\n" || $0 == "\t" }.joined(separator: " ")
  }
}
