import ClockCore
import ExchangeCatalog
import Testing

/// Numbers that look random and are the same in every run (SplitMix64).
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct DamagedAnswerTests {
  private static let bodies = [
    #"{"serverTime":1762820224559}"#, #"{"data":[{"ts":"1597026383085"}]}"#,
    #"{"result":{"timeNano":"1688639403423213947"}}"#, #"{"result":{"unixtime":1762820224}}"#,
    #"{"data":1646837113087}"#, #"{"data":{"serverTime":"1688008631614"}}"#, "1753131712992",
    #"{"iso":"2025-07-20T15:12:13.466Z"}"#, #"{"timestamp":1598985828877}"#,
  ]

  /// Whatever an exchange sends, the outcome is a time between 2020 and 2100 or an error that fits
  /// on one line.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func neverTrapsAndNeverInventsATime(seed: UInt64) throws {
    var random = Seeded(state: seed)
    let alphabet = Array("0123456789.-+eE\"{}[],:nultrfas\\ \u{0}\u{7F}é".utf8) + [0xFF]
    for _ in 0..<200 {
      var body = Array(try #require(Self.bodies.randomElement(using: &random)).utf8)
      for _ in 0...Int.random(in: 0...3, using: &random) {
        let place = Int.random(in: 0..<body.count, using: &random)
        let byte = try #require(alphabet.randomElement(using: &random))
        switch Int.random(in: 0...2, using: &random) {
        case 0: body[place] = byte
        case 1: body.insert(byte, at: place)
        default: body.insert(contentsOf: body[place...].prefix(8), at: place)
        }
      }
      for unit in TimeUnit.allCases {
        var other = try #require(ExchangeCatalog.builtIn.randomElement(using: &random))
        other.unit = unit
        do {
          let time = try other.readTime(from: TimeAnswer(body: body)).nanoseconds
          #expect((1_577_836_800_000_000_000..<4_102_444_800_000_000_000).contains(time))
        } catch {
          #expect(!error.description.utf8.contains { $0 < 0x20 })
        }
      }
    }
  }
}
