import LinuxSystem
import Testing

@testable import ClockCommand

/// Every line about the host.
@Suite struct HostTextTests {
  struct Case: Sendable {
    var host: HostFacts
    var line: String
  }

  static let cases = [
    Case(
      host: RemedyTests.host(),
      line: "the kernel says: not synchronized; it allows for an error of 16.0 s"),
    Case(
      host: RemedyTests.host(kernel: RemedyTests.synchronized),
      line: "the kernel says: synchronized, off by about 120 us, at most 5.20 ms"),
    Case(
      host: RemedyTests.host(
        kernel: KernelClock(
          isSynchronized: true, estimatedError: .zero, maximumError: .milliseconds(1),
          offset: .milliseconds(-3))),
      line: "the kernel says: synchronized, off by about 0 s, at most 1.00 ms, -3.00 ms to slew"),
    Case(
      host: RemedyTests.host(kernel: nil),
      line: "the kernel may not be asked whether its clock is synchronized"),
    Case(host: RemedyTests.host(), line: "no NTP daemon is running"),
    Case(
      host: RemedyTests.host { $0.container = "docker" },
      line: "no NTP daemon is running in this container; its host's cannot be seen from here"),
    Case(
      host: RemedyTests.host(nil), line: "whether an NTP daemon is running cannot be seen"),
    Case(
      host: RemedyTests.host(["chronyd", "phc2sys"]), line: "NTP daemon running: chronyd, phc2sys"),
    Case(
      host: RemedyTests.host(["systemd-timesyncd"]),
      line: "NTP daemon running: systemd-timesyncd, which has not set the clock since boot"),
    Case(
      host: RemedyTests.host(["systemd-timesyncd"]) { $0.isSetByTimesyncd = true },
      line: "NTP daemon running: systemd-timesyncd"),
    Case(host: RemedyTests.host(), line: "no sign of a container, WSL2 or a virtual machine"),
    Case(
      host: RemedyTests.host {
        $0.container = "docker"
        $0.virtualMachine = "QEMU"
      }, line: "this is a container (docker) in a virtual machine (QEMU)"),
    Case(
      host: RemedyTests.host {
        $0.isWSL = true
        $0.virtualMachine = "unknown kind"
      }, line: "this is WSL2"),
    Case(
      host: RemedyTests.host { $0.suspended = .seconds(10_800) },
      line: "it has slept for 3 h since boot"),
    Case(
      host: RemedyTests.host {
        $0.monotonicShift = .seconds(60)
        $0.bootShift = .seconds(-7)
      }, line: "a time namespace moves CLOCK_MONOTONIC by 60.0 s and CLOCK_BOOTTIME by -7.00 s"),
    Case(
      host: RemedyTests.host { $0.faketimeVariable = "LD_PRELOAD" },
      line: "LD_PRELOAD in the environment: libfaketime may change what programs see"),
    Case(
      host: RemedyTests.host { $0.daemonDifference = .seconds(-3_600) },
      line: "the daemon reads a clock that is 60 min behind the one this command reads:"
        + " something fakes one of them"),
    Case(
      host: RemedyTests.host { $0.daemonDifference = .seconds(90) },
      line: "the daemon reads a clock that is 90.0 s ahead of the one this command reads:"
        + " something fakes one of them"),
    Case(
      host: RemedyTests.host { $0.unreadable = ["read /proc/1/comm: Permission denied"] },
      line: "unknown for want of reading: read /proc/1/comm: Permission denied"),
  ]

  @Test(arguments: cases)
  func lines(_ test: Case) {
    let lines = HostText.lines(test.host)
    #expect(lines.contains(test.line), "\(lines)")
  }

  @Test func whatIsUsualIsNotMentioned() {
    let quiet = RemedyTests.host { host in
      host.suspended = .milliseconds(999)
      host.daemonDifference = .milliseconds(999)
    }
    #expect(HostText.lines(quiet).count == 3)
  }
}
