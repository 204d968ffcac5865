import ClockCore
import DaemonSettings
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockDaemon

@Suite struct StateDocumentTests {
  private let state: TestState

  init() throws {
    state = try TestState()
  }

  @Test func whatIsWrittenIsReadAsItWas() throws {
    #expect(try StateDocument.parse(state.text) == state.saved)
    let restored = state.restored(from: state.text)
    #expect(restored.lines.isEmpty)
    #expect(restored.memories.count == 3)
    for entry in state.saved.entries {
      #expect(restored.memories[entry.id] == entry.memory)
      #expect(restored.nonces[entry.id] == entry.nonceCeiling)
    }
  }

  @Test func anOriginWithGapsIsReadAsItWas() throws {
    var saved = state.saved
    saved.origin.host = HostIdentity(machine: "", boot: nil, timeNamespace: "")
    saved.origin.hardwareClockSeconds = nil
    saved.entries = []
    #expect(try StateDocument.parse(StateDocument.text(of: saved)) == saved)
  }

  @Test func itIsTwoLinesOfJSON() throws {
    let lines = String(decoding: state.text, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 3 && lines[2].isEmpty)
    #expect(try JSONValue(parsing: String(lines[0]))["exchange_clock_state"] == 1)
    #expect(try JSONValue(parsing: String(lines[1]))["exchanges"]?.array?.count == 4)
  }

  @Test func noTruncationIsTaken() {
    for length in 0..<state.text.count {
      let restored = state.restored(from: Array(state.text.prefix(length)))
      #expect(restored.isEmpty && restored.warnings.count == 1, "\(length) bytes")
    }
  }

  /// Any other value at any place; a checksum that misses one would let a wrong digit through.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func noFlippedByteIsTaken(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for index in state.text.indices {
      var damaged = state.text
      // The first round flips single bits, as a memory would.
      damaged[index] ^=
        seed == 1
        ? 1 << UInt8.random(in: 0...7, using: &random)
        : UInt8.random(in: 1...255, using: &random)
      let restored = state.restored(from: damaged)
      #expect(restored.isEmpty && restored.warnings.count == 1, "byte \(index)")
    }
  }

  @Test func swappedAndRepeatedPiecesAreNotTaken() {
    var random = SplitMix64(seed: 5)
    for round in 0..<2_000 {
      var damaged = state.text
      let start = Int.random(in: 0..<damaged.count, using: &random)
      let end = Int.random(in: start...damaged.count, using: &random)
      let piece = Array(damaged[start..<end])
      switch round % 3 {
      case 0: damaged.removeSubrange(start..<end)
      case 1: damaged.insert(contentsOf: piece, at: end)
      default: damaged.replaceSubrange(start..<end, with: piece.reversed())
      }
      guard damaged != state.text else { continue }
      let restored = state.restored(from: damaged)
      #expect(restored.isEmpty && restored.warnings.count == 1, "round \(round)")
    }
  }

  /// With a checksum that matches, so that what follows it is reached: each number replaced.
  @Test func noNumberMakesItTrap() throws {
    let values = [
      "9223372036854775807", "-9223372036854775808", "-1", "0", "1", "4611686018427387904",
      "1790000000000000000", "99999999999999999999", "1e308", "-1e308", "1e400", "1e-300", "0.5",
      "null", "true", "\"7\"", "[]", "{}", "",
    ]
    let body = state.body
    var (accepted, refused) = (0, 0)
    for match in body.matches(of: #/-?[0-9]+(\.[0-9]+)?/#) {
      for value in values {
        let restored = state.restored(
          fromBody: body.replacingCharacters(in: match.range, with: value))
        #expect(restored.warnings.count <= 1)
        if restored.memories.isEmpty { refused += 1 } else { accepted += 1 }
        use(restored)
      }
    }
    #expect(accepted > 100 && refused > 1_000, "\(accepted) taken, \(refused) refused")
  }

  @Test(arguments: 1...2 as ClosedRange<UInt64>)
  func noByteMakesItTrap(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let body = Array(state.body.utf8)
    for index in body.indices {
      var damaged = body
      damaged[index] ^= UInt8.random(in: 1...255, using: &random)
      use(state.restored(from: StateDocument.signed(damaged + [UInt8(ascii: "\n")])))
    }
  }

  /// What the daemon would do with it.
  private func use(_ restored: RestoredState) {
    for (exchange, settings) in zip(state.settings.exchanges, state.settings.trackers) {
      guard let memory = restored.memories[exchange.id] else { continue }
      let tracker = ExchangeTracker(
        settings: settings, seed: 1, now: state.here.written, restoring: memory)
      guard var tracker else {
        Issue.record("a memory that was called sound is refused")
        continue
      }
      for instant in [state.here.written, state.here.written + .seconds(100_000)] {
        _ = tracker.status.interval(at: instant)?.error
        _ = tracker.status.reason(at: instant)
        _ = tracker.woke(at: instant)
      }
      _ = RestoredState.announcement(
        [(exchange.id, tracker.status)], from: "/state.json", at: state.here.written)
    }
  }

  @Test(arguments: [
    ("", "it is empty"), ("\n", "it is no state file of exchange-clockd"),
    ("interval = \"1h\"\n", "it is no state file of exchange-clockd"),
    (
      "{\"exchange_clock_state\":2,\"checksum\":\"x\"}\n{}\n",
      "it is of version 2, and this release reads version 1"
    ),
    (
      "{\"exchange_clock_state\":1,\"fnv1a64\":\"0000000000000000\"}\n{}\n",
      "its checksum does not match: it is damaged"
    ),
  ])
  func aWarningSaysWhy(_ text: String, _ reason: String) {
    #expect(
      state.restored(from: Array(text.utf8)).lines == [
        .init(
          priority: .warning,
          message: "the state file /state.json is ignored: \(reason); all exchanges' time is"
            + " measured anew")
      ])
  }

  @Test func hostileContentsAreRefused() throws {
    let deep = 200_000
    let bodies: [(String, String)] = [
      (String(repeating: "[", count: deep), "it is not JSON"),
      (String(repeating: "[", count: deep) + String(repeating: "]", count: deep), "it is not JSON"),
      ("[]", "its second line is not an object"), ("{}", "it has no machine_id"),
      (state.body.replacing("\"okx\"", with: "\"binance\""), "it has binance twice"),
      (state.body.replacing("\"okx\"", with: "\"../etc\""), "it has an id that is none"),
      (state.body.replacing("HTTP 418", with: "\\u001b[2J"), "its reason is not a short text"),
      (
        state.body.replacing("HTTP 418", with: String(repeating: "x", count: 400)),
        "its reason is not a short text"
      ),
      (
        state.body.replacing("\"samples\":8", with: "\"samples\":8,\"samples\":9"), "it is not JSON"
      ),
      (
        state.body.replacing("\"nonce_ns\":1790000000123000000", with: "\"nonce_ns\":7"),
        "its nonce of kraken is of no time from 2020 to 2100"
      ),
      (
        state.body.replacing(
          "\"nonce_ns\":1790000000123000000", with: "\"nonce_ns\":9000000000000000000"),
        "its nonce of kraken is of no time from 2020 to 2100"
      ),
      (state.body.replacing("\"wander_ppm\":12.0", with: "\"wander_ppm\":0.0"), "cannot be"),
      (
        state.body.replacing("\"rtc_s\":1790000000", with: "\"rtc_s\":9000000000000000000"),
        "its rtc_s"
      ),
    ]
    for (body, reason) in bodies {
      let restored = state.restored(fromBody: body)
      #expect(restored.isEmpty, "\(reason)")
      #expect(restored.warnings.count == 1)
      #expect(restored.warnings.first?.contains(reason) == true, "\(restored.warnings)")
    }
    let nested = String(repeating: "[", count: deep) + "\n{}\n"
    #expect(state.restored(from: Array(nested.utf8)).warnings.count == 1)
  }

  @Test func aReasonIsMadeFitForOneLine() throws {
    var saved = state.saved
    let reason = "first\nsecond \u{1B}[2J " + String(repeating: "é", count: 400)
    saved.entries[1].memory?.block?.reason = reason
    let block = try StateDocument.parse(StateDocument.text(of: saved)).entries[1].memory?.block
    let read = try #require(block).reason
    #expect(read.hasPrefix("first second  [2J é"))
    #expect(read.utf8.count <= 300)
  }

  @Test func withVeryManyExchangesItStaysSmallAndReadable() throws {
    var saved = try TestState(bounds: OffsetWindow.capacity).saved
    let full = saved.entries[3]
    saved.entries = (0..<2_000).map { index in
      var entry = full
      entry.id = "exchange\(index)"
      return entry
    }
    let text = StateDocument.text(of: saved)
    #expect(text.count <= StateDocument.longest)
    let read = try StateDocument.parse(text)
    // The newest bounds stay.
    #expect(
      read.entries[699].memory?.estimate?.lowerBounds
        == full.memory?.estimate.map { Array($0.lowerBounds.suffix(8)) })
    saved.entries = Array(saved.entries.prefix(100))
    #expect(StateDocument.text(of: saved).count <= StateDocument.longest)
    #expect(try StateDocument.parse(StateDocument.text(of: saved)) == saved)
  }

  @Test func aChecksumIsThePublishedOne() {
    // The test vectors of the algorithm's authors.
    #expect(Checksum.text(of: "".utf8) == "cbf29ce484222325")
    #expect(Checksum.text(of: "a".utf8) == "af63dc4c8601ec8c")
    #expect(Checksum.text(of: "foobar".utf8) == "85944171f73967e8")
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
