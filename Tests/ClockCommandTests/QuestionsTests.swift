import ClockProtocol
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockCommand

/// Every answer, and when it applies.
@Suite struct QuestionsTests {
  static func questions(
    _ host: HostFacts, _ kind: VerdictResult.Kind? = nil, _ cause: VerdictResult.Cause = .consensus,
    offset: Int64 = 0
  ) -> Questions {
    guard let kind else { return Questions(facts: host) }
    let verdict = VerdictResult(
      kind, exchange: "binance", causes: [cause], summary: "", evidence: [], explanation: "",
      nextCommand: "")
    let measurement = OffsetResult.Measurement(
      offsetNanoseconds: offset, lowerNanoseconds: offset - 1_000_000,
      upperNanoseconds: offset + 1_000_000, errorNanoseconds: 1_000_000, driftPPM: 0,
      driftErrorPPM: 0, shortestRoundTripNanoseconds: 1_000_000,
      lastRoundTripNanoseconds: 1_000_000, lastSyncMicroseconds: 0, ageMilliseconds: 720_000)
    return Questions(
      facts: host, verdicts: [verdict],
      offsets: [
        OffsetResult(
          exchange: "binance", state: "holdover", reason: "HTTP 429 Too Many Requests",
          measurement: measurement, samples: 8, rejected: 0, resolutionNanoseconds: 1_000_000,
          nextSyncMilliseconds: 540_000, failures: 1)
      ],
      exchanges: [
        exchange("binance", "unix_ms", carrier: "parameter 'timestamp'", tolerance: 1_000),
        exchange("okx", "iso8601_ms", carrier: "", tolerance: nil),
      ])
  }

  static func exchange(
    _ id: String, _ format: String, carrier: String, tolerance: Int64?
  ) -> ExchangeResult {
    ExchangeResult(
      id: id, name: id, market: "spot", isEnabled: true, endpoint: "",
      resolutionNanoseconds: 1_000_000, timestampFormat: format, timestampCarrier: carrier,
      windowMilliseconds: 5_000, longestWindowMilliseconds: nil, toleranceMilliseconds: tolerance,
      codes: [])
  }

  struct Case: Sendable {
    var id: String
    var questions: Questions
    var applies: Bool?
    var answer: String
  }

  static let window =
    "Only against orders that arrive late. A timestamp ahead of the exchange is refused whatever"
    + " the window is"
  static let wsl = "Its clock may stand still while Windows sleeps, and stay behind. "
  static let machine =
    "Its clock is behind by the pause until something steps it: let chrony do so at any time"
    + " (makestep 1 -1 in chrony.conf) and run the hypervisor's guest agent ("
  static let kept = RemedyTests.host(["chronyd"], kernel: RemedyTests.synchronized)

  static let cases = [
    Case(
      id: "ntp_off", questions: questions(RemedyTests.host()), applies: true,
      answer: "Without an NTP daemon a clock drifts by a second or so a day. Turn it on with: sudo"
        + " timedatectl set-ntp true"),
    Case(
      id: "ntp_off", questions: questions(RemedyTests.host(["chronyd"])), applies: true,
      answer: "chronyd is running; it reaches no server, or has only just started, for as long as"
        + " the kernel says: not synchronized."),
    Case(
      id: "ntp_off", questions: questions(RemedyTests.host { $0.container = "lxc" }),
      applies: true,
      answer: "A container has its host's clock: turn NTP on there, with: sudo timedatectl set-ntp"
        + " true"),
    Case(
      id: "ntp_off", questions: questions(RemedyTests.host { $0.isWSL = true }), applies: true,
      answer: "WSL2 takes the time from Windows: set it there (Settings, Time, Sync now)."),
    Case(
      id: "container", questions: questions(RemedyTests.host { $0.container = "lxc" }),
      applies: true,
      answer: "Containers share the clock of their host. It is set and kept on the host; nothing"
        + " inside the container can."),
    Case(
      id: "wsl2", questions: questions(RemedyTests.host { $0.isWSL = true }), applies: true,
      answer: wsl + "Restart it from Windows: wsl.exe --shutdown"),
    Case(
      id: "wsl2",
      questions: questions(
        RemedyTests.host {
          $0.isWSL = nil
          $0.hasHardwareClock = true
        }), applies: nil,
      answer: wsl + "Set it with: sudo hwclock -s (or wsl.exe --shutdown, and start again)."),
    Case(
      id: "vm_resume", questions: questions(RemedyTests.host { $0.virtualMachine = "QEMU" }),
      applies: true, answer: machine + "no guest agent was seen here)."),
    Case(
      id: "vm_resume", questions: questions(RemedyTests.host { $0.guestAgents = ["qemu-ga"] }),
      applies: false, answer: machine + "here runs qemu-ga)."),
    Case(
      id: "suspend", questions: questions(RemedyTests.host { $0.suspended = .seconds(10_800) }),
      applies: true,
      answer: "For 3 h since boot. exchange-clock measures anew after a sleep; an offset that your"
        + " code keeps by itself is wrong after it."),
    Case(
      id: "faked_clock",
      questions: questions(RemedyTests.host { $0.faketimeVariable = "FAKETIME" }), applies: true,
      answer: "libfaketime changes what single programs read as the time: stamps by their own"
        + " clock are wrong, those of exchange-clock are not."),
    Case(
      id: "faked_clock", questions: questions(RemedyTests.host { $0.bootShift = .seconds(1) }),
      applies: true,
      answer: "A time namespace moves CLOCK_MONOTONIC and CLOCK_BOOTTIME, not the time of day."
        + " What reads the daemon's times must share its namespace."),
    Case(
      id: "unit", questions: questions(kept, .clocksFine), applies: true,
      answer: "binance wants milliseconds, 13 digits (parameter 'timestamp'); okx wants ISO 8601"
        + " in UTC with milliseconds and Z."),
    Case(
      id: "unit", questions: questions(kept), applies: nil,
      answer: "The daemon's catalogue tells: exchange-clock exchanges"),
    Case(
      id: "recv_window", questions: questions(kept, .clocksFine), applies: true,
      answer: window + "; how far ahead is let pass: binance 1.00 s."),
    Case(id: "recv_window", questions: questions(kept), applies: nil, answer: window + "."),
    Case(
      id: "rate_limited", questions: questions(kept, .answersUnusable, .toldToStayAway),
      applies: true,
      answer: "binance: HTTP 429 Too Many Requests; the last good resync was 12 min ago, the next"
        + " attempt is in 9 min."),
    Case(
      id: "rate_limited", questions: questions(kept, .clocksFine), applies: false,
      answer: "No exchange has told us to stay away."),
  ]

  @Test(arguments: cases)
  func answers(_ test: Case) throws {
    let question = try #require(test.questions.all.first { $0.id == test.id })
    #expect(question.applies == test.applies)
    #expect(question.answer == test.answer)
  }

  @Test func aHostWithoutTroubleRaisesNoQuestion() {
    let all = Self.questions(Self.kept, .pathBad).all
    #expect(all.count == 9 && all.allSatisfy { $0.applies == false })
  }

  @Test(arguments: [(-1_002_000_000, true), (-90_000_000, false), (1_002_000_000, false)])
  func aLargerWindowIsAskedForWhereThisHostIsAhead(_ offset: Int64, _ applies: Bool) throws {
    let all = Self.questions(Self.kept, .systemClockWrong, offset: offset).all
    #expect(all.first { $0.id == "recv_window" }?.applies == applies)
  }

  @Test func whetherNTPIsOffIsNotGuessed() {
    let unasked = Self.questions(RemedyTests.host(nil, kernel: nil)).all
    #expect(unasked.first { $0.id == "ntp_off" }.map { $0.applies == nil } == true)
    let silent = Self.questions(RemedyTests.host(kernel: nil)).all
    #expect(silent.first { $0.id == "ntp_off" }?.applies == true)
  }

  @Test(arguments: [
    ("unix_s", "seconds, 10 digits"), ("unix_ms", "milliseconds, 13 digits"),
    ("unix_us", "microseconds, 16 digits"), ("unix_ns", "nanoseconds, 19 digits"),
    ("iso8601_ms", "ISO 8601 in UTC with milliseconds and Z"), ("other", "other"),
  ])
  func units(_ format: String, _ words: String) {
    #expect(Questions.unit(of: format) == words)
  }
}
