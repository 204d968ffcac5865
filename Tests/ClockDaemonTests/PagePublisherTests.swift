import ClockCore
import ClockProtocol
import Glibc
import LinuxSystem
import Testing

@testable import ClockDaemon

/// What is on the page is what the board knows.
@Suite struct PagePublisherTests {
  private let directory = Scratch()
  private let board: TestBoard
  private let clocks = HostClocks.read()

  init() throws {
    board = try TestBoard()
  }

  private var place: PageFile.Place {
    PageFile.Place(path: directory.path, mode: 0o640, group: nil, boot: Array(1...16))
  }

  private var content: StatusBoard.Content { board.board.read() }

  private func publisher() throws -> PagePublisher {
    try PagePublisher(at: place, showing: content, clocks: clocks)
  }

  /// The slots by id, and the header.
  private func page() throws -> (slots: [String: PageSlot], header: PageHeader) {
    let view = try SharedView(directory.path, most: 1 << 20)
    let header = try PageHeader(view.read(64), fileBytes: view.bytes)
    var slots: [String: PageSlot] = [:]
    for index in 0..<header.slots {
      var words = PageWords()
      #expect(view.read(&words.words, at: PageLayout.offset(ofSlot: index)))
      let slot = PageSlot(words)
      slots[slot.id.text] = slot
    }
    return (slots, header)
  }

  @Test func allExchangesAreThereAtOnce() throws {
    let publisher = try publisher()
    let slots = try page().slots
    #expect(slots.keys.sorted() == ["binance", "bybit", "kraken", "okx"])
    #expect(slots["binance"]?.state == .synchronized)
    #expect(slots["bybit"]?.state == .holdover)
    #expect(slots["okx"]?.state == .unknown)
    #expect(slots["okx"]?.rule == .window)
    #expect(slots["kraken"]?.rule == .nonce && slots["kraken"]?.isAdjustable == false)
    let binance = try #require(slots["binance"])
    #expect(binance.rule == .window && binance.isAdjustable && binance.isDocumented)
    #expect(binance.windowNanoseconds == 5_000_000_000)
    #expect(binance.longestWindowNanoseconds == 60_000_000_000)
    #expect(binance.toleranceNanoseconds == 1_000_000_000)
    #expect(TimestampFormat(pageCode: binance.formatCode) == .unixMilliseconds)
    #expect(binance.resolutionNanoseconds == 1_000_000)
    withExtendedLifetime(publisher) {}
  }

  /// At any time, before the anchor too, the page's interval holds that of the status, and is wider
  /// by next to nothing; its state is the same.
  @Test func thePageSaysWhatTheStatusSays() throws {
    let publisher = try publisher()
    var random = SplitMix64(seed: 11)
    let entry = try #require(content.entries.first { $0.id == "binance" })
    var states: Set<PageSlot.State> = []
    for trial in 0..<20_000 {
      var status = entry.status
      let asOf = clocks.raw - .seconds(Int64.random(in: 0...90_000, using: &random))
      let lower = AnchoredOffset(
        nanoseconds: .random(in: 0...2_000_000_000_000_000_000, using: &random))
      let ppm = Double.random(in: -100...100, using: &random)
      status.clock = IntervalClock(
        asOf: asOf,
        interval: try #require(
          OffsetInterval(
            lower: lower,
            upper: lower + .nanoseconds(Int64.random(in: 0...200_000_000, using: &random)))),
        rates: RateInterval(
          lowerPPM: ppm, upperPPM: ppm + Double.random(in: 0...100, using: &random)))
      status.lastSync = asOf
      status.nextSync = asOf + .seconds(Int64.random(in: 0...4_000, using: &random))
      status.failure = trial % 5 == 0 ? ProbeFailure(reason: "none") : nil
      var changed = entry
      changed.status = status
      let check = PageCheck(clocks)
      let slot = try #require(changed.slot(at: clocks.raw, check: check))
      let now = clocks.raw + .milliseconds(Int64.random(in: -1_000...400_000, using: &random))
      let reading = try? PageSlot(slot.words).reading(
        rawNanoseconds: now.nanoseconds,
        coarseNanoseconds: now.nanoseconds + slot.realMinusRawNanoseconds)
      let known = status.state(at: now)
      guard known.isUsable, now <= clocks.raw + PageCheck.lease else {
        #expect(reading == nil, "\(known)")
        continue
      }
      // What was void when it was written stays so, whatever an earlier reader's clock says.
      guard let reading else {
        #expect(!status.state(at: clocks.raw).isUsable, "trial \(trial): \(slot)")
        continue
      }
      let interval = try #require(status.interval(at: now))
      let (earliest, latest) = (now + interval.lower, now + interval.upper)
      let (below, above) = (
        earliest.nanoseconds - reading.earliestNanoseconds,
        reading.latestNanoseconds - latest.nanoseconds
      )
      #expect(
        (0...1).contains(below) && (0...1).contains(above), "trial \(trial): \(below), \(above)")
      // To the nanosecond the two limits of the error are not the same.
      if abs(now - (status.holdoverAfter ?? now)) > .microseconds(1), now >= clocks.raw {
        #expect(reading.state == PageSlot.State(known), "trial \(trial)")
        states.insert(reading.state)
      }
    }
    #expect(states == [.synchronized, .holdover])
    withExtendedLifetime(publisher) {}
  }

  @Test func oneExchangeIsShownAlone() throws {
    let publisher = try publisher()
    var entry = try #require(content.entries.first { $0.id == "okx" })
    entry.status = try TestBoard.status(at: clocks)
    publisher.write(entry)
    #expect(try page().slots["okx"]?.state == .synchronized)
  }

  /// Without further looks the page is void before a suspend could hide in what slewing explains.
  @Test func thePageIsGoodForAWhileAfterTheLastLook() throws {
    let publisher = try publisher()
    var slot = try #require(try page().slots["binance"])
    let end = clocks.raw + PageCheck.lease
    #expect(slot.voidAfterNanoseconds == end.nanoseconds)
    var later = HostClocks.read()
    later.raw = later.raw + .seconds(1)
    publisher.confirmed(content, at: later)
    slot = try #require(try page().slots["binance"])
    #expect(slot.voidAfterNanoseconds == (later.raw + PageCheck.lease).nanoseconds)
    #expect(slot.checkedNanoseconds == later.raw.nanoseconds)
    #expect(slot.realMinusRawNanoseconds == later.local.nanoseconds - later.raw.nanoseconds)
    // A change that is no look moves neither.
    publisher.write(content)
    #expect(try page().slots["binance"] == slot)
  }

  /// Each event of each exchange is a look: not all slots are written each time.
  @Test func manyLooksAreShownNowAndThen() throws {
    let publisher = try publisher()
    func checked() throws -> Int64 { try #require(try page().slots["okx"]).checkedNanoseconds }
    var later = clocks
    func look(after milliseconds: Int64, step: Int64 = 0) {
      later.raw = clocks.raw + .milliseconds(milliseconds)
      later.local = clocks.local + .milliseconds(milliseconds + step)
      publisher.confirmed(content, at: later)
    }
    look(after: 499)
    #expect(try checked() == clocks.raw.nanoseconds)
    look(after: 500)
    #expect(try checked() == later.raw.nanoseconds)
    // But a clock that was set is told of at once.
    look(after: 600, step: 1)
    #expect(try checked() == later.raw.nanoseconds)
    look(after: 700, step: 1)
    #expect(try checked() != later.raw.nanoseconds)
  }

  @Test func aDisruptedExchangeIsShownAsSuch() throws {
    let publisher = try publisher()
    board.board.change { content in
      for index in content.entries.indices { content.entries[index].status.disruption = "moved" }
    }
    publisher.write(content)
    #expect(try page().slots.values.allSatisfy { $0.state == .disrupted })
  }

  @Test func otherExchangesGetAnotherPage() throws {
    let publisher = try publisher()
    let old = try SharedView(directory.path, most: 1 << 20)
    var content = content
    content.entries.removeFirst()
    publisher.write(content)
    #expect(old.number(at: 40) == PageLayout.Status.replaced.rawValue)
    #expect(try page().slots.keys.sorted() == ["bybit", "kraken", "okx"])
    #expect(try page().slots["bybit"]?.state == .holdover)
    #expect(try page().header.starts == 1)
  }

  /// A page that cannot be made is told of, and made as soon as it can be.
  @Test func aPageThatCannotBeMadeIsTriedAgain() throws {
    var place = place
    place.path = directory.root + "/missing/clock.page"
    let lines = TestBoard.Mutexed([String]())
    let publisher = try PagePublisher(at: place, showing: content, clocks: clocks) { _, line in
      lines.change { $0.append(line) }
    }
    #expect(
      lines.change { $0 } == [
        "there is no shared page, clients ask the socket instead: create \(place.path).new: No such"
          + " file or directory"
      ])
    #expect(mkdir(directory.root + "/missing", 0o700) == 0)
    var later = clocks
    later.raw = clocks.raw + .seconds(29)
    publisher.confirmed(content, at: later)
    #expect(access(place.path, F_OK) != 0)
    later.raw = clocks.raw + .seconds(30)
    publisher.confirmed(content, at: later)
    #expect(access(place.path, F_OK) == 0)
    #expect(lines.change { $0.last } == "the shared page \(place.path) is there now")
    unlink(place.path)
    rmdir(directory.root + "/missing")
  }

  /// Whoever has the lost page mapped is sent to the new one.
  @Test func aLostPageIsMadeAnew() throws {
    let publisher = try publisher()
    let old = try SharedView(directory.path, most: 1 << 20)
    publisher.lookAtFile(content)
    #expect(old.number(at: 40) == PageLayout.Status.inUse.rawValue)
    #expect(unlink(directory.path) == 0)
    publisher.lookAtFile(content)
    #expect(old.number(at: 40) == PageLayout.Status.replaced.rawValue)
    #expect(try page().slots["binance"]?.state == .synchronized)
    publisher.confirmed(content, at: clocks)
    #expect(try page().slots["bybit"]?.state == .holdover)
  }

  /// Nobody's file is replaced; once the place is free the page is there again.
  @Test func aLostPageWhosePlaceIsTakenIsTriedAgain() throws {
    let lines = TestBoard.Mutexed([String]())
    let publisher = try PagePublisher(at: place, showing: content, clocks: clocks) { _, line in
      lines.change { $0.append(line) }
    }
    #expect(unlink(directory.path) == 0 && mkdir(directory.path, 0o700) == 0)
    publisher.lookAtFile(content)
    #expect(
      lines.change { $0 } == [
        "the shared page is gone, clients ask the socket instead: \(place.path) cannot be the shared"
          + " page: it exists and is no clock page; remove it, or choose another --page"
      ])
    #expect(rmdir(directory.path) == 0)
    var later = clocks
    later.raw = HostClocks.monotonic() + .seconds(31)
    publisher.confirmed(content, at: later)
    #expect(lines.change { $0.last } == "the shared page \(place.path) is there now")
  }
}
