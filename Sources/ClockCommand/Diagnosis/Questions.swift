internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem

/// The questions that threads about refused timestamps ask again and again.
struct Questions {
  var facts: HostFacts
  var verdicts: [VerdictResult] = []

  /// Of the exchanges that were asked about; none without a daemon.
  var offsets: [OffsetResult] = []
  var exchanges: [ExchangeResult] = []

  var all: [Question] {
    [
      ntp, container, wsl, virtualMachine, suspend, fakedClock, unit, window, rateLimit,
    ]
  }

  private var ntp: Question {
    let isOff = facts.timeDaemons?.isEmpty == true
    let answer =
      if facts.isWSL == true {
        "WSL2 takes the time from Windows: set it there (Settings, Time, Sync now)."
      } else if facts.container != nil {
        "A container has its host's clock: turn NTP on there, with: sudo timedatectl set-ntp true"
      } else if !isOff, facts.timeDaemons != nil {
        "\(facts.timeDaemons?.first ?? "") is running; it reaches no server, or has only just"
          + " started, for as long as the kernel says: not synchronized."
      } else {
        "Without an NTP daemon a clock drifts by a second or so a day. Turn it on with: sudo"
          + " timedatectl set-ntp true"
      }
    let applies: Bool? =
      // The host of a container cannot be seen, but the kernel is the same.
      facts.kernel.map { !$0.isSynchronized } ?? (facts.container == nil && isOff ? true : nil)
    return Question(id: "ntp_off", question: "Is NTP off?", applies: applies, answer: answer)
  }

  private var container: Question {
    Question(
      id: "container", question: "In Docker or another container?",
      applies: facts.container != nil,
      answer: "Containers share the clock of their host. It is set and kept on the host; nothing"
        + " inside the container can.")
  }

  private var wsl: Question {
    Question(
      id: "wsl2", question: "In WSL2?", applies: facts.isWSL,
      answer: "Its clock may stand still while Windows sleeps, and stay behind. "
        + (facts.hasHardwareClock
          ? "Set it with: sudo hwclock -s (or wsl.exe --shutdown, and start again)."
          : "Restart it from Windows: wsl.exe --shutdown"))
  }

  private var virtualMachine: Question {
    let agents =
      facts.guestAgents.isEmpty
      ? "no guest agent was seen here" : "here runs \(facts.guestAgents.joined(separator: ", "))"
    return Question(
      id: "vm_resume", question: "A virtual machine that was paused, restored or moved?",
      applies: facts.isWSL != true && facts.virtualMachine != nil,
      answer: "Its clock is behind by the pause until something steps it: let chrony do so at any"
        + " time (makestep 1 -1 in chrony.conf) and run the hypervisor's guest agent (\(agents)).")
  }

  private var suspend: Question {
    Question(
      id: "suspend", question: "Was this host asleep?", applies: facts.suspended >= .seconds(1),
      answer: "For \(facts.suspended.shortText) since boot. exchange-clock measures anew after a"
        + " sleep; an offset that your code keeps by itself is wrong after it.")
  }

  private var fakedClock: Question {
    Question(
      id: "faked_clock", question: "Does something fake the clock?",
      applies: facts.isClockFaked || facts.isInTimeNamespace,
      answer: facts.isInTimeNamespace && !facts.isClockFaked
        ? "A time namespace moves CLOCK_MONOTONIC and CLOCK_BOOTTIME, not the time of day. What"
          + " reads the daemon's times must share its namespace."
        : "libfaketime changes what single programs read as the time: stamps by their own clock"
          + " are wrong, those of exchange-clock are not.")
  }

  private var isFine: Bool { verdicts.contains { $0.kind == .clocksFine } }

  private var unit: Question {
    let wanted = exchanges.map { exchange in
      "\(exchange.id) wants \(Self.unit(of: exchange.timestampFormat))"
        + (exchange.timestampCarrier.isEmpty ? "" : " (\(exchange.timestampCarrier))")
    }
    return Question(
      id: "unit", question: "Seconds, milliseconds or microseconds?",
      applies: exchanges.isEmpty ? nil : isFine,
      answer: exchanges.isEmpty
        ? "The daemon's catalogue tells: exchange-clock exchanges"
        : wanted.joined(separator: "; ") + ".")
  }

  static func unit(of format: String) -> String {
    switch format {
    case "unix_s": "seconds, 10 digits"
    case "unix_ms": "milliseconds, 13 digits"
    case "unix_us": "microseconds, 16 digits"
    case "unix_ns": "nanoseconds, 19 digits"
    case "iso8601_ms": "ISO 8601 in UTC with milliseconds and Z"
    default: format
    }
  }

  private var window: Question {
    let tolerant = exchanges.compactMap { exchange in
      exchange.toleranceMilliseconds.map { "\(exchange.id) \(Text.milliseconds($0))" }
    }
    let matters = HealthThresholds.standard.contradiction.wholeNanoseconds
    let isAhead = offsets.contains { offset in
      offset.measurement.map { $0.upperNanoseconds < -matters } ?? false
    }
    return Question(
      id: "recv_window", question: "Would a larger recvWindow help?",
      applies: offsets.isEmpty ? nil : isFine || isAhead,
      answer: "Only against orders that arrive late. A timestamp ahead of the exchange is refused"
        + " whatever the window is"
        + (tolerant.isEmpty
          ? "." : "; how far ahead is let pass: \(tolerant.joined(separator: ", "))."))
  }

  private var rateLimit: Question {
    let limited = verdicts.filter { $0.causes.contains(.toldToStayAway) }
    let since = limited.compactMap { verdict in
      offsets.first { $0.exchange == verdict.exchange }.map { offset in
        let last = offset.measurement.map { Text.age(milliseconds: $0.ageMilliseconds) } ?? "never"
        return "\(offset.exchange): \(offset.reason); the last good resync was \(last), the next"
          + " attempt is \(Text.wait(milliseconds: offset.nextSyncMilliseconds))."
      }
    }
    return Question(
      id: "rate_limited", question: "Rate-limited or banned, and since when?",
      applies: offsets.isEmpty ? nil : !limited.isEmpty,
      answer: since.isEmpty ? "No exchange has told us to stay away." : since.joined(separator: " ")
    )
  }
}
