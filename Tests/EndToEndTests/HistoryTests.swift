import ClockCore
import ClockProtocol
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockCommand
@testable import ClockDaemon

/// `history` with the real daemon: what is written down, and what is left after a kill.
@Suite struct HistoryTests {
  private let directory = TemporaryDirectory()

  private func start(_ simulator: ExchangeSimulator) throws -> DaemonProcess {
    try DaemonProcess(
      following: simulator, in: directory, perExchange: "interval = \"1s\"",
      arguments: ["--state", directory.path("state.json")])
  }

  private func history(_ daemon: DaemonProcess) throws -> HistoryResult {
    try #require(HistoryResult(json: try daemon.call(.history, ["exchange": "okx"])))
  }

  @Test func itSurvivesAKillAndDamage() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    var daemon = try start(simulator)
    try daemon.eventually("three resyncs are written down") {
      try history(daemon).measurements.count >= 3
    }
    let before = try history(daemon)
    #expect(before.events.first?.kind == .started)
    #expect(before.events.contains { $0.text == "unknown -> synchronized" })
    for entry in before.measurements {
      #expect((entry.lowerNanoseconds...entry.upperNanoseconds).contains(0), "it has no offset")
      #expect(entry.rejected + entry.samples > 0 && entry.shortestRoundTripNanoseconds > 0)
    }
    daemon.process.signal(SIGKILL)
    _ = daemon.process.exitCode()
    daemon = try start(simulator)
    let after = try history(daemon)
    #expect(after.measurements.starts(with: before.measurements))
    try daemon.eventually("the second start is written down") {
      try history(daemon).events.count { $0.kind == .started } == 2
    }

    daemon.process.signal(SIGKILL)
    _ = daemon.process.exitCode()
    directory.write("history/okx.ring", "no history at all")
    chmod(directory.path("history/okx.ring"), 0o600)
    daemon = try start(simulator)
    try daemon.eventually("it is begun anew") { try history(daemon).measurements.count >= 1 }
    #expect(daemon.log.contains("okx.ring is damaged, and begun anew"))
  }

  @Test func aStateThatChangesIsWrittenDownWithItsReason() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    let daemon = try start(simulator)
    try daemon.waitUntilReady()
    simulator.update("okx") { $0.fault = .forbidden }
    _ = try? daemon.call(.resync, ["exchange": "okx"])
    try daemon.eventually("the refusal is written down") {
      let kinds = try history(daemon).events.map(\.kind)
      return kinds.contains(.stopSignal) && kinds.last == .state
    }
    #expect(try history(daemon).events.last?.text.contains("-> holdover: HTTP 403") == true)
  }

  /// What the picture draws, beside what was given over the socket at the same moments: while it is
  /// measured, and in a holdover.
  @Test func theBandOfThePictureIsWhatWasGiven() throws {
    var conditions = Conditions()
    conditions.driftPPM = 300
    let simulator = try ExchangeSimulator([.init("okx", conditions)])
    let daemon = try DaemonProcess(
      following: simulator, in: directory, perExchange: "interval = \"3s\"\nmax_drift_ppm = 500",
      arguments: ["--state", directory.path("state.json")])
    try daemon.waitUntilReady()
    var given: [(time: Int64, known: OffsetResult.Measurement)] = []
    let ask = {
      let before = HostClocks.read().local.nanoseconds
      let answer = try daemon.offset("okx")
      let after = HostClocks.read().local.nanoseconds
      // What was answered when is not known well enough where the host was busy, and the picture
      // has the end of a burst rather than what was known within.
      guard
        after - before < 50_000_000, answer.nextSyncMilliseconds > 0, let known = answer.measurement
      else { return answer }
      given.append(((before + after) / 2_000, known))
      return answer
    }
    try daemon.eventually("five resyncs are written down") {
      _ = try ask()
      return try history(daemon).measurements.count >= 5
    }
    simulator.update("okx") { $0.fault = .unavailable }
    try daemon.eventually("it is held, and that is written down") {
      _ = try ask()
      // Enough to compare, however slow the host is.
      return try given.count > 60 && history(daemon).events.last?.kind == .held
    }
    let whole = try history(daemon)
    let bounds = PlotBounds(whole, until: HostClocks.read().local.nanoseconds / 1_000)
    #expect(bounds.holdovers.count == 1)
    let run = try #require(bounds.runs.last)
    var compared = 0
    for (time, known) in given {
      // Not where the next resync has begun to show.
      guard
        let (left, right) = zip(run, run.dropFirst()).first(where: {
          known.lastSyncMicroseconds <= $0.time && $0.time < time && time < $1.time
        })
      else { continue }
      let share = Double(time - left.time) / Double(right.time - left.time)
      let drawn = { (end: (PlotBounds.Point) -> Int64) in
        end(left) + Int64(share * Double(end(right) - end(left)))
      }
      // The drift of 300 ppm makes 900 us between two resyncs; 20 us are what rounding and the
      // moment of the answer leave open, and a busy host some more.
      #expect(abs(drawn(\.lower) - known.lowerNanoseconds) < 100_000)
      #expect(abs(drawn(\.upper) - known.upperNanoseconds) < 100_000)
      compared += 1
    }
    #expect(compared > 50, "of \(given.count)")

    // Killed while it is held, and started again while the exchange is still away.
    daemon.process.signal(SIGKILL)
    _ = daemon.process.exitCode()
    let next = try DaemonProcess(
      daemon.directory.read("exchange-clock.toml"), in: directory,
      arguments: ["--state", directory.path("state.json")])
    try next.eventually("the second start is written down") {
      try history(next).events.count { $0.kind == .started } == 2
    }
    let afterwards = PlotBounds(
      try history(next), until: HostClocks.read().local.nanoseconds / 1_000)
    let held = try #require(afterwards.holdovers.first)
    #expect(held.upperBound > held.lowerBound, "the outage is not lost with the daemon")
  }

  @Test func aLongHistoryIsToldToItsEnd() throws {
    mkdir(directory.path("history"), 0o700)
    let now = HostClocks.read().local.nanoseconds / 1_000
    do {
      let ring = try HistoryRing(directory.path("history/okx.ring"), id: "okx")
      for number in 0..<700 {
        try ring.add(
          HistoryResult.Measurement(
            sequence: 0, microseconds: now - Int64(700 - number) * 60_000_000,
            offsetNanoseconds: 0, lowerNanoseconds: -500, upperNanoseconds: 500, driftPPM: 0,
            driftErrorPPM: 1, shortestRoundTripNanoseconds: 1_000,
            lastRoundTripNanoseconds: 1_000, samples: 8, rejected: 0))
      }
    }
    let simulator = try ExchangeSimulator([.init("okx")])
    let daemon = try start(simulator)
    try daemon.waitUntilReady()
    let csv = try run(
      product("exchange-clock"), ["history", "okx", "--csv", "--socket", daemon.socketPath])
    let lines = csv.output.split(separator: "\n")
    #expect(lines.count > 510, "\(csv.output.prefix(300))")
    let page = try history(daemon)
    #expect(page.next != nil, "it takes more than one answer")
  }

  @Test func onAFullDiskNoPartOfAFileIsLeft() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    let mount = directory.path("disk")
    #expect(mkdir(mount, 0o700) == 0)
    defer { rmdir(mount) }
    let small = "mount -t tmpfs -o size=128k none \(mount)"
    let namespace = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c"]
    guard try run(namespace[0], namespace.dropFirst() + [small]).code == 0 else {
      print("SKIPPED: a full disk: no file system can be mounted here")
      return
    }
    let daemon = try DaemonProcess(
      following: simulator, in: directory, arguments: ["--state", "\(mount)/state.json"],
      wrapper: namespace + [small + " && exec \"$@\"", "sh"])
    try daemon.waitUntilReady()
    try daemon.eventually("it is told") { daemon.log.contains("No space left on device") }
    let seen = "/proc/\(daemon.process.id)/root\(mount)"
    #expect(access("\(seen)/state.json.lock", F_OK) == 0)
    #expect(access("\(seen)/history/okx.ring", F_OK) != 0, "\(daemon.log)")
  }

  @Test func theCommandShowsAndDrawsIt() throws {
    let simulator = try ExchangeSimulator([.init("okx")])
    let daemon = try start(simulator)
    try daemon.eventually("two resyncs are written down") {
      try history(daemon).measurements.count >= 2
    }
    let tool = { (arguments: [String]) in
      try run(
        product("exchange-clock"),
        ["history", "okx", "--socket", daemon.socketPath] + arguments)
    }
    let table = try tool([])
    #expect(table.code == 0 && table.output.hasPrefix("TIME (UTC)"))
    #expect(table.output.contains("started: exchange-clockd"))
    #expect(try tool(["--csv"]).output.hasPrefix("time,time_us,offset_ns,"))
    #expect(HistoryResult(json: try JSONValue(parsing: try tool(["--json"]).output)) != nil)
    let picture = directory.path("okx.svg")
    #expect(try tool(["--plot", picture]).code == 0)
    #expect(directory.read("okx.svg").contains("class=\"resync\""))
    #expect(try tool(["--since", "0"]).output.split(separator: "\n").count == 1)
    let refused = try tool(["--since", "soon"])
    #expect(refused.code == 64 && refused.output.contains("is not a duration"))
  }
}
