internal import ClockCore
internal import ClockProtocol
internal import JSONDocument
internal import LinuxSystem

/// What kind of host this is and who keeps its clock, as far as this user may see.
struct HostFacts: Equatable {
  /// Nil where the kernel may not be asked.
  var kernel: KernelClock?

  /// Programs that keep the clock and are running; nil where that cannot be seen.
  var timeDaemons: [String]?

  /// systemd-timesyncd has set the clock since boot.
  var isSetByTimesyncd = false

  /// What runs the container that this is; nil where there is no sign of one.
  var container: String?

  /// Nil where it cannot be told.
  var isWSL: Bool?

  /// There is a clock that hwclock(8) can read.
  var hasHardwareClock = false

  /// What the machine is simulated by; nil where there is no sign of it.
  var virtualMachine: String?

  /// Programs through which a hypervisor talks to this machine, and are running.
  var guestAgents: [String] = []

  /// How long the host has slept since boot.
  var suspended = Duration.zero

  /// How far this time namespace moves CLOCK_MONOTONIC and CLOCK_BOOTTIME; both zero without one.
  var monotonicShift = Duration.zero
  var bootShift = Duration.zero

  /// The environment variable that loads libfaketime into this program; nil when none does.
  var faketimeVariable: String?

  /// The daemon's CLOCK_REALTIME minus this program's; nil where the daemon gives no time.
  var daemonDifference: Duration?

  /// What could not be read, and why.
  var unreadable: [String] = []

  /// Two programs of one host that are further apart than this do not see the same clock.
  static let honestDifference = Duration.seconds(1)

  var isClockFaked: Bool {
    faketimeVariable != nil || daemonDifference.map { abs($0) > Self.honestDifference } ?? false
  }

  var isInTimeNamespace: Bool { monotonicShift != .zero || bootShift != .zero }

  var json: JSONValue {
    [
      "kernel_synchronized": kernel.map { .bool($0.isSynchronized) } ?? .null,
      "kernel_estimated_error_ns": .optional(kernel?.estimatedError.wholeNanoseconds),
      "kernel_maximum_error_ns": .optional(kernel?.maximumError.wholeNanoseconds),
      "kernel_offset_ns": .optional(kernel?.offset.wholeNanoseconds),
      "time_daemons": timeDaemons.map { .array($0.map(JSONValue.string)) } ?? .null,
      "timesyncd_synchronized": .bool(isSetByTimesyncd),
      "container": container.map(JSONValue.string) ?? .null,
      "wsl": isWSL.map(JSONValue.bool) ?? .null,
      "virtual_machine": virtualMachine.map(JSONValue.string) ?? .null,
      "guest_agents": .array(guestAgents.map(JSONValue.string)),
      "suspended_ms": .integer(suspended.wholeNanoseconds / 1_000_000),
      "time_namespace_monotonic_ns": .integer(monotonicShift.wholeNanoseconds),
      "time_namespace_boottime_ns": .integer(bootShift.wholeNanoseconds),
      "faketime_variable": faketimeVariable.map(JSONValue.string) ?? .null,
      "daemon_difference_ns": .optional(daemonDifference?.wholeNanoseconds),
      "unreadable": .array(unreadable.map(JSONValue.string)),
    ]
  }
}
