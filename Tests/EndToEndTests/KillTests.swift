import ClockCore
import ClockProtocol
import ExchangeSimulator
import Glibc
import LinuxSystem
import Testing

@testable import ClockDaemon

/// The real daemon, killed at random moments: from its first instruction to the middle of a write.
@Suite struct KillTests {
  static let chains = 4
  static let killsPerChain = 50

  /// After each kill the file is whole, and holds the burst before the last one that was seen
  /// published: the last one may not have been written yet. Half of the chains write to memory, so
  /// that a busy disk does not decide; on a disk more kills hit a write, and nothing may be lost
  /// that was there before.
  @Test(arguments: 0..<chains)
  func aKillLosesTheLastBurstAtMost(_ chain: Int) throws {
    var random = SplitMix64(seed: UInt64(chain))
    let simulator = try ExchangeSimulator([.init("binance")])
    let directory = TemporaryDirectory()
    let isInMemory = chain % 2 == 0 && access("/dev/shm", W_OK) == 0
    let place = try StatePlace(in: isInMemory ? "/dev/shm" : "/tmp")
    var inFile: MonotonicInstant?
    var (seen, restored, torn) = (0, 0, 0)
    for round in 0..<Self.killsPerChain {
      let daemon = try DaemonProcess(
        following: simulator, in: directory, settings: "interval = \"1s\"\nsamples = 2\n",
        arguments: ["--state", place.path])
      let published =
        round % 5 == 1
        ? awaitWriting(place)
        : try watch(daemon, patience: round % 5, bursts: round % 2 + 1, random: &random)
      daemon.process.signal(SIGKILL)
      try daemon.eventually("the daemon has ended") { daemon.process.hasEnded }
      // A machine that is slow makes the error of a burst too large.
      let warnings = daemon.log.split(separator: "\n").filter {
        $0.hasPrefix("<4>") && !$0.hasSuffix(": error above max_error")
      }
      #expect(warnings.isEmpty, "round \(round): \(daemon.log)")
      #expect(
        daemon.log.isEmpty || daemon.log.contains("restored from \(place.path)") == (inFile != nil),
        "round \(round): \(daemon.log)")
      if daemon.log.contains("restored from") { restored += 1 }
      if access(place.path + ".new", F_OK) == 0 { torn += 1 }
      seen += published.count

      let after = try place.read()?.entries.first?.memory?.estimate?.lastSync
      let atLeast = (isInMemory ? published.dropLast().last : nil) ?? inFile
      if let atLeast {
        let found = try #require(after, "round \(round): what was written is gone")
        #expect(
          found >= atLeast - .milliseconds(1),
          "round \(round): \((atLeast - found).shortText) too old")
      }
      inFile = after
    }
    let known = ["history", "state.json", "state.json.lock", "state.json.new"]
    #expect(place.names.allSatisfy { known.contains($0) })
    print(
      "chain \(chain): \(Self.killsPerChain) kills, \(seen) bursts seen, \(restored) starts from"
        + " the state file, \(torn) times a half-written file beside it")
    #expect(seen >= Self.killsPerChain / 5 && restored > 0)
  }

  /// Watches for the beginning of a write, for a second; which burst is written is not looked at.
  private func awaitWriting(_ place: StatePlace) -> [MonotonicInstant] {
    let deadline = HostClocks.monotonic() + .seconds(1)
    let before = place.looks
    while place.looks == before, HostClocks.monotonic() < deadline {}
    return []
  }

  /// Watches a daemon until it is to be killed, and says when the last sample of each burst came in
  /// that it has published, oldest first.
  ///
  /// - Parameter patience: how far it is let to come before its random time begins: 0 to the first
  ///   burst or the second one, and beyond the next; 2 and 3 to its first answer; 4 not at all.
  private func watch(
    _ daemon: DaemonProcess, patience: Int, bursts: Int, random: inout SplitMix64
  ) throws -> [MonotonicInstant] {
    var published: [MonotonicInstant] = []
    func look() throws -> Bool {
      guard (try? UnixSocket.connect(to: daemon.socketPath)) != nil else { return false }
      let offset = try daemon.offset("binance")
      // Not what was restored, and not the first impression of a burst under way.
      guard offset.state == "synchronized", offset.nextSyncMilliseconds > 0,
        let known = offset.measurement
      else { return true }
      let clocks = HostClocks.read()
      let age = clocks.local - LocalInstant(nanoseconds: known.lastSyncMicroseconds * 1_000)
      let burst = clocks.raw - age
      if published.last.map({ burst > $0 + .milliseconds(5) }) ?? true { published.append(burst) }
      return true
    }
    switch patience {
    case 0:
      try daemon.eventually("bursts are published") { try look() && published.count >= bursts }
    case 2, 3: try daemon.eventually("the daemon answers") { try look() }
    default: break
    }
    let longest = Duration.milliseconds(patience == 0 ? 1_400 : 120)
    let death = HostClocks.monotonic() + random.duration(in: .zero...longest)
    while HostClocks.monotonic() < death {
      if patience < 4 { _ = try look() }
      Thread.pause(for: .milliseconds(1))
    }
    return published
  }

  /// A directory for one state file, removed with the object.
  private final class StatePlace: Sendable {
    let root: String
    var path: String { root + "/state.json" }

    init(in parent: String) throws {
      var template = Array((parent + "/exchange-clock-test-XXXXXX").utf8CString)
      let made = try #require(mkdtemp(&template))
      root = String(cString: made)
    }

    deinit {
      TemporaryDirectory.remove(root)
    }

    var names: [String] {
      guard let listing = opendir(root) else { return [] }
      defer { closedir(listing) }
      var names: [String] = []
      while let entry = readdir(listing) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { names.append(name) }
      }
      return names
    }

    /// What a change of any file in it changes.
    var looks: [Int] {
      [root, path].flatMap { path -> [Int] in
        var status = stat()
        guard lstat(path, &status) == 0 else { return [] }
        return [
          Int(status.st_ino), status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
        ]
      }
    }

    /// Nil while there is no file; throws where it is not whole.
    func read() throws -> SavedState? {
      guard access(path, F_OK) == 0 else { return nil }
      return try StateDocument.parse(GuardedFile.read(path, limit: StateDocument.longest))
    }
  }
}
