import DaemonSettings
import TOMLDocument
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

@Suite struct DamagedConfigurationTests {
  private static let text = """
    interval = "1h30m"
    max_drift_ppm = 100
    [socket]
    mode = "0660"
    [exchanges.okx]
    headers = { a = "b" }
    codes = [{ code = "1", verdict = "clock" }]
    window = "5s"
    [exchanges.my]
    url = "http://[::1]:80/a?b"
    time = "/a/0"
    """

  /// Whatever the file holds, the outcome is settings or problems that have a place in it.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func neverTraps(seed: UInt64) throws {
    var random = Seeded(state: seed)
    let alphabet = Array("0159.-_=\"'{}[],:#hmsuntime \n\u{0}\u{7F}é".utf8) + [0xFF]
    for _ in 0..<100 {
      var text = Array(Self.text.utf8)
      for _ in 0...Int.random(in: 0...3, using: &random) {
        let place = Int.random(in: 0..<text.count, using: &random)
        let byte = try #require(alphabet.randomElement(using: &random))
        switch Int.random(in: 0...2, using: &random) {
        case 0: text[place] = byte
        case 1: text.insert(byte, at: place)
        default: text.remove(at: place)
        }
      }
      guard case .failure(let failure) = DaemonSettings.read(text, file: "c") else { continue }
      #expect(!failure.problems.isEmpty)
      for problem in failure.problems {
        #expect((1...20).contains(problem.line) && (1...80).contains(problem.column))
        #expect(!problem.message.isEmpty && !problem.message.utf8.contains { $0 < 0x20 })
      }
    }
  }
}
