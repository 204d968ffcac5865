internal import CLinux

/// The real-time clock (RTC) of this machine, which goes on while a virtual machine stands still:
/// its hypervisor keeps it.
package struct HardwareClock: Sendable {
  package static let standardPath = "/sys/class/rtc/rtc0/since_epoch"

  /// Whether a machine of this kind can stand still unawares: true in a virtual machine, and where
  /// the processor does not tell.
  package static var isNeeded: Bool { ec_is_virtual_machine() != 0 }

  private let path: String

  /// Nil where there is no such clock, or it shows nothing.
  package init?(path: String = HardwareClock.standardPath) {
    self.path = path
    guard read() != nil else { return nil }
  }

  /// Whole seconds, truncated; nil when it cannot be read. Calls `open(2)` and `read(2)`.
  package func read() -> Int64? {
    guard let bytes = try? FileContents.read(path, limit: 64) else { return nil }
    let digits = String(decoding: bytes, as: UTF8.self).prefix { !$0.isWhitespace }
    return Int64(digits).flatMap { $0 >= 0 ? $0 : nil }
  }
}
