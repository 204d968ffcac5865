internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem

/// What a look at the host adds to the daemon's verdicts.
enum Remedy {
  /// Where this command and the daemon read different clocks, no command that sets one helps.
  static func fakedClock(_ facts: HostFacts) -> VerdictResult? {
    guard let difference = facts.daemonDifference, abs(difference) > HostFacts.honestDifference
    else { return nil }
    let isOurs = facts.faketimeVariable != nil
    return VerdictResult(
      .unknown, causes: [.clockFaked],
      summary: "exchange-clockd and this command read clocks that are"
        + " \(abs(difference).shortText) apart: something fakes one of them",
      evidence: [
        facts.faketimeVariable.map { "\($0) in the environment of this command" }
          ?? "nothing in the environment of this command fakes its clock"
      ],
      explanation: "A library that is loaded before a program (libfaketime) or a debugger may do"
        + " that. What is said below of this host's clock is said of the daemon's.",
      nextCommand: isOurs
        ? "env | grep -i -e preload -e faketime"
        : "sudo cat /proc/$(pidof exchange-clockd)/environ | tr '\\0' '\\n' | grep -i preload")
  }

  /// The verdict with the host's evidence, and with the command that fits this host.
  static func applied(to verdict: VerdictResult, _ facts: HostFacts) -> VerdictResult {
    var verdict = verdict
    let host = [HostText.kernel(facts), HostText.timeDaemons(facts)]
    switch verdict.kind {
    case .systemClockWrong:
      verdict.evidence += host
      verdict.nextCommand = command(facts)
    case .unknown
    where verdict.causes.contains { [.oneExchangeOnly, .noMajority].contains($0) }:
      verdict.evidence += host
      guard let kernel = facts.kernel else { break }
      if kernel.isSynchronized {
        verdict.evidence.append("a suspicion, not a proof: this host's clock is not the wrong one")
      } else if verdict.causes.contains(.oneExchangeOnly) {
        verdict.evidence.append("a suspicion, not a proof: this host's clock is the wrong one")
        verdict.nextCommand = command(facts)
      }
    case .answersUnusable where verdict.causes.contains(.certificateRefused):
      verdict.evidence += host
      if facts.kernel?.isSynchronized != true { verdict.nextCommand = command(facts) }
    default: break
    }
    return verdict
  }

  /// The one command that sets this host's clock, or shows why it is not set.
  static func command(_ facts: HostFacts) -> String {
    if facts.container != nil {
      let isOff = facts.kernel?.isSynchronized == false
      return (isOff ? "sudo timedatectl set-ntp true" : "timedatectl status")
        + "  # on the container's host"
    }
    if facts.isWSL == true {
      return facts.hasHardwareClock ? "sudo hwclock -s" : "wsl.exe --shutdown"
    }
    guard let daemons = facts.timeDaemons else { return "timedatectl status" }
    let isSynchronized = facts.kernel?.isSynchronized == true
    switch daemons.first {
    case "chronyd": return isSynchronized ? "chronyc sources -v" : "sudo chronyc makestep"
    case "systemd-timesyncd":
      return isSynchronized
        ? "timedatectl timesync-status" : "sudo systemctl restart systemd-timesyncd"
    case "ntpd-rs": return "ntp-ctl status"
    case "phc2sys": return "journalctl -b -t phc2sys"
    case "ntpd": return "systemctl status '*ntp*'"
    default: return "sudo timedatectl set-ntp true"
    }
  }
}
