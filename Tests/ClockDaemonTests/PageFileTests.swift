import ClockProtocol
import Glibc
import LinuxSystem
import Testing

@testable import ClockDaemon

/// Whatever stands where the shared page should be.
@Suite struct PageFileTests {
  private let directory = Scratch()
  private let boot: [UInt8] = Array(1...16)

  private var place: PageFile.Place {
    PageFile.Place(path: directory.path, mode: 0o640, group: nil, boot: boot)
  }

  private func ids(_ names: String...) throws -> [PageID] {
    try names.map { try #require(PageID($0)) }
  }

  private func view() throws -> SharedView {
    try SharedView(directory.path, most: 1 << 20)
  }

  private func header(_ view: SharedView) throws -> PageHeader {
    try PageHeader(view.read(64), fileBytes: view.bytes)
  }

  private func slot(_ view: SharedView, _ index: Int) -> PageSlot? {
    var words = PageWords()
    let offset = PageLayout.offset(ofSlot: index)
    return view.read(&words.words, at: offset) ? PageSlot(words) : nil
  }

  private func synchronized(_ id: PageID) -> PageSlot {
    var slot = PageSlot(id: id)
    slot.state = .synchronized
    slot.lowerNanoseconds = 5
    return slot
  }

  private func failure(_ place: PageFile.Place? = nil) throws -> PageFile.Failure? {
    do throws(PageFile.Failure) {
      _ = try PageFile(at: place ?? self.place, ids: [])
      return nil
    } catch {
      return error
    }
  }

  @Test func aNewPageHasEmptySlots() throws {
    let ids = try ids("binance", "okx")
    let page = try PageFile(at: place, ids: ids)
    let view = try view()
    let header = try header(view)
    #expect(header.slots == 2 && header.bootID == boot && header.starts == 1)
    #expect(header.status == .inUse)
    #expect(view.bytes == 64 + 2 * 192)
    #expect((0..<2).map { slot(view, $0) } == ids.map { PageSlot(id: $0) })
    #expect(directory.names == ["state.json"] && directory.mode == 0o640)
    withExtendedLifetime(page) {}
  }

  /// Also in the middle of a write that a kill has ended: readers' maps stay valid, and are whole
  /// again with the next write.
  @Test func aPageOfThisBootIsGoneOnWith() throws {
    let ids = try ids("binance", "okx")
    var page: PageFile? = try PageFile(at: place, ids: ids)
    let view = try view()
    page?.write(synchronized(ids[1]), index: 1)
    page = nil
    let offset = PageLayout.offset(ofSlot: 1)
    overwrite(offset, [7, 0, 0, 0, 0, 0, 0, 0])
    #expect(slot(view, 1) == nil, "the write never ended")

    page = try PageFile(at: place, ids: ids)
    page?.write(synchronized(ids[1]), index: 1)
    #expect(slot(view, 1) == synchronized(ids[1]))
    #expect(view.read(offset + 8)[offset] == 8)
    #expect(try header(view).starts == 2)
    #expect(view.identity == UnixSocket.identity(of: directory.path))
    page = nil
  }

  @Test(arguments: ["other exchanges", "other boot", "other version", "replaced", "too short"])
  func anotherPageTakesItsPlace(_ reason: String) throws {
    var page: PageFile? = try PageFile(at: place, ids: try ids("binance", "okx"))
    let old = try view()
    page?.write(synchronized(try ids("okx")[0]), index: 1)
    page = nil
    var place = place
    switch reason {
    case "other boot": place.boot = Array(2...17)
    case "other version": overwrite(8, [2])
    case "replaced": overwrite(40, [2])
    case "too short": overwrite(20, [200])
    default: break
    }
    let ids = reason == "other exchanges" ? try ids("binance", "bybit") : try ids("binance", "okx")
    page = try PageFile(at: place, ids: ids)
    let new = try view()
    #expect(new.identity != old.identity)
    #expect(try header(new).starts == 1)
    #expect(try header(new).status == .inUse)
    #expect(old.number(at: 40) == PageLayout.Status.replaced.rawValue)
    // Of another version nothing else is known, and of a damaged one nothing.
    if !["other version", "too short"].contains(reason) {
      #expect((0..<2).map { slot(old, $0)?.state } == [.unknown, .unknown])
    }
    page = nil
  }

  @Test func aRunningDaemonsPageIsLeftAlone() throws {
    let page = try PageFile(at: place, ids: [])
    let failure = try #require(try failure())
    #expect(failure == .inUse(path: directory.path) && !failure.isFinal)
    #expect(
      failure.description
        == "the page \(directory.path) is in use by a running daemon: stop that one, or choose"
        + " another --page")
    withExtendedLifetime(page) {}
  }

  @Test(arguments: ["link", "directory", "fifo", "text", "empty"])
  func somethingElseIsLeftAlone(_ what: String) throws {
    let path = directory.path
    let other = directory.root + "/other"
    var reason = "it exists and is no clock page"
    switch what {
    case "link":
      directory.write("precious", to: other)
      #expect(symlink(other, path) == 0)
      reason = "it is a symbolic link, which is not followed"
    case "directory": #expect(mkdir(path, 0o700) == 0)
    case "fifo": #expect(mkfifo(path, 0o600) == 0)
    case "text": directory.write("precious, and longer than a header " + path, to: path)
    default: directory.write("", to: path)
    }
    let before = UnixSocket.identity(of: path)
    let failure = try #require(try failure())
    #expect(failure == .notOurs(path: path, reason: reason))
    #expect(!failure.isFinal)
    #expect(
      failure.description
        == "\(path) cannot be the shared page: \(reason); remove it, or choose another --page")
    #expect(UnixSocket.identity(of: path) == before)
    if what == "link" { #expect(try FileContents.read(other) == Array("precious".utf8)) }
  }

  /// A disk that filled up, or a kill, may have left the beginning of one.
  @Test(arguments: [8, 20, 43, 44, 63, 64]) func theBeginningOfAPageIsReplaced(
    _ length: Int
  ) throws {
    let bytes = Array("XCLOCKPG".utf8) + Array(repeating: 0, count: length - 8)
    directory.write(String(decoding: bytes, as: UTF8.self), to: directory.path)
    let page = try PageFile(at: place, ids: try ids("okx"))
    #expect(try header(try view()).status == .inUse)
    withExtendedLifetime(page) {}
  }

  @Test func aPageOfAnotherUserIsLeftAlone() throws {
    _ = try PageFile(at: place, ids: [])
    guard chown(directory.path, 65_534, gid_t.max) == 0 else {
      print("SKIPPED: a page of another user: only root can make one")
      return
    }
    #expect(
      try failure()
        == .notOurs(
          path: directory.path, reason: "it belongs to user 65534, not to this process's"))
  }

  @Test func whatAKillLeftBehindIsReplaced() throws {
    directory.write("half a pa", to: directory.path + ".new")
    #expect(try failure() == nil)
    #expect(directory.names == ["state.json"])
  }

  @Test func whoMayReadIsAsTheSettingsSayNow() throws {
    #expect(try failure() == nil)
    var place = place
    place.mode = 0o600
    #expect(try failure(place) == nil)
    #expect(directory.mode == 0o600)
    place.group = "no-such-group"
    let failure = try #require(try failure(place))
    #expect(failure == .unknownGroup("no-such-group") && failure.isFinal)
  }

  @Test func withoutABootIDThereIsNoPage() throws {
    var place = place
    place.boot = nil
    let failure = try #require(try failure(place))
    #expect(failure == .noBootID && !failure.isFinal)
    #expect(directory.names.isEmpty)
  }

  private func overwrite(_ offset: Int, _ bytes: [UInt8]) {
    let file = open(directory.path, O_WRONLY)
    #expect(pwrite(file, bytes, bytes.count, off_t(offset)) == bytes.count)
    close(file)
  }
}
