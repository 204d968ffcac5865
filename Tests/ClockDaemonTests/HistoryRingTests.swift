import ClockCore
import ClockProtocol
import Glibc
import LinuxSystem
import Testing

@testable import ClockDaemon

@Suite struct HistoryRingTests {
  private let scratch = Scratch()
  private var path: String { scratch.root + "/okx.ring" }

  /// - Parameter minute: of the clock, from the epoch.
  private func measurement(_ minute: Int64, offset: Int64 = 1_000) -> HistoryResult.Measurement {
    HistoryResult.Measurement(
      sequence: 0, microseconds: minute * 60_000_000, offsetNanoseconds: offset,
      lowerNanoseconds: offset - 500, upperNanoseconds: offset + 500, driftPPM: -1.25,
      driftErrorPPM: 0.5, shortestRoundTripNanoseconds: 33_000_000,
      lastRoundTripNanoseconds: 34_000_000, samples: 7, rejected: 1)
  }

  private func event(_ text: String) -> HistoryResult.Event {
    HistoryResult.Event(
      sequence: 0, microseconds: 7, kind: .localStep, sizeNanoseconds: -2_000_000_000, text: text)
  }

  private func open() throws -> HistoryRing { try HistoryRing(path, id: "okx") }

  @Test func whatIsWrittenIsReadAgainAfterwards() throws {
    do {
      let ring = try open()
      try ring.add(measurement(60))
      try ring.add(event("CLOCK_REALTIME was set"))
      try ring.add(measurement(120, offset: -5))
    }
    let content = try open().read()
    var (first, second, between) = (
      measurement(60), measurement(120, offset: -5), event("CLOCK_REALTIME was set")
    )
    (first.sequence, between.sequence, second.sequence) = (1, 2, 3)
    #expect(content.measurements == [first, second])
    #expect(content.events == [between])
    #expect(content.damaged == 0)
  }

  @Test func thatAHoldoverGoesOnTakesOnePlaceHoweverLong() throws {
    let held = { (seconds: Int64) in
      HistoryResult.Event(
        sequence: 0, microseconds: seconds * 1_000_000, kind: .held,
        sizeNanoseconds: seconds * 1_000_000_000, text: "HTTP 503")
    }
    for second in 1...300 {
      let ring = try open()
      if second == 1 || second == 200 { try ring.add(event("\(second)")) }
      try ring.add(held(Int64(second)))
    }
    let events = try open().read().events
    #expect(events.map(\.text) == ["1", "HTTP 503", "200", "HTTP 503"])
    #expect(events.map(\.microseconds) == [7, 199_000_000, 7, 300_000_000])
    #expect(events.map(\.sequence) == [1, 200, 201, 302])
  }

  @Test func theRateOfThisHostsClockIsKept() throws {
    var entry = measurement(5)
    entry.localRatePPM = -12.345
    try open().add(entry)
    #expect(try open().read().measurements.map(\.localRatePPM) == [-12.345])
    #expect(HistoryResult.Measurement(json: entry.json)?.localRatePPM == -12.345)
  }

  @Test func aSlewIsARateAndAStepIsNone() {
    let clocks = { (raw: Int64, local: Int64) in
      HostClocks(
        raw: MonotonicInstant(nanoseconds: raw), local: LocalInstant(nanoseconds: local),
        bracket: .zero, cycles: 0, suspended: ClockLead(lower: .zero, upper: .zero))
    }
    var rate = LocalRate(at: clocks(0, 0))
    rate.look(at: clocks(10_000_000_000, 10_000_400_000))
    #expect(abs(rate.ppm - 40) < 0.001)
    // Too short to tell.
    rate.look(at: clocks(10_500_000_000, 10_600_000_000))
    #expect(abs(rate.ppm - 40) < 0.001)
    rate.begin(at: clocks(11_000_000_000, 99_000_000_000))
    rate.look(at: clocks(21_000_000_000, 108_999_900_000))
    #expect(abs(rate.ppm + 10) < 0.001)
  }

  @Test func theFileHasOneSizeAndTheNewestStays() throws {
    let ring = try open()
    for minute in 1...6_000 { try ring.add(measurement(Int64(minute))) }
    for number in 1...700 { try ring.add(event("event \(number)")) }
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_size == HistoryRing.size)
    #expect(status.st_mode & 0o777 == 0o600)
    let content = try ring.read()
    #expect(content.events.map(\.text) == (445...700).map { "event \($0)" })
    // 6000 minutes are 301 spells of 20: one of each, and all of the last 512.
    let sequences = content.measurements.map(\.sequence)
    #expect(sequences == sequences.sorted() && Set(sequences).count == sequences.count)
    #expect(Array(sequences.suffix(512)) == Array(5_489...6_000 as ClosedRange<Int64>))
    #expect(sequences.dropLast(512).allSatisfy { $0 == 1 || $0 % 20 == 0 })
    #expect(sequences.first == 1 && sequences.count == 512 + 275)
  }

  @Test func fourWeeksAreKeptHoweverOftenIsMeasured() throws {
    let ring = try open()
    // Every five minutes for five weeks.
    for index in 0..<(35 * 288) { try ring.add(measurement(Int64(index * 5))) }
    let times = try ring.read().measurements.map { $0.microseconds / 60_000_000 }
    #expect(try #require(times.last) - times[0] >= 28 * 1_440)
  }

  @Test func sequencesGoOnWhereTheyWere() throws {
    for index in 1...40 {
      let ring = try open()
      if index % 3 == 0 {
        try ring.add(event("\(index)"))
      } else {
        try ring.add(measurement(Int64(index)))
      }
    }
    let content = try open().read()
    let all = (content.measurements.map(\.sequence) + content.events.map(\.sequence)).sorted()
    #expect(all == Array(1...40 as ClosedRange<Int64>))
  }

  @Test func aClockThatGoesBackLosesNothing() throws {
    let ring = try open()
    for minute: Int64 in [1_000, 2_000, 500, 510, 520, 2_100] { try ring.add(measurement(minute)) }
    #expect(
      try ring.read().measurements.map(\.microseconds).map { $0 / 60_000_000 }
        == [1_000, 2_000, 500, 510, 520, 2_100])
  }

  private func damage(_ change: (inout [UInt8]) -> Void) throws {
    var bytes = try FileContents.read(path)
    change(&bytes)
    let file = try #require(fopen(path, "w"))
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    chmod(path, 0o600)
  }

  @Test func aDamagedEntryIsLeftOutAndCounted() throws {
    do {
      let ring = try open()
      for minute in 1...10 { try ring.add(measurement(Int64(minute * 30))) }
    }
    // The third one, in both of its places.
    try damage {
      $0[72 + 2 * 72 + 20] ^= 1
      $0[72 + 512 * 72 + 2 * 72 + 70] ^= 0x80
    }
    let ring = try open()
    #expect(ring.damaged == 2 && ring.setAside == nil)
    let content = try ring.read()
    #expect(content.damaged == 2)
    #expect(content.measurements.map(\.sequence) == [1, 2, 4, 5, 6, 7, 8, 9, 10])
    try ring.add(measurement(999))
    #expect(try ring.read().measurements.last?.sequence == 11)
  }

  @Test func aForeignFileIsSetAside() throws {
    for text in ["", "not a history", String(repeating: "x", count: 300_000)] {
      scratch.write(text, to: path)
      chmod(path, 0o600)
      let ring = try open()
      #expect(ring.setAside == (text.isEmpty ? nil : path + ".damaged"))
      try ring.add(measurement(1))
      #expect(try ring.read().measurements.count == 1)
    }
    // The history of another exchange is foreign too.
    #expect(try HistoryRing(path, id: "binance").setAside != nil)
  }

  @Test func noDamageIsEverFatal() throws {
    var random = SystemRandomNumberGenerator()
    do {
      let ring = try open()
      for minute in 1...600 { try ring.add(measurement(Int64(minute * 30))) }
      for number in 1...30 { try ring.add(event("event \(number)")) }
    }
    for _ in 0..<60 {
      try damage { bytes in
        for _ in 0..<Int.random(in: 1...40, using: &random) {
          bytes[Int.random(in: 72..<bytes.count, using: &random)] = .random(in: 0...255)
        }
        if Int.random(in: 0..<10, using: &random) == 0 {
          bytes.removeLast(Int.random(in: 0..<bytes.count - 72, using: &random))
        }
      }
      let ring = try open()
      let content = try ring.read()
      #expect(content.measurements.allSatisfy { $0.errorNanoseconds == 500 })
      try ring.add(measurement(30_000))
      #expect(try ring.read().measurements.last?.microseconds == 30_000 * 60_000_000)
    }
  }

  @Test func whatNoClockShowsIsNoEntryEvenWithItsChecksum() throws {
    let isEntry = { (change: (inout HistoryResult.Measurement) -> Void) in
      var entry = measurement(60)
      entry.sequence = 1
      change(&entry)
      return HistorySlot.measurement(HistorySlot.bytes(of: entry)[...]) != nil
    }
    #expect(isEntry { _ in })
    #expect(!isEntry { $0.sequence = .max })
    #expect(!isEntry { $0.microseconds = .max })
    #expect(!isEntry { $0.lowerNanoseconds = .min })
    #expect(!isEntry { $0.upperNanoseconds = .max })
    var extreme = event("x")
    (extreme.sequence, extreme.sizeNanoseconds) = (1, .min)
    #expect(HistorySlot.event(HistorySlot.bytes(of: extreme)[...]) == nil)
    (extreme.microseconds, extreme.sizeNanoseconds) = (.min, 0)
    #expect(HistorySlot.event(HistorySlot.bytes(of: extreme)[...]) == nil)
  }

  /// Nobody could read the answer: JSON has no such text in it.
  @Test func aTextIsOfCharactersThatCanBeSeen() {
    var entry = event("HTTP\u{0}403\nstay\u{7F}away\u{9B}2J")
    entry.sequence = 1
    let bytes = HistorySlot.bytes(of: entry)
    #expect(HistorySlot.event(bytes[...])?.text == "HTTP 403 stay away 2J")
    for control in [UInt8(0), 0x0A, 0x1B, 0x7F] {
      var writer = ByteWriter()
      writer.add(Array(bytes[..<28]) + [control] + Array(bytes[29..<120]))
      #expect(HistorySlot.event(writer.sealed(size: HistorySlot.eventSize)[...]) == nil)
    }
  }

  /// Sparse, it would want room later, where there may be none.
  @Test func allOfTheFileIsThereFromTheStart() throws {
    _ = try open()
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_blocks * 512 >= status.st_size)
  }

  @Test func anotherDaemonDoesNotWriteTheSameFile() throws {
    let ring = try open()
    #expect(throws: GuardedFile.Failure.self) { try open() }
    withExtendedLifetime(ring) {}
  }

  @Test func aSymbolicLinkIsNotFollowed() throws {
    symlink("/etc/passwd", path)
    #expect(throws: GuardedFile.Failure.isSymbolicLink) { try open() }
  }

  /// What docs/history.md promises to whoever reads the file without this program.
  @Test func theBytesAreThoseOfTheDocument() {
    var entry = measurement(1)
    entry.sequence = 0x0102
    let bytes = HistorySlot.bytes(of: entry)
    #expect(bytes.count == 72 && bytes[0..<8].elementsEqual([2, 1, 0, 0, 0, 0, 0, 0]))
    #expect(bytes[16..<24].elementsEqual([0xE8, 3, 0, 0, 0, 0, 0, 0]), "offset 1000 ns")
    #expect(bytes[40..<44].elementsEqual([0x1E, 0xFB, 0xFF, 0xFF]), "drift -1250 x 0.001 ppm")
    #expect(bytes[48..<52].elementsEqual([0xE8, 0x80, 0, 0]), "round trip 33000 us")
    #expect(bytes[56..<60].elementsEqual([7, 0, 1, 0]), "samples, rejected")
    let text = HistorySlot.bytes(of: event("ab"))
    #expect(text.count == 128 && text[24..<29].elementsEqual([9, 2, 0x61, 0x62, 0]))
  }

  @Test func aLongTextIsCutBetweenCharacters() throws {
    let ring = try open()
    try ring.add(event(String(repeating: "é", count: 100)))
    #expect(try ring.read().events.map(\.text) == [String(repeating: "é", count: 47)])
  }
}
