import ClockProtocol
import LinuxSystem
import Testing

@testable import ClockCommand

/// The one command for each kind of host, and what the host adds to a verdict.
@Suite struct RemedyTests {
  static let unsynchronized = KernelClock(
    isSynchronized: false, estimatedError: .seconds(16), maximumError: .seconds(16))
  static let synchronized = KernelClock(
    isSynchronized: true, estimatedError: .microseconds(120), maximumError: .microseconds(5_200))

  static func host(
    _ daemons: [String]? = [], kernel: KernelClock? = unsynchronized,
    _ change: (inout HostFacts) -> Void = { _ in }
  ) -> HostFacts {
    var facts = HostFacts(kernel: kernel, timeDaemons: daemons, isWSL: false)
    change(&facts)
    return facts
  }

  struct Case: Sendable {
    var host: HostFacts
    var command: String
  }

  static let cases = [
    Case(host: host(), command: "sudo timedatectl set-ntp true"),
    Case(host: host(["chronyd"]), command: "sudo chronyc makestep"),
    Case(host: host(["chronyd"], kernel: synchronized), command: "chronyc sources -v"),
    Case(
      host: host(["systemd-timesyncd"]), command: "sudo systemctl restart systemd-timesyncd"),
    Case(
      host: host(["systemd-timesyncd"], kernel: synchronized),
      command: "timedatectl timesync-status"),
    Case(host: host(["ntpd"]), command: "systemctl status '*ntp*'"),
    Case(host: host(["ntpd-rs"]), command: "ntp-ctl status"),
    Case(host: host(["phc2sys"]), command: "journalctl -b -t phc2sys"),
    Case(host: host(nil), command: "timedatectl status"),
    Case(
      host: host { $0.container = "docker" },
      command: "sudo timedatectl set-ntp true  # on the container's host"),
    Case(
      host: host(kernel: nil) { $0.container = "docker" },
      command: "timedatectl status  # on the container's host"),
    Case(host: host { $0.isWSL = true }, command: "wsl.exe --shutdown"),
    Case(
      host: host {
        $0.isWSL = true
        $0.hasHardwareClock = true
      }, command: "sudo hwclock -s"),
  ]

  @Test(arguments: cases)
  func theCommandFitsTheHost(_ test: Case) {
    #expect(Remedy.command(test.host) == test.command)
  }

  private func verdict(
    _ kind: VerdictResult.Kind, _ cause: VerdictResult.Cause
  ) -> VerdictResult {
    VerdictResult(
      kind, causes: [cause], summary: "s", evidence: ["e"], explanation: "x", nextCommand: "next")
  }

  @Test func aWrongSystemClockIsAnsweredByTheHost() {
    let applied = Remedy.applied(to: verdict(.systemClockWrong, .consensus), Self.host())
    #expect(
      applied.evidence == [
        "e", "the kernel says: not synchronized; it allows for an error of 16.0 s",
        "no NTP daemon is running",
      ])
    #expect(applied.nextCommand == "sudo timedatectl set-ntp true")
  }

  @Test func theKernelBreaksATieAsASuspicionOnly() {
    let alone = verdict(.unknown, .oneExchangeOnly)
    let byHost = Remedy.applied(to: alone, Self.host())
    #expect(byHost.kind == .unknown)
    #expect(
      byHost.evidence.last == "a suspicion, not a proof: this host's clock is the wrong one")
    #expect(byHost.nextCommand == "sudo timedatectl set-ntp true")
    let byExchange = Remedy.applied(to: alone, Self.host(["chronyd"], kernel: Self.synchronized))
    #expect(
      byExchange.evidence.last
        == "a suspicion, not a proof: this host's clock is not the wrong one")
    #expect(byExchange.nextCommand == "next")
    let untold = Remedy.applied(to: alone, Self.host(kernel: nil))
    #expect(untold.evidence.count == 3 && untold.nextCommand == "next")
    // An unsynchronized clock may be right all the same: with several exchanges it proves nothing.
    let divided = Remedy.applied(to: verdict(.unknown, .noMajority), Self.host())
    #expect(divided.evidence.count == 3 && divided.nextCommand == "next")
  }

  @Test func otherVerdictsAreLeftAsTheyAre() {
    for kind in [VerdictResult.Kind.exchangeClockWrong, .pathBad, .answersUnusable, .clocksFine] {
      let verdict = verdict(kind, .consensus)
      #expect(Remedy.applied(to: verdict, Self.host()) == verdict)
    }
    let waiting = verdict(.unknown, .notMeasured)
    #expect(Remedy.applied(to: waiting, Self.host()) == waiting)
  }

  @Test func noCommandSetsAClockThatIsFaked() throws {
    #expect(Remedy.fakedClock(Self.host()) == nil)
    #expect(Remedy.fakedClock(Self.host { $0.daemonDifference = .milliseconds(900) }) == nil)
    let daemon = try #require(
      Remedy.fakedClock(Self.host { $0.daemonDifference = .seconds(3_600) }))
    #expect(daemon.causes == [.clockFaked])
    #expect(
      daemon.summary
        == "exchange-clockd and this command read clocks that are 60 min apart: something fakes"
        + " one of them")
    #expect(daemon.nextCommand.hasPrefix("sudo cat /proc/$(pidof exchange-clockd)/environ"))
    let ours = try #require(
      Remedy.fakedClock(
        Self.host {
          $0.daemonDifference = .seconds(-3_600)
          $0.faketimeVariable = "LD_PRELOAD"
        }))
    #expect(ours.nextCommand == "env | grep -i -e preload -e faketime")
  }

  @Test func aRefusedCertificateIsALookAtTheClock() {
    let refused = VerdictResult(
      .answersUnusable, exchange: "okx", causes: [.certificateRefused], summary: "", evidence: [],
      explanation: "", nextCommand: "timedatectl status")
    let wrong = Remedy.applied(to: refused, Self.host(["chronyd"]))
    #expect(wrong.nextCommand == "sudo chronyc makestep")
    #expect(wrong.evidence.count == 2)
    let right = Remedy.applied(to: refused, Self.host(["chronyd"], kernel: Self.synchronized))
    #expect(right.nextCommand == "timedatectl status")
  }
}
