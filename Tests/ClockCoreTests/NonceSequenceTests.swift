import ClockCore
import Testing

@Suite struct NonceSequenceTests {
  private static let epoch: Int64 = 1_790_000_000_000

  private func instant(_ milliseconds: Int64) -> ExchangeInstant {
    ExchangeInstant(nanoseconds: (Self.epoch + milliseconds) * 1_000_000)
  }

  private let step = Duration.milliseconds(1)

  /// What the file of a daemon does to its nonces.
  private struct Daemon {
    var sequence = NonceSequence(isKept: true)
    /// The ceiling on disk; nil before the first write.
    var file: ExchangeInstant?

    mutating func write() {
      file = sequence.ceilingToWrite
      if let file { sequence.wrote(file) }
    }

    mutating func restart() {
      sequence = NonceSequence(above: file, isKept: true)
    }
  }

  @Test func withNothingKeptTheyGrowAlsoWhenTimeGoesBackwards() {
    var random = SplitMix64(seed: 5)
    var sequence = NonceSequence()
    var last = instant(-1)
    for _ in 0..<1_000 {
      let earliest = instant(.random(in: 0...50, using: &random))
      let nonce = sequence.next(from: earliest, resolution: step)
      #expect(nonce.map { $0 > last && $0 >= earliest } == true)
      last = nonce ?? last
      #expect(!sequence.wantsCeiling && sequence.ceilingToWrite == nil)
    }
  }

  @Test func theFirstIsTheTimeInTheFormat() {
    var sequence = NonceSequence()
    #expect(sequence.next(from: instant(7), resolution: .seconds(1)) == instant(0))
    #expect(sequence.next(from: instant(7), resolution: .seconds(1)) == instant(1_000))
    // A coarser format than the one before.
    var coarse = NonceSequence(above: instant(1_500))
    #expect(coarse.next(from: instant(0), resolution: .seconds(1)) == instant(2_000))
  }

  @Test func noneIsGivenOutBeforeItsCeilingIsOnDisk() {
    var daemon = Daemon()
    #expect(daemon.sequence.next(from: instant(0), resolution: step) == nil)
    #expect(daemon.sequence.wantsCeiling)
    #expect(daemon.sequence.ceilingToWrite == instant(10_000))
    #expect(daemon.sequence.next(from: instant(1), resolution: step) == nil)
    daemon.write()
    #expect(!daemon.sequence.wantsCeiling)
    #expect(daemon.sequence.next(from: instant(2), resolution: step) == instant(2))
    #expect(!daemon.sequence.wantsCeiling)
  }

  @Test func aHigherOneIsWantedWhenLessThanHalfIsLeft() {
    var daemon = Daemon()
    _ = daemon.sequence.next(from: instant(0), resolution: step)
    daemon.write()
    #expect(daemon.sequence.next(from: instant(5_000), resolution: step) == instant(5_000))
    #expect(!daemon.sequence.wantsCeiling)
    #expect(daemon.sequence.next(from: instant(5_001), resolution: step) == instant(5_001))
    #expect(daemon.sequence.wantsCeiling)
    // What is left may be used meanwhile, to the last.
    #expect(daemon.sequence.next(from: instant(10_000), resolution: step) == instant(10_000))
    #expect(daemon.sequence.next(from: instant(10_000), resolution: step) == nil)
    daemon.write()
    #expect(daemon.sequence.next(from: instant(10_000), resolution: step) == instant(10_001))
  }

  @Test func afterAStopTheyGoOnWithoutAGap() {
    var daemon = Daemon()
    _ = daemon.sequence.next(from: instant(0), resolution: step)
    daemon.write()
    _ = daemon.sequence.next(from: instant(0), resolution: step)
    daemon.sequence.end()
    #expect(daemon.sequence.next(from: instant(1), resolution: step) == nil)
    daemon.write()
    daemon.restart()
    _ = daemon.sequence.next(from: instant(-5), resolution: step)
    daemon.write()
    #expect(daemon.sequence.next(from: instant(-5), resolution: step) == instant(1))
  }

  /// Kills in a row, each right after one nonce: what none of them used does not add up.
  @Test(arguments: [Duration.microseconds(1), .milliseconds(1), .seconds(1)])
  func manyKillsDoNotRunAway(_ step: Duration) {
    var daemon = Daemon()
    var now = instant(0)
    for _ in 0..<200 {
      daemon.restart()
      now = now + max(.milliseconds(51), step * 5)
      if daemon.sequence.next(from: now, resolution: step) == nil {
        daemon.write()
        let nonce = daemon.sequence.next(from: now, resolution: step)
        #expect(nonce.map { $0 <= now + NonceSequence.reserve + step } == true)
      }
    }
  }

  /// Any order of demand, writes, failures, kills and stops, under a clock that goes anywhere.
  @Test(arguments: 0..<50)
  func noNonceIsRepeatedWhateverHappens(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var daemon = Daemon()
    var now = instant(0)
    var last: ExchangeInstant?
    var (given, kills) = (0, 0)
    /// What a write under way will leave on disk.
    var underWay: ExchangeInstant?
    let step: Duration = [.microseconds(1), .milliseconds(1), .seconds(1)][Int(seed % 3)]
    for round in 0..<4_000 {
      now = now + random.duration(in: .zero...(.seconds(2)))
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<70:
        for _ in 0..<Int.random(in: 1...40, using: &random) {
          guard let nonce = daemon.sequence.next(from: now, resolution: step) else { break }
          if let last, nonce <= last {
            Issue.record("seed \(seed), round \(round): \(nonce) after \(last)")
          }
          last = nonce
          given += 1
        }
      case 70..<82: underWay = daemon.sequence.ceilingToWrite
      case 82..<92:
        // The end of a write: on disk, and known to be.
        if let underWay {
          daemon.file = underWay
          daemon.sequence.wrote(underWay)
        }
        underWay = nil
      case 92..<94: underWay = nil
      case 94..<97:
        // Killed before the rename or after it.
        if let underWay, Bool.random(using: &random) { daemon.file = underWay }
        underWay = nil
        daemon.restart()
        kills += 1
      case 97: now = now - random.duration(in: .zero...(.seconds(7_200)))
      default:
        if let underWay { daemon.file = underWay }
        underWay = nil
        daemon.sequence.end()
        daemon.write()
        daemon.restart()
      }
    }
    #expect(given > 500 && kills > 50, "seed \(seed): \(given) given, \(kills) kills")
  }
}
