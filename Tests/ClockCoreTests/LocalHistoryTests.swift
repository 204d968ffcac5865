import ClockCore
import Testing

@Suite struct LocalHistoryTests {
  /// CLOCK_REALTIME as a host has it: it runs at changing rates and is set now and then.
  private struct Host {
    var raw: Int64 = 1_000_000_000_000
    var local: Int64 = 1_800_000_000_000_000_000
    /// CLOCK_MONOTONIC runs as CLOCK_REALTIME does, but is not set.
    var monotonic: Int64 = 900_000_000_000
    var ratePPM: Double = 0

    mutating func pass(_ nanoseconds: Int64) {
      let steered = nanoseconds + Int64(Double(nanoseconds) * ratePPM / 1e6)
      raw += nanoseconds
      local += steered
      monotonic += steered
    }

    func look(lasting bracket: Int64 = 200) -> LocalHistory.Look {
      LocalHistory.Look(
        first: MonotonicInstant(nanoseconds: raw - bracket / 2),
        last: MonotonicInstant(nanoseconds: raw + bracket / 2),
        local: LocalInstant(nanoseconds: local),
        setting: ClockLead(
          lower: .nanoseconds(local - monotonic - bracket / 4),
          upper: .nanoseconds(local - monotonic + bracket / 4)))
    }

    /// As a program would have noted it: in whole microseconds.
    var reading: LocalInstant { LocalInstant(nanoseconds: local / 1_000 * 1_000) }
    var instant: MonotonicInstant { MonotonicInstant(nanoseconds: raw) }
  }

  private func refusal(
    _ history: LocalHistory, _ reading: LocalInstant, _ now: LocalHistory.Look
  ) -> LocalHistory.Refusal? {
    do throws(LocalHistory.Refusal) {
      _ = try history.instants(showing: reading, now: now)
      return nil
    } catch {
      return error
    }
  }

  private static let second: Int64 = 1_000_000_000

  @Test func aReadingIsPlacedWithinAQuarterOfAMillisecond() throws {
    var host = Host()
    host.ratePPM = 30
    var history = LocalHistory(at: host.look())
    var noted: [(LocalInstant, MonotonicInstant)] = []
    for _ in 0..<100 {
      host.pass(Self.second / 3)
      noted.append((host.reading, host.instant))
      host.pass(Self.second * 2 / 3)
      history.looked(host.look())
    }
    for (reading, instant) in noted {
      let range = try history.instants(showing: reading, now: host.look())
      #expect(range.contains(instant))
      #expect(range.upperBound - range.lowerBound < .microseconds(600))
    }
  }

  @Test func aReadingOfThisMomentIsPlaced() throws {
    var host = Host()
    let history = LocalHistory(at: host.look())
    for _ in 0..<5 {
      let range = try history.instants(showing: host.reading, now: host.look())
      #expect(range.contains(host.instant))
      host.pass(Self.second / 5)
    }
  }

  /// What an NTP daemon may do: slew fast, and stop.
  @Test func aFastSlewIsFollowed() throws {
    var host = Host()
    var history = LocalHistory(at: host.look())
    for (rate, turn) in [(0.0, 0.2), (100_000, 0.3), (50_000, 0.9), (0, 0.5), (-100_000, 0.4)] {
      host.pass(Int64(Double(Self.second) * turn))
      host.ratePPM = rate
      host.pass(Int64(Double(Self.second) * (0.95 - turn)))
      let (reading, instant) = (host.reading, host.instant)
      host.pass(Self.second / 20)
      history.looked(host.look())
      #expect(try history.instants(showing: reading, now: host.look()).contains(instant))
    }
  }

  @Test func aClockSetAheadLeavesTimesThatItNeverShowed() throws {
    var host = Host()
    var history = LocalHistory(at: host.look())
    host.pass(10 * Self.second)
    history.looked(host.look())
    let (before, instant) = (host.reading - .seconds(5), host.instant - .seconds(5))
    host.pass(Self.second / 2)
    let skipped = host.reading + .seconds(30)
    host.local += 60 * Self.second
    history.looked(host.look(), wasSet: true)
    let atSetting = host.reading
    host.pass(Self.second)
    history.looked(host.look())
    #expect(try history.instants(showing: before, now: host.look()).contains(instant))
    #expect(refusal(history, skipped, host.look()) == .neverShown)
    #expect(refusal(history, atSetting - .milliseconds(1), host.look()) == .nearSetting)
    #expect(
      try history.instants(showing: atSetting + .milliseconds(500), now: host.look()).contains(
        host.instant - .milliseconds(500)))
  }

  @Test func aClockSetBackShowsTimesTwice() throws {
    var host = Host()
    var history = LocalHistory(at: host.look())
    let first = host.reading
    for _ in 0..<30 {
      host.pass(Self.second)
      history.looked(host.look())
    }
    let repeated = host.reading - .seconds(5)
    let ahead = host.reading - .seconds(2)
    let instant = host.instant - .seconds(2)
    host.local -= 10 * Self.second
    history.looked(host.look(), wasSet: true)
    // It is ahead of what the clock shows now, and yet was shown once.
    #expect(try history.instants(showing: ahead, now: host.look()).contains(instant))
    for _ in 0..<30 {
      host.pass(Self.second)
      history.looked(host.look())
    }
    #expect(refusal(history, repeated, host.look()) == .shownTwice)
    #expect(
      try history.instants(showing: first + .seconds(3), now: host.look()).lowerBound
        < host.instant - .seconds(56))
    #expect(
      try history.instants(showing: host.reading - .seconds(2), now: host.look()).contains(
        host.instant - .seconds(2)))
  }

  /// The kernel tells of nothing, as under libfaketime; and of two that undo each other.
  @Test func aSettingIsNoticedUntoldAndAlsoWhenItWasUndone() throws {
    var host = Host()
    var history = LocalHistory(at: host.look())
    host.pass(Self.second)
    host.local += 3_000_000
    let reading = host.reading
    #expect(refusal(history, reading - .milliseconds(2), host.look()) == .nearSetting)
    #expect(refusal(history, reading - .milliseconds(5), host.look()) == .nearSetting)
    history.looked(host.look())
    #expect(refusal(history, reading - .milliseconds(2), host.look()) == .nearSetting)
    host.pass(Self.second)
    let undone = host.reading - .milliseconds(300)
    history.looked(host.look(), wasSet: true)
    #expect(refusal(history, undone, host.look()) == .nearSetting)
  }

  @Test func whatIsNotKnownIsRefused() throws {
    var host = Host()
    var history = LocalHistory(at: host.look())
    let start = host.reading
    #expect(refusal(history, start + .seconds(1), host.look()) == .inTheFuture(by: .seconds(1)))
    for _ in 0..<5_000 {
      host.pass(Self.second)
      history.looked(host.look())
    }
    let earliest = try #require(
      { () -> LocalInstant? in
        guard case .tooLongAgo(let earliest) = refusal(history, start, host.look()) else {
          return nil
        }
        return earliest
      }())
    #expect(host.reading - earliest < LocalHistory.reach + .seconds(3))
    #expect(refusal(history, earliest + .seconds(1), host.look()) == nil)
    #expect(refusal(history, host.reading - .seconds(3_599), host.look()) == nil)
  }

  /// Whatever is answered holds the instant at which the clock did show that, and what is refused is
  /// refused for a reason.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func noAnswerIsWrong(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var host = Host()
    var history = LocalHistory(at: host.look())
    var noted: [(reading: LocalInstant, instant: MonotonicInstant)] = []
    var settings = 0
    for _ in 0..<300 {
      for _ in 0..<3 {
        host.pass(random.duration(in: .milliseconds(1) ... .milliseconds(300)).wholeNanoseconds)
        noted.append((host.reading, host.instant))
      }
      if random.next() % 20 == 0 {
        let size = random.duration(in: .zero ... .seconds(20)).wholeNanoseconds - 10 * Self.second
        host.local += size
        settings += 1
        let late = random.next() % 3
        host.pass(Int64(late) * 40_000)
        history.looked(host.look(), wasSet: late < 2)
      } else {
        history.looked(host.look(lasting: Int64(random.next() % 50_000)))
        // The frequency is steered: by 500 ppm at most where the direction may change.
        host.ratePPM = Double(random.next() % 1_000) - 500
      }
    }
    var answers = 0
    for (reading, instant) in noted {
      guard let range = try? history.instants(showing: reading, now: host.look()) else { continue }
      answers += 1
      #expect(range.contains(instant), "seed \(seed)")
    }
    #expect(answers > noted.count / (settings < 5 ? 2 : 20), "seed \(seed), set \(settings) times")
  }
}
