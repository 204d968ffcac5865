import ClockCore
import LinuxSystem
import Testing

@testable import ClockCommand

@Suite struct HostFactsTests {
  /// A bare host on which nothing keeps the clock.
  static let bare = [
    "/proc/1/comm": "systemd\n", "/proc/1/cgroup": "0::/init.scope\n",
    "/proc/sys/kernel/osrelease": "6.1.0-18-amd64\n",
    "/proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu vme de\n",
    "/proc/self/timens_offsets": "monotonic           0         0\nboottime 0 0\n",
  ]

  static func read(
    _ files: [String: String], environment: [String: String] = [:],
    change: (HostRoot) -> Void = { _ in }
  ) -> HostFacts {
    let root = HostRoot(files)
    change(root)
    return HostFacts.read(root.files, kernel: nil, suspended: .zero) { environment[$0] }
  }

  private func with(_ more: [String: String]) -> HostFacts {
    Self.read(Self.bare.merging(more) { $1 })
  }

  @Test func aBareHostShowsNothing() {
    var expected = HostFacts(timeDaemons: [], isWSL: false)
    expected.hasHardwareClock = false
    #expect(with([:]) == expected)
  }

  @Test(arguments: [
    ("chronyd", "chronyd"), ("ntpd", "ntpd"), ("systemd-timesyn", "systemd-timesyncd"),
    ("ntp-daemon", "ntpd-rs"), ("phc2sys", "phc2sys"),
  ])
  func whoKeepsTheClockIsSeen(_ name: String, _ program: String) {
    #expect(with(["/proc/812/comm": "\(name)\n"]).timeDaemons == [program])
    // Only processes count, and only whole names.
    #expect(with(["/proc/net/comm": "\(name)\n"]).timeDaemons == [])
    #expect(with(["/proc/812/comm": "\(name)x\n"]).timeDaemons == [])
  }

  @Test func timesyncdSaysWhetherItHasSetTheClock() {
    #expect(with(["/run/systemd/timesync/synchronized": ""]).isSetByTimesyncd)
  }

  @Test(arguments: [
    ("/.dockerenv", "", "docker"), ("/run/.containerenv", "engine=podman", "podman"),
    ("/run/systemd/container", "systemd-nspawn\n", "systemd-nspawn"),
    ("/proc/1/environ", "PATH=/bin\0container=lxc\0HOME=/", "lxc"),
    ("/proc/1/cgroup", "12:cpu:/kubepods/pod1/2", "kubernetes"),
    ("/proc/1/cgroup", "0::/system.slice/docker-12.scope", "docker"),
  ])
  func aContainerIsSeen(_ path: String, _ text: String, _ container: String) {
    #expect(with([path: text]).container == container)
  }

  @Test func whatIsNoContainerIsNone() {
    #expect(with(["/run/systemd/container": "wsl\n"]).container == nil)
    #expect(with(["/proc/1/environ": "mycontainer=lxc\0"]).container == nil)
    #expect(with(["/run/systemd/container": "\u{1B}[31m\n"]).container == nil)
  }

  @Test func wslIsSeenByItsKernel() {
    let facts = with([
      "/proc/sys/kernel/osrelease": "5.15.90.1-microsoft-standard-WSL2\n", "/dev/rtc0": "",
    ])
    #expect(facts.isWSL == true && facts.hasHardwareClock)
  }

  @Test(arguments: [
    ("/proc/cpuinfo", "flags\t\t: fpu hypervisor de\n", "unknown kind"),
    ("/sys/class/dmi/id/sys_vendor", "QEMU\n", "QEMU"),
    ("/sys/hypervisor/type", "xen", "unknown kind"),
    ("/sys/class/dmi/id/product_name", "Virtual Machine\n", "Virtual Machine"),
  ])
  func aVirtualMachineIsSeen(_ path: String, _ text: String, _ name: String) {
    #expect(with([path: text]).virtualMachine == name)
    #expect(with(["/sys/class/dmi/id/sys_vendor": "Dell Inc.\n"]).virtualMachine == nil)
    #expect(with(["/proc/cpuinfo": "model : hypervisor\nflags : fpu\n"]).virtualMachine == nil)
  }

  @Test func guestAgentsAreSeen() {
    #expect(with(["/proc/9/comm": "qemu-ga\n"]).guestAgents == ["qemu-guest-agent"])
  }

  @Test func aTimeNamespaceIsSeen() {
    let facts = with(["/proc/self/timens_offsets": "monotonic 86400 5\nboottime -7 0\n"])
    #expect(facts.monotonicShift == .seconds(86_400) + .nanoseconds(5))
    #expect(facts.bootShift == .seconds(-7) && facts.isInTimeNamespace)
    #expect(!with(["/proc/self/timens_offsets": "monotonic x 0\nnonsense"]).isInTimeNamespace)
  }

  @Test func libfaketimeIsSeenInTheEnvironment() {
    let faked = Self.read(
      Self.bare, environment: ["LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"])
    #expect(faked.faketimeVariable == "LD_PRELOAD" && faked.isClockFaked)
    #expect(!Self.read(Self.bare, environment: ["LD_PRELOAD": "/usr/lib/jemalloc.so"]).isClockFaked)
  }

  @Test(arguments: [(999, false), (1_000, false), (1_001, true), (-1_001, true)])
  func aDaemonThatReadsAnotherClockIsSeen(_ milliseconds: Int, _ isFaked: Bool) {
    var facts = HostFacts()
    facts.daemonDifference = .milliseconds(milliseconds)
    #expect(facts.isClockFaked == isFaked)
  }

  /// Where the error passes 16 s the kernel itself calls its clock unsynchronized.
  @Test func theKernelSaysWhatItThinks() {
    guard let kernel = KernelClock.read() else {
      print("SKIPPED: theKernelSaysWhatItThinks: the kernel may not be asked here")
      return
    }
    #expect(!kernel.isSynchronized || kernel.maximumError < .seconds(16))
    #expect(kernel.estimatedError >= .zero && kernel.maximumError >= .zero)
  }

  // MARK: What cannot be read

  @Test func anAbsentProcIsSaidAndNotGuessed() {
    let facts = Self.read([:])
    #expect(facts.timeDaemons == nil && facts.isWSL == nil && facts.container == nil)
    #expect(facts.unreadable.count == 4)
    #expect(facts.unreadable.allSatisfy { $0.hasSuffix(": No such file or directory") })
  }

  @Test func hiddenProcessesAreNotTakenForNone() {
    var files = Self.bare
    files["/proc/1/comm"] = nil
    files["/proc/700/comm"] = "bash\n"
    let facts = Self.read(files)
    #expect(facts.timeDaemons == nil)
    #expect(facts.unreadable.contains { $0.contains("/proc/1/comm: No such file") })
  }

  @Test func hostileContentsDoNoHarm() {
    let facts = Self.read(Self.bare) { root in
      root.write("/proc/2/comm", [0xFF, 0xFE, 0x00, 0x0A])
      root.write("/proc/3/comm", [])
      root.write("/proc/1/cgroup", [UInt8](repeating: 0x41, count: (8 << 20) + 1))
      root.write(
        "/sys/class/dmi/id/sys_vendor",
        Array("QEMU".utf8) + [0xFF] + [UInt8](repeating: 65, count: 200))
      root.makeDirectory("/run")
      root.makeDirectory("/run/systemd")
      root.makeDirectory("/run/systemd/container")
    }
    #expect(facts.timeDaemons == [] && facts.container == nil)
    #expect(facts.virtualMachine?.count == 40)
    #expect(facts.unreadable.count == 1)
    #expect(facts.unreadable.allSatisfy { $0.hasSuffix("/proc/1/cgroup: File too large") })
  }
}
