internal import CLinux
internal import Glibc

/// The page in which a hypervisor tells its guest that time was disrupted: the machine was moved
/// to another host, or restored from a snapshot (VMCLOCK device, Linux 6.13 and later).
///
/// It is mapped for as long as the process lives.
package final class VMClock: Sendable {
  package static let standardPath = "/dev/vmclock0"

  /// Never written, never unmapped, and read by a function that expects others to write.
  private nonisolated(unsafe) let page: UnsafeRawPointer

  /// Nil where the hypervisor has no such device. Calls `open(2)` and `mmap(2)`.
  package init?(path: String = VMClock.standardPath) throws(SystemError) {
    guard let page = ec_vmclock_map(path) else {
      let number = errno
      if number == ENOENT || number == ENXIO || number == ENODEV { return nil }
      throw SystemError("map \(path)", number: number)
    }
    self.page = page
  }

  /// Differs after each disruption; nil while the hypervisor is changing it. A disruption before
  /// this is called is always in it, since the machine stands still while it is disrupted.
  package var disruptionMarker: UInt64? {
    var marker: UInt64 = 0
    return ec_vmclock_disruption_marker(page, &marker) == 0 ? marker : nil
  }
}
