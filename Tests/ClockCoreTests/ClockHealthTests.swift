import Testing

@testable import ClockCore

/// Who is accused, and who is not.
@Suite struct ClockHealthTests {
  /// One exchange: how far it is ahead of this host, and its error, in milliseconds.
  struct Clock: Sendable {
    var id: String
    var ahead: Double
    var error: Double

    init(_ id: String, _ ahead: Double, _ error: Double = 10) {
      (self.id, self.ahead, self.error) = (id, ahead, error)
    }

    var evidence: ExchangeEvidence {
      let settings = TrackerSettings()
      var status = ExchangeStatus(settings: settings, nextSync: MonotonicInstant(nanoseconds: 0))
      status.samples = 8
      let interval = OffsetInterval<Local, Exchange>(
        lower: LocalOffset(nanoseconds: Int64(((ahead - error) * 1_000_000).rounded())),
        upper: LocalOffset(nanoseconds: Int64(((ahead + error) * 1_000_000).rounded())))
      return ExchangeEvidence(
        id: id, state: .synchronized, reason: "", interval: interval, status: status)
    }
  }

  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var clocks: [Clock]
    var verdicts: [String]

    init(_ name: String, _ clocks: [Clock], _ verdicts: String...) {
      (testDescription, self.clocks, self.verdicts) = (name, clocks, verdicts)
    }
  }

  static let cases = [
    Case("all agree with this host", [.init("a", 5), .init("b", -5), .init("c", 0)], "fine a b c"),
    Case("one agrees with this host", [.init("a", 5)], "fine a"),
    Case(
      "three against this host", [.init("a", 3000), .init("b", 3005), .init("c", 2995)],
      "system a b c"),
    Case("two against this host", [.init("a", -3000), .init("b", -3005)], "system a b"),
    Case("one against this host", [.init("a", 3000)], "two clocks a"),
    Case("one of two against this host", [.init("a", 0), .init("b", 3000)], "divided"),
    Case("one of three is off", [.init("a", 0), .init("b", 1), .init("c", 3000)], "exchange c"),
    Case(
      "one is off, and so is this host", [.init("a", 3000), .init("b", 3001), .init("c", 9000)],
      "system a b", "exchange c"),
    Case(
      "two against one that sides with this host",
      [.init("a", 3000), .init("b", 3001), .init("c", 0)], "divided"),
    Case(
      "three against one that sides with this host",
      [.init("a", 3000), .init("b", 3001), .init("c", 0), .init("d", 3002)],
      "system a b d", "exchange c"),
    Case(
      "three against two that are off alike",
      [.init("a", 0), .init("b", 1), .init("c", 2), .init("d", 3000), .init("e", 3001)],
      "exchange d", "exchange e"),
    Case(
      "two against two", [.init("a", 0), .init("b", 1), .init("c", 3000), .init("d", 3001)],
      "divided"),
    Case(
      "a wide one sides with nobody",
      [.init("a", 3000), .init("b", 3001), .init("w", 1500, 1600)], "system a b w",
      "asymmetry w"),
    // It does not contradict `a`, which contradicts this host, but it is no second witness.
    Case("a wide one accuses nobody", [.init("a", 3000), .init("w", 1500, 1600)], "divided"),
    Case(
      "a chain whose ends contradict each other",
      [.init("a", -90, 1), .init("b", 0, 1), .init("c", 90, 1)], "divided"),
    Case(
      "exactly as far apart as is let pass", [.init("a", 110), .init("b", 110)], "fine a b"),
    Case(
      "a little further", [.init("a", 110.000002), .init("b", 110.000002)], "system a b"),
    Case(
      "a little further behind", [.init("a", -110.000002), .init("b", -110.000002)],
      "system a b"),
    Case("a single one a little further", [.init("a", 110.000002)], "two clocks a"),
    Case(
      "exchanges that differ by less than is let pass",
      [.init("a", 40, 1), .init("b", 0, 1), .init("c", -40, 1)], "fine a b c"),
  ]

  @Test(arguments: cases)
  func whoIsAccused(_ test: Case) {
    let health = ClockHealth(test.clocks.map(\.evidence), at: MonotonicInstant(nanoseconds: 0))
    #expect(health.verdicts.map(Self.name) == test.verdicts)
  }

  static func name(_ verdict: Verdict) -> String {
    func ids(_ consensus: ClockConsensus) -> String {
      consensus.members.map(\.id).joined(separator: " ")
    }
    return switch verdict {
    case .systemClockWrong(let consensus): "system \(ids(consensus))"
    case .exchangeClockWrong(let witness, _): "exchange \(witness.id)"
    case .pathBad(let known, let findings):
      if case .asymmetrySuspected = findings[0] {
        "asymmetry \(known.id)"
      } else {
        "path \(known.id)"
      }
    case .answersUnusable(let known, _): "answers \(known.id)"
    case .unknown(.notMeasured(let id, _, _)): "not measured \(id)"
    case .unknown(.twoClocks(let witness)): "two clocks \(witness.id)"
    case .unknown(.divided): "divided"
    case .clocksFine(let consensus): "fine \(ids(consensus))"
    }
  }

  /// Whatever one exchange says, no clock that is right within 50 ms is accused, and neither is
  /// this host's.
  @Test func oneLiarNeverGetsAnHonestClockAccused() {
    var random = SplitMix64(seed: 7)
    for _ in 0..<2_000 {
      var clocks: [Clock] = []
      for index in 0..<(1 + Int(random.next() % 6)) {
        let truth = Double(random.next() % 101) - 50
        let error = Double(random.next() % 2_000)
        // The estimate is anywhere within its error of the truth.
        let bias = error * (Double(random.next() % 2_001) / 1_000 - 1)
        clocks.append(Clock("honest\(index)", truth + bias, error))
      }
      let lie = Double(random.next() % 20_000) - 10_000
      clocks.append(Clock("liar", lie, Double(random.next() % 500)))
      let health = ClockHealth(clocks.map(\.evidence), at: MonotonicInstant(nanoseconds: 0))
      for verdict in health.verdicts {
        let name = Self.name(verdict)
        #expect(!name.hasPrefix("system") && !name.hasPrefix("exchange honest"), "\(clocks)")
      }
      #expect(!health.verdicts.isEmpty)
    }
  }

  @Test func theConsensusIsWhatTheMembersShareOrWhatLiesBetweenThem() throws {
    let sharing = ClockHealth(
      [Clock("a", 100, 10), Clock("b", 105, 10)].map(\.evidence),
      at: MonotonicInstant(nanoseconds: 0))
    let shared = try #require(sharing.consensus)
    #expect(shared.interval.lower.nanoseconds == 95_000_000)
    #expect(shared.interval.upper.nanoseconds == 110_000_000)
    #expect(shared.asked == 2)
    let apart = ClockHealth(
      [Clock("a", 100, 1), Clock("b", 140, 1)].map(\.evidence),
      at: MonotonicInstant(nanoseconds: 0))
    let between = try #require(apart.consensus)
    #expect(between.interval.lower.nanoseconds == 101_000_000)
    #expect(between.interval.upper.nanoseconds == 139_000_000)
  }

  @Test func halfOfThemIsNoConsensus() {
    let halves = [Clock("a", 0), Clock("b", 1), Clock("c", 3000), Clock("d", 3001)]
    let now = MonotonicInstant(nanoseconds: 0)
    #expect(ClockHealth(halves.map(\.evidence), at: now).consensus == nil)
    let more = halves + [Clock("e", 3002)]
    #expect(ClockHealth(more.map(\.evidence), at: now).consensus?.members.count == 3)
  }

  @Test func nothingFollowedIsNoVerdict() {
    #expect(ClockHealth([], at: MonotonicInstant(nanoseconds: 0)).verdicts.isEmpty)
    #expect(ClockHealth([], at: MonotonicInstant(nanoseconds: 0)).consensus == nil)
  }
}
