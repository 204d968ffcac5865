internal import ClockCore
internal import LinuxSystem

/// What is known of this host, one clause each.
enum HostText {
  static func lines(_ facts: HostFacts) -> [String] {
    var lines = [kernel(facts), timeDaemons(facts), machine(facts)]
    if facts.suspended >= .seconds(1) {
      lines.append("it has slept for \(facts.suspended.shortText) since boot")
    }
    if facts.isInTimeNamespace {
      lines.append(
        "a time namespace moves CLOCK_MONOTONIC by \(facts.monotonicShift.shortText) and"
          + " CLOCK_BOOTTIME by \(facts.bootShift.shortText)")
    }
    if let variable = facts.faketimeVariable {
      lines.append("\(variable) in the environment: libfaketime may change what programs see")
    }
    if let difference = facts.daemonDifference, abs(difference) > HostFacts.honestDifference {
      lines.append(
        "the daemon reads a clock that is \(abs(difference).shortText)"
          + " \(difference < .zero ? "behind" : "ahead of") the one this command reads:"
          + " something fakes one of them")
    }
    return lines + facts.unreadable.map { "unknown for want of reading: \($0)" }
  }

  /// The kernel's own view of CLOCK_REALTIME.
  static func kernel(_ facts: HostFacts) -> String {
    guard let kernel = facts.kernel else {
      return "the kernel may not be asked whether its clock is synchronized"
    }
    let maximum = kernel.maximumError.shortText
    guard kernel.isSynchronized else {
      return "the kernel says: not synchronized; it allows for an error of \(maximum)"
    }
    let rest = abs(kernel.offset) >= .milliseconds(1) ? ", \(kernel.offset.shortText) to slew" : ""
    return "the kernel says: synchronized, off by about \(kernel.estimatedError.shortText), at most"
      + " \(maximum)\(rest)"
  }

  static func timeDaemons(_ facts: HostFacts) -> String {
    guard let daemons = facts.timeDaemons else {
      return "whether an NTP daemon is running cannot be seen"
    }
    guard !daemons.isEmpty else {
      return facts.container == nil
        ? "no NTP daemon is running"
        : "no NTP daemon is running in this container; its host's cannot be seen from here"
    }
    let isWaiting = daemons == ["systemd-timesyncd"] && !facts.isSetByTimesyncd
    return "NTP daemon running: \(daemons.joined(separator: ", "))"
      + (isWaiting ? ", which has not set the clock since boot" : "")
  }

  private static func machine(_ facts: HostFacts) -> String {
    var kinds: [String] = []
    if let container = facts.container { kinds.append("a container (\(container))") }
    if facts.isWSL == true {
      kinds.append("WSL2")
    } else if let machine = facts.virtualMachine {
      kinds.append("a virtual machine (\(machine))")
    }
    return kinds.isEmpty
      ? "no sign of a container, WSL2 or a virtual machine"
      : "this is " + kinds.joined(separator: " in ")
  }
}
