internal import ClockCore
internal import LinuxSystem

extension HostFacts {
  /// Reads what can be read; what cannot is listed, never guessed.
  ///
  /// - Parameter environment: the value of a variable of this program; nil when it is not set.
  static func read(
    _ files: HostFiles, kernel: KernelClock?, suspended: Duration,
    environment: (String) -> String?
  ) -> HostFacts {
    var facts = HostFacts(kernel: kernel, suspended: suspended)
    facts.readProcesses(files)
    facts.readContainer(files)
    facts.readMachine(files)
    facts.readTimeNamespace(files)
    facts.isSetByTimesyncd = files.exists("/run/systemd/timesync/synchronized")
    facts.faketimeVariable = ["LD_PRELOAD", "FAKETIME"].first { name in
      environment(name).map { name == "FAKETIME" || $0.contains("faketime") } ?? false
    }
    return facts
  }

  /// The names of processes, which the kernel cuts at 15 bytes, and of the programs behind them.
  private static let keepers = [
    ("chronyd", "chronyd"), ("ntpd", "ntpd"), ("systemd-timesyn", "systemd-timesyncd"),
    ("ntp-daemon", "ntpd-rs"), ("phc2sys", "phc2sys"),
  ]

  private static let agents = [
    ("qemu-ga", "qemu-guest-agent"), ("vmtoolsd", "open-vm-tools"), ("VBoxService", "VBoxService"),
    ("hv_kvp_daemon", "hyperv-daemons"), ("xe-daemon", "xe-guest-utilities"),
  ]

  private mutating func readProcesses(_ files: HostFiles) {
    do throws(SystemError) {
      let processes = try files.names(in: "/proc").filter { $0.allSatisfy(\.isNumber) }
      // Where the first process is hidden (hidepid), so are the daemons of other users.
      _ = try files.text("/proc/1/comm")
      let running = Set(
        processes.compactMap { try? files.text("/proc/\($0)/comm") }
          .map { $0.prefix { !$0.isNewline } })
      timeDaemons = Self.keepers.filter { running.contains(Substring($0.0)) }.map(\.1)
      guestAgents = Self.agents.filter { running.contains(Substring($0.0)) }.map(\.1)
    } catch {
      unreadable.append("\(error)")
    }
  }

  private mutating func readContainer(_ files: HostFiles) {
    if files.exists("/.dockerenv") { container = "docker" }
    if files.exists("/run/.containerenv") { container = "podman" }
    if let name = try? files.text("/run/systemd/container") { takeContainer(name) }
    // Only root may read it, so that it says nothing when it cannot be read.
    let environ = (try? files.text("/proc/1/environ")) ?? ""
    for variable in environ.split(separator: "\0") where variable.hasPrefix("container=") {
      takeContainer(variable.dropFirst("container=".count))
    }
    do throws(SystemError) {
      let groups = try files.text("/proc/1/cgroup")
      for name in ["kubepods", "docker", "containerd", "lxc"] where groups.contains(name) {
        takeContainer(name == "kubepods" ? "kubernetes" : name)
      }
    } catch {
      unreadable.append("\(error)")
    }
  }

  /// The first name counts. systemd calls WSL a container, which it is not here.
  private mutating func takeContainer(_ text: some StringProtocol) {
    let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    guard container == nil, !name.isEmpty, name != "wsl" else { return }
    container = String(name.prefix(32))
  }

  private mutating func readMachine(_ files: HostFiles) {
    do throws(SystemError) {
      let release = try files.text("/proc/sys/kernel/osrelease")
      isWSL = release.lowercased().contains("microsoft")
    } catch {
      unreadable.append("\(error)")
    }
    hasHardwareClock = files.exists("/dev/rtc") || files.exists("/dev/rtc0")
    let names = ["sys_vendor", "product_name"].map { file in
      ((try? files.text("/sys/class/dmi/id/\(file)")) ?? "").prefix { !$0.isNewline }.prefix(40)
    }
    let name = names.filter { !$0.isEmpty }.joined(separator: " ")
    let simulators = ["QEMU", "KVM", "VMware", "VirtualBox", "Xen", "Virtual Machine", "Parallels"]
    if hasHypervisorFlag(files) || files.exists("/sys/hypervisor/type")
      || simulators.contains(where: { name.contains($0) })
    {
      virtualMachine = name.isEmpty ? "unknown kind" : name
    }
  }

  private mutating func hasHypervisorFlag(_ files: HostFiles) -> Bool {
    do throws(SystemError) {
      let lines = try files.text("/proc/cpuinfo").split(separator: "\n")
      let flags = lines.first { $0.hasPrefix("flags") } ?? ""
      return flags.split { $0 == " " || $0 == "\t" }.contains("hypervisor")
    } catch {
      unreadable.append("\(error)")
      return false
    }
  }

  /// Lines of time_namespaces(7): a clock, seconds, nanoseconds. A kernel without them has no file.
  private mutating func readTimeNamespace(_ files: HostFiles) {
    let text = (try? files.text("/proc/self/timens_offsets")) ?? ""
    for line in text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count == 3, let seconds = Int64(words[1]), let nanoseconds = Int64(words[2])
      else { continue }
      let shift = Duration.seconds(seconds) + .nanoseconds(nanoseconds)
      // The clocks are given by name, or by number before Linux 5.7.
      if ["monotonic", "1"].contains(words[0]) { monotonicShift = shift }
      if ["boottime", "7"].contains(words[0]) { bootShift = shift }
    }
  }
}
