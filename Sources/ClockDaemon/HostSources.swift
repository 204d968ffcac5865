internal import Glibc
internal import LinuxSystem

/// Where this host tells of interruptions that it does not count.
///
/// The variables EXCHANGE_CLOCK_VMCLOCK and EXCHANGE_CLOCK_RTC name other files in their places,
/// for tests.
enum HostSources {
  /// Nil where the hypervisor has no such device.
  static func vmclock() -> VMClock? {
    do throws(SystemError) {
      return try VMClock(path: variable("EXCHANGE_CLOCK_VMCLOCK") ?? VMClock.standardPath)
    } catch {
      Log.write(
        .warning,
        "disruptions of this virtual machine are not noticed at once: \(error); allow its group to"
          + " read the device", .hostBlind)
      return nil
    }
  }

  /// Nil where there is none, and where the machine is not virtual: a real one is not paused.
  static func hardwareClock() -> HardwareClock? {
    if let path = variable("EXCHANGE_CLOCK_RTC") { return HardwareClock(path: path) }
    return HardwareClock.isNeeded ? HardwareClock() : nil
  }

  /// What an operator should know of a machine whose pauses nothing tells of; nil where something
  /// does.
  static var blindness: String? {
    let vmclock = variable("EXCHANGE_CLOCK_VMCLOCK") ?? VMClock.standardPath
    guard HardwareClock.isNeeded, hardwareClock() == nil, access(vmclock, F_OK) != 0 else {
      return nil
    }
    return "neither a hardware clock nor \(vmclock) would tell of a pause of this virtual machine:"
      + " the time given would be late by it until the next resync"
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
