import ClockCore
import ClockProtocol
import ExchangeClock
import Glibc
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockCommand

@Suite struct DiagnosisTests {
  static func verdict(
    _ kind: VerdictResult.Kind, exchange: String? = nil,
    causes: [VerdictResult.Cause] = [.consensus],
    next: String = "do this"
  ) -> VerdictResult {
    VerdictResult(
      kind, exchange: exchange, causes: causes, summary: "what is the case",
      evidence: ["a number"], explanation: "What it means.", nextCommand: next)
  }

  private func diagnosis(_ verdicts: VerdictResult..., host: HostFacts = RemedyTests.host())
    -> Diagnosis
  {
    Diagnosis(
      facts: host, verdicts: verdicts,
      questions: Questions(facts: host, verdicts: verdicts).all)
  }

  @Test func theVerdictComesFirstAndOneCommandOnly() {
    var first = Self.verdict(.systemClockWrong, next: "first")
    first.evidence.append("no NTP daemon is running")
    let text = diagnosis(first, Self.verdict(.pathBad, exchange: "okx", next: "second")).text
    #expect(
      text == [
        "what is the case", "  - a number", "  - no NTP daemon is running", "  What it means.", "",
        "what is the case", "  - a number", "  What it means.", "",
        "this host:", "  - the kernel says: not synchronized; it allows for an error of 16.0 s",
        "  - no sign of a container, WSL2 or a virtual machine", "", "next: first", "",
        "often asked on a host like this:", "  Is NTP off?",
        "    Without an NTP daemon a clock drifts by a second or so a day. Turn it on",
        "    with: sudo timedatectl set-ntp true",
      ])
  }

  @Test func theJSONHasEverything() {
    let json = diagnosis(Self.verdict(.pathBad, exchange: "okx")).json
    #expect(json["daemon"] == true)
    #expect(json["verdicts"]?.array?.first?["verdict"] == "path_bad")
    #expect(json["host"]?["kernel_synchronized"] == false)
    #expect(json["host"]?["kernel_maximum_error_ns"] == 16_000_000_000)
    #expect(json["host"]?["time_daemons"] == [])
    #expect(json["host"]?["wsl"] == false)
    #expect(json["questions"]?.array?.count == 9)
    #expect(json["questions"]?.array?.first?["applies"] == true)
  }

  @Test func theExitCodeSaysWhetherSomethingIsWrong() {
    #expect(diagnosis(Self.verdict(.clocksFine)).exitCode == .success)
    for kind in VerdictResult.Kind.allCases where kind != .clocksFine {
      #expect(diagnosis(Self.verdict(kind)).exitCode == .refused)
    }
    #expect(diagnosis(Self.verdict(.unknown, causes: [.noDaemon])).exitCode == .unavailable)
  }

  // MARK: Without a daemon

  private func noDaemon(
    _ failure: DaemonConnection.Failure, container: String? = nil
  ) -> VerdictResult {
    NoDaemon.verdict(failure, socket: "/run/x.sock", RemedyTests.host { $0.container = container })
  }

  private func unreachable(_ number: CInt) -> DaemonConnection.Failure {
    .unreachable(SystemError("connect to /run/x.sock", number: number))
  }

  @Test func aDaemonThatDoesNotRunIsToBeStarted() {
    for number in [ENOENT, ECONNREFUSED] {
      let verdict = noDaemon(unreachable(number))
      #expect(
        verdict.summary
          == "exchange-clockd is not running: nothing is known of any exchange's clock")
      #expect(verdict.nextCommand == "sudo systemctl start exchange-clockd")
      #expect(
        verdict.explanation == "Only the daemon can tell what time the exchanges believe it is.")
    }
    let verdict = noDaemon(unreachable(ENOENT))
    #expect(
      verdict.evidence == [
        "connect to /run/x.sock: No such file or directory",
        "the kernel says: not synchronized; it allows for an error of 16.0 s",
        "no NTP daemon is running",
      ])
    #expect(verdict.causes == [.noDaemon] && verdict.kind == .unknown)
    let contained = noDaemon(unreachable(ENOENT), container: "docker")
    #expect(
      contained.nextCommand == "sudo systemctl start exchange-clockd  # on the container's host")
    #expect(
      contained.explanation.hasSuffix(" In a container, mount the directory of the host's socket."))
  }

  @Test func aUserWhoMayNotAskIsToldWhatHelps() {
    let verdict = noDaemon(unreachable(EACCES))
    #expect(verdict.summary == "exchange-clockd may not be asked by this user")
    #expect(verdict.nextCommand == "sudo usermod -aG exchange-clock \"$USER\"")
    #expect(verdict.explanation == "Members of the daemon's group may; from the next login on.")
  }

  @Test func aDaemonThatDoesNotAnswerIsLookedAt() {
    let verdict = noDaemon(.timedOut(.seconds(10)))
    #expect(
      verdict.summary
        == "exchange-clockd does not answer: nothing is known of any exchange's clock")
    #expect(verdict.nextCommand == "journalctl -u exchange-clockd -n 50")
    #expect(
      verdict.evidence.first
        == "/run/x.sock: the daemon has not answered for 10.0 s; is it stopped?")
  }

  // MARK: One exchange

  private func offset(_ id: String, ahead: Int64) -> OffsetResult {
    OffsetResult(
      exchange: id, state: "synchronized", reason: "",
      measurement: .init(
        offsetNanoseconds: ahead, lowerNanoseconds: ahead - 1_000_000,
        upperNanoseconds: ahead + 1_000_000, errorNanoseconds: 1_000_000, driftPPM: 0,
        driftErrorPPM: 0, shortestRoundTripNanoseconds: 1_000_000,
        lastRoundTripNanoseconds: 1_000_000, lastSyncMicroseconds: 0, ageMilliseconds: 0),
      samples: 8, rejected: 0, resolutionNanoseconds: 1_000_000, nextSyncMilliseconds: 1,
      failures: 0)
  }

  private func view(_ exchange: String?, _ verdicts: VerdictResult...) -> DaemonView {
    var view = DaemonView(exchange: exchange)
    view.verdicts = verdicts
    view.offsets = [
      offset("binance", ahead: 0), offset("bybit", ahead: 3_000_000_000), offset("okx", ahead: 0),
    ]
    return view
  }

  @Test func whatIsWrongWithAnotherExchangeLeavesThisOneFine() throws {
    let wrong = Self.verdict(.exchangeClockWrong, exchange: "bybit")
    let host = QuestionsTests.kept
    let okx = view("okx", wrong).diagnosis(host)
    #expect(okx.verdicts.map(\.kind) == [.clocksFine] && okx.exitCode == .success)
    #expect(okx.verdicts[0].nextCommand == "exchange-clock stamp okx")
    #expect(okx.verdicts[0].evidence[0].hasPrefix("binance and okx agree: "))
    #expect(view("bybit", wrong).diagnosis(host).verdicts == [wrong])
    #expect(view(nil, wrong).diagnosis(host).verdicts == [wrong])
    // What concerns this host concerns every exchange.
    let system = Self.verdict(.systemClockWrong)
    #expect(view("okx", system, wrong).diagnosis(host).verdicts.map(\.kind) == [.systemClockWrong])
    let fine = view("okx", Self.verdict(.clocksFine)).diagnosis(host)
    #expect(fine.verdicts[0].nextCommand == "exchange-clock stamp okx")
  }

  @Test(arguments: [(0, 0), (9, -1), (10, 0), (15, 0), (20, 0), (21, 1), (-990, -1_000)])
  func theDaemonsClockIsComparedWithWhatWasReadAroundIt(_ reading: Int, _ difference: Int) {
    func instant(_ seconds: Int) -> LocalInstant {
      LocalInstant(nanoseconds: Int64(seconds) * 1_000_000_000)
    }
    let between = DaemonView.difference(
      of: instant(reading), before: instant(reading == 0 ? 0 : 10), after: instant(20))
    #expect(between == .seconds(difference))
  }
}

@Suite struct ParagraphTests {
  @Test func linesAreBrokenAtSpaces() {
    let text = String(repeating: "word ", count: 40) + String(repeating: "x", count: 90) + " end"
    let lines = Paragraph.lines(text, first: "  - ", rest: "    ")
    #expect(lines[0] == "  - " + Array(repeating: "word", count: 15).joined(separator: " "))
    #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("    ") })
    // A word that is longer than a line stays whole: it may be a command.
    #expect(lines.count { $0.count > 80 } == 1 && lines.last == "    end")
    #expect(Paragraph.lines("") == [""])
    #expect(Paragraph.lines(String(repeating: "y", count: 80)).count == 1)
  }
}

@Suite struct HealthTextTests {
  private func lines(_ verdicts: VerdictResult...) -> [String] {
    var health = HealthResult(
      status: .ok, reasons: [], isReady: true, uptimeMilliseconds: 5_000, version: "1.2.3",
      systemClockOffsetNanoseconds: -21_000_000, systemClockErrorNanoseconds: 3_000_000,
      isKernelSynchronized: true,
      counts: [.init("exchanges", 3), .init("synchronized", 3)])
    health.verdicts = verdicts
    return HealthText.lines(health.json)
  }

  private let first = "ok: 3/3 exchanges synchronized; daemon 1.2.3 up 5.00 s, ready"

  @Test func aWrongSystemClockIsSaidClearly() {
    #expect(
      lines(DiagnosisTests.verdict(.systemClockWrong)) == [
        first, "what is the case", "run: exchange-clock diagnose",
      ])
    #expect(
      lines(DiagnosisTests.verdict(.systemClockWrong), DiagnosisTests.verdict(.pathBad)).last
        == "and 1 more; run: exchange-clock diagnose")
  }

  @Test func aFineClockIsMentioned() {
    let mention = "this host's clock is 21.0 ms ±3.00 ms ahead of what most exchanges agree on"
    #expect(lines(DiagnosisTests.verdict(.clocksFine)) == [first, mention])
    // A daemon of an older version gives no verdict.
    #expect(lines() == [first, mention])
  }
}
