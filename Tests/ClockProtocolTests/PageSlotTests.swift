import ClockCore
import Testing

@testable import ClockProtocol

@Suite struct PageSlotTests {
  private static func slot() throws -> PageSlot {
    var slot = PageSlot(id: try #require(PageID("binance")))
    slot.state = .synchronized
    slot.rule = .window
    slot.formatCode = 1
    slot.isAdjustable = true
    slot.asOfNanoseconds = 1_000_000_000_000
    slot.lowerNanoseconds = 1_700_000_000_000_000_000
    slot.upperNanoseconds = 1_700_000_000_010_000_000
    slot.lowerRate = -1e-6
    slot.upperRate = 3e-6
    slot.voidAfterNanoseconds = 1_300_000_000_000
    slot.holdoverAfterNanoseconds = 1_200_000_000_000
    slot.checkedNanoseconds = 1_000_000_000_000
    slot.realMinusRawNanoseconds = 1_699_999_000_000_000_000
    slot.resolutionNanoseconds = 1_000_000
    slot.windowNanoseconds = 5_000_000_000
    slot.longestWindowNanoseconds = 60_000_000_000
    slot.toleranceNanoseconds = 1_000_000_000
    return slot
  }

  /// Reads at `raw` on a host whose clocks run alike.
  private static func read(_ slot: PageSlot, _ raw: Int64, moved: Int64 = 0) throws
    -> PageSlot.Reading
  {
    try slot.reading(
      rawNanoseconds: raw, coarseNanoseconds: raw + slot.realMinusRawNanoseconds + moved)
  }

  @Test func whatIsWrittenIsRead() throws {
    let slot = try Self.slot()
    #expect(PageSlot(slot.words) == slot)
    #expect(PageSlot(PageSlot(id: slot.id).words) == PageSlot(id: slot.id))
  }

  /// Each field is in its place, in this machine's byte order, and nothing is anywhere else.
  @Test func theBytesAreThoseOfTheTable() throws {
    let slot = try Self.slot()
    let words = slot.words.words
    let bytes = withUnsafeBytes(of: words) { Array($0) }
    func number<N: FixedWidthInteger>(_ offset: Int, _: N.Type) -> N {
      bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: N.self) }
    }
    #expect(bytes.count == 192)
    #expect(bytes[8..<16].elementsEqual("binance\0".utf8))
    #expect(bytes[16..<40].allSatisfy { $0 == 0 })
    #expect((40...52).by4 { number($0, UInt32.self) } == [1, 1, 1, 1])
    #expect(number(56, Int64.self) == slot.asOfNanoseconds)
    #expect(number(64, Int64.self) == slot.lowerNanoseconds)
    #expect(number(72, Int64.self) == slot.upperNanoseconds)
    #expect(Double(bitPattern: number(80, UInt64.self)) == slot.lowerRate)
    #expect(Double(bitPattern: number(88, UInt64.self)) == slot.upperRate)
    #expect(number(96, Int64.self) == slot.voidAfterNanoseconds)
    #expect(number(104, Int64.self) == slot.holdoverAfterNanoseconds)
    #expect(number(112, Int64.self) == slot.checkedNanoseconds)
    #expect(number(120, Int64.self) == slot.realMinusRawNanoseconds)
    #expect(number(128, Int64.self) == slot.resolutionNanoseconds)
    #expect(number(136, Int64.self) == slot.windowNanoseconds)
    #expect(number(144, Int64.self) == slot.longestWindowNanoseconds)
    #expect(number(152, Int64.self) == slot.toleranceNanoseconds)
    #expect(bytes[160...].allSatisfy { $0 == 0 })
  }

  @Test func idsAreOrderedAsTheirBytesAre() throws {
    let texts = [
      "a", "aa", "ab", "b", "binance", "binance-testnet", "binancecoinm", "okx",
      String(repeating: "x", count: 32),
    ]
    let ids = try texts.map { try #require(PageID($0)) }
    #expect(ids == ids.sorted())
    #expect(ids.map(\.text) == texts)
    for id in ids { #expect(PageSlot(PageSlot(id: id).words).id == id) }
    for bad in ["", String(repeating: "x", count: 33), "a\0"] { #expect(PageID(bad) == nil) }
  }

  @Test func everyFormatHasACode() {
    #expect(TimestampFormat.allCases.map(\.pageCode).sorted() == [0, 1, 2, 3, 4, 5])
    for format in TimestampFormat.allCases {
      #expect(TimestampFormat(pageCode: format.pageCode) == format)
    }
    #expect(TimestampFormat(pageCode: 6) == nil)
  }

  // MARK: Reading

  @Test func theEndsMoveAtTheirRates() throws {
    let slot = try Self.slot()
    let now = try Self.read(slot, slot.asOfNanoseconds)
    #expect(now.earliestNanoseconds == slot.lowerNanoseconds)
    #expect(now.latestNanoseconds == slot.upperNanoseconds)
    #expect(now.estimateNanoseconds == slot.lowerNanoseconds + 5_000_000)
    let later = try Self.read(slot, slot.asOfNanoseconds + 10_000_000_000)
    #expect(later.earliestNanoseconds == slot.lowerNanoseconds + 10_000_000_000 - 10_000)
    #expect(later.latestNanoseconds == slot.upperNanoseconds + 10_000_000_000 + 30_000)
  }

  /// Before the anchor the faster rate makes for the earlier end.
  @Test func theRatesChangePlacesBeforeTheAnchor() throws {
    let slot = try Self.slot()
    let before = try Self.read(slot, slot.asOfNanoseconds - 10_000_000_000)
    #expect(before.earliestNanoseconds == slot.lowerNanoseconds - 10_000_000_000 - 30_000)
    #expect(before.latestNanoseconds == slot.upperNanoseconds - 10_000_000_000 + 10_000)
  }

  @Test func partsOfANanosecondAreRoundedOutwards() throws {
    let slot = try Self.slot()
    let reading = try Self.read(slot, slot.asOfNanoseconds + 100_001)
    #expect(reading.earliestNanoseconds == slot.lowerNanoseconds + 100_001 - 1)
    #expect(reading.latestNanoseconds == slot.upperNanoseconds + 100_001 + 1)
  }

  @Test func statesOtherThanTwoAreRefused() throws {
    var slot = try Self.slot()
    for state in [PageSlot.State.unknown, .disrupted] {
      slot.state = state
      #expect(throws: PageRefusal.notSynchronized(state)) {
        try Self.read(slot, slot.asOfNanoseconds)
      }
    }
    slot.state = .holdover
    #expect(try Self.read(slot, slot.asOfNanoseconds).state == .holdover)
    // What a later daemon may write there.
    var words = slot.words
    words[code: .state] = 9
    #expect(PageSlot(words).state == .unknown)
  }

  @Test func synchronizedBecomesHoldoverAndThenVoid() throws {
    let slot = try Self.slot()
    #expect(try Self.read(slot, slot.holdoverAfterNanoseconds).state == .synchronized)
    #expect(try Self.read(slot, slot.holdoverAfterNanoseconds + 1).state == .holdover)
    #expect(try Self.read(slot, slot.voidAfterNanoseconds).state == .holdover)
    #expect(throws: PageRefusal.void) { try Self.read(slot, slot.voidAfterNanoseconds + 1) }
  }

  @Test(arguments: [Int64(0), 1_000_000, 999_999, 100_000_000_000])
  func aClockThatMovedIsRefused(_ age: Int64) throws {
    let slot = try Self.slot()
    let raw = slot.checkedNanoseconds + age
    let slack = 20_000_000 + age / 1_000_000 * 600
    for sign in [Int64(1), -1] {
      #expect(throws: Never.self) { try Self.read(slot, raw, moved: sign * slack) }
      #expect(throws: PageRefusal.clockMoved) {
        try Self.read(slot, raw, moved: sign * (slack + 1))
      }
    }
  }

  /// A reader may have read its clock just before the daemon looked.
  @Test func aReadingFromBeforeTheCheckHasTheLeastSlack() throws {
    let slot = try Self.slot()
    let raw = slot.checkedNanoseconds - 5_000_000_000
    #expect(throws: Never.self) { try Self.read(slot, raw, moved: 20_000_000) }
    #expect(throws: PageRefusal.clockMoved) { try Self.read(slot, raw, moved: 20_000_001) }
  }

  @Test func aDamagedSlotEndsNobody() throws {
    var slot = try Self.slot()
    for rate in [Double.nan, .infinity, -.infinity, 1e300] {
      slot.upperRate = rate
      #expect(throws: PageRefusal.void) { try Self.read(slot, slot.asOfNanoseconds + 7) }
    }
    slot = try Self.slot()
    (slot.lowerNanoseconds, slot.asOfNanoseconds) = (.max, .min)
    slot.upperRate = 0
    _ = try? Self.read(slot, slot.checkedNanoseconds)
    slot.checkedNanoseconds = .min
    slot.realMinusRawNanoseconds = .min
    _ = try? Self.read(slot, .max)
  }

  // MARK: The header

  @Test func theHeaderIsReadAsItWasWritten() throws {
    var header = PageHeader(slots: 3, bootID: Array(1...16))
    header.starts = 7
    #expect(header.bytes.count == 64)
    #expect(try PageHeader(header.bytes, fileBytes: 64 + 3 * 192) == header)
    #expect(throws: PageRefusal.foreignVersion) {
      try PageHeader(header.bytes, fileBytes: 64 + 3 * 192 - 1)
    }
    #expect(throws: PageRefusal.foreignVersion) {
      try PageHeader(Array(header.bytes.dropLast()), fileBytes: 64 + 3 * 192)
    }
    // Magic, version, sizes, and more slots than a page may have.
    for (offset, value) in [(0, 0x78), (8, 2), (12, 65), (16, 193), (22, 1)] as [(Int, UInt8)] {
      var bytes = header.bytes
      bytes[offset] = value
      #expect(throws: PageRefusal.foreignVersion, "byte \(offset)") {
        try PageHeader(bytes, fileBytes: 1 << 30)
      }
    }
    header.status = .replaced
    #expect(try PageHeader(header.bytes, fileBytes: 64 + 3 * 192).status == .replaced)
  }

  @Test func bootIDsAreReadWithAndWithoutHyphens() {
    let bytes: [UInt8] = [1, 0x23] + Array(repeating: 0xAB, count: 14)
    let digits = "0123" + String(repeating: "ab", count: 14)
    #expect(PageHeader.bootID(digits) == bytes)
    #expect(PageHeader.bootID("0123abab-abab-abab-abab-ABABABABABAB") == bytes)
    for bad in ["", "0123", digits + "00", "+1" + digits.dropFirst(2), "zz" + digits.dropFirst(2)] {
      #expect(PageHeader.bootID(bad) == nil)
    }
  }
}

extension ClosedRange<Int> {
  fileprivate func by4<Value>(_ body: (Int) -> Value) -> [Value] {
    stride(from: lowerBound, through: upperBound, by: 4).map(body)
  }
}
