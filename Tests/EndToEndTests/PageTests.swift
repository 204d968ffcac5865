import ClockCore
import ClockProtocol
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

/// The shared page of the real daemon.
@Suite struct PageTests {
  private let directory = TemporaryDirectory()

  private var path: String { directory.path("clock.page") }

  private func view() throws -> SharedView {
    try SharedView(path, most: 1 << 20)
  }

  private func starts(_ view: SharedView) throws -> UInt64 {
    try PageHeader(view.read(64), fileBytes: view.bytes).starts
  }

  /// What the first slot says now.
  private func reading(_ view: SharedView) throws -> PageSlot.Reading {
    let clocks = HostClocks.coarse()
    var words = PageWords()
    try #require(view.read(&words.words, at: PageLayout.offset(ofSlot: 0)))
    return try PageSlot(words).reading(
      rawNanoseconds: clocks.raw, coarseNanoseconds: clocks.realtime)
  }

  @Test func thePageSaysWhatTheSocketSays() throws {
    let simulator = try ExchangeSimulator([.init("binance"), .init("kraken")])
    let daemon = try DaemonProcess(following: simulator, in: directory)
    try daemon.waitUntilReady()
    let view = try view()
    let header = try PageHeader(view.read(64), fileBytes: view.bytes)
    #expect(header.slots == 2 && header.status == .inUse)
    let boot = String(
      decoding: try FileContents.read("/proc/sys/kernel/random/boot_id"), as: UTF8.self)
    #expect(header.bootID == PageHeader.bootID(boot.prefix { $0 != "\n" }))
    var status = stat()
    #expect(lstat(path, &status) == 0 && status.st_mode & 0o7777 == 0o640)
    for _ in 0..<20 {
      let before = try reading(view)
      let answer = try #require(NowResult(json: try daemon.call(.now, ["exchange": "binance"])))
      let after = try reading(view)
      #expect(before.state == .synchronized && answer.state == "synchronized")
      #expect(before.earliestNanoseconds / 1_000 <= answer.earliestMicroseconds)
      #expect(answer.latestMicroseconds <= after.latestNanoseconds / 1_000 + 1)
      #expect(answer.earliestMicroseconds <= after.earliestNanoseconds / 1_000)
    }
  }

  /// The map of a reader survives any end of the daemon; what the page says does as well, until it
  /// is void.
  @Test(arguments: [SIGKILL, SIGTERM])
  func aMapSurvivesARestart(_ signal: CInt) throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    var daemon = try DaemonProcess(following: simulator, in: directory)
    try daemon.waitUntilReady()
    let view = try view()
    daemon.process.signal(signal)
    try daemon.eventually("the daemon has ended") { daemon.process.hasEnded }
    #expect(try reading(view).state == .synchronized)

    daemon = try DaemonProcess(following: simulator, in: directory)
    try daemon.waitUntilReady()
    #expect(UnixSocket.identity(of: path) == view.identity)
    #expect(try starts(view) == 2)
    #expect(try reading(view).state == .synchronized)
  }

  @Test func otherExchangesGetAnotherPage() throws {
    var simulator = try ExchangeSimulator([.init("binance")])
    var daemon = try DaemonProcess(following: simulator, in: directory)
    try daemon.waitUntilReady()
    let old = try view()
    daemon.process.signal(SIGTERM)
    try daemon.eventually("the daemon has ended") { daemon.process.hasEnded }
    simulator = try ExchangeSimulator([.init("binance"), .init("okx")])
    daemon = try DaemonProcess(following: simulator, in: directory)
    try daemon.waitUntilReady()
    #expect(UnixSocket.identity(of: path) != old.identity)
    #expect(old.number(at: PageLayout.HeaderField.status.rawValue) == 2)
    #expect(throws: PageRefusal.notSynchronized(.unknown)) { try reading(old) }
    #expect(try reading(try view()).state == .synchronized)
  }

  @Test func aForeignFileIsLeftAloneAndThereIsNoPage() throws {
    directory.write("precious", "of somebody")
    #expect(symlink(directory.path("precious"), path) == 0)
    let daemon = try DaemonProcess("[exchanges.binance]", in: directory)
    #expect(try daemon.call(.health)["uptime_ms"] != nil)
    #expect(
      daemon.log.contains(
        "there is no shared page, clients ask the socket instead: \(path) cannot be the shared page: it is a symbolic link, which is not"
          + " followed; remove it, or choose another --page"), "\(daemon.log)")
    #expect(directory.read("precious") == "of somebody")
  }

  @Test func aDirectoryIsNoPage() throws {
    #expect(mkdir(path, 0o700) == 0)
    defer { rmdir(path) }
    let daemon = try DaemonProcess("[exchanges.binance]", in: directory)
    #expect(try daemon.call(.health)["uptime_ms"] != nil)
    #expect(daemon.log.contains("there is no shared page, clients ask the socket instead"))
  }

  @Test func aSecondDaemonKeepsOffThePageOfTheFirst() throws {
    let daemon = try DaemonProcess("[exchanges.binance]", in: directory)
    try daemon.eventually("there is a page") { access(path, F_OK) == 0 }
    let second = try DaemonProcess("[exchanges.binance]", arguments: ["--page", path])
    #expect(try second.call(.health)["uptime_ms"] != nil)
    #expect(
      second.log.contains(
        "there is no shared page, clients ask the socket instead: the page \(path) is in use by a"
          + " running daemon"))
    #expect(try starts(try view()) == 1)
  }

  /// A page that does not fit is a warning, never a SIGBUS later.
  @Test func onAFullDiskThereIsNoPage() throws {
    let simulator = try ExchangeSimulator([.init("binance")])
    let mount = directory.path("disk")
    #expect(mkdir(mount, 0o700) == 0)
    defer { rmdir(mount) }
    let full =
      "mount -t tmpfs -o size=4k none \(mount) && head -c 4096 /dev/zero > \(mount)/full"
    let namespace = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c"]
    guard try run(namespace[0], namespace.dropFirst() + [full]).code == 0 else {
      print("SKIPPED: a full disk: no file system can be mounted here")
      return
    }
    let daemon = try DaemonProcess(
      following: simulator, in: directory, arguments: ["--page", "\(mount)/clock.page"],
      wrapper: namespace + [full + " && exec \"$@\"", "sh"])
    try daemon.waitUntilReady()
    #expect(
      daemon.log.contains(
        "there is no shared page, clients ask the socket instead: allocate \(mount)/clock.page:"
          + " No space left on device"), "\(daemon.log)")
    #expect(try daemon.offset("binance").state == "synchronized")
  }
}
