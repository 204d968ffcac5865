import ClockCore
import ClockProtocol
import ExchangeClock
import ExchangeSimulator
import Glibc
import JSONDocument
import LinuxSystem
import Synchronization
import Testing

/// Nonces of the real daemon, whatever becomes of it.
@Suite struct NonceTests {
  private let directory = TemporaryDirectory()

  /// One answered request.
  private struct Nonce: Sendable {
    var sent: MonotonicInstant
    var received: MonotonicInstant
    var value: Int64
    var round: Int
  }

  /// What all bots together have seen.
  private final class Witness: Sendable {
    private let state = Mutex((nonces: [String: [Nonce]](), refusals: [RPCError.Code: Int]()))

    func saw(_ nonce: Nonce, of id: String) {
      state.withLock { $0.nonces[id, default: []].append(nonce) }
    }

    func saw(_ refusal: RPCError) {
      state.withLock { $0.refusals[refusal.code, default: 0] += 1 }
    }

    func nonces(of id: String) -> [Nonce] { state.withLock { $0.nonces[id] ?? [] } }
    var refusals: [RPCError.Code: Int] { state.withLock { $0.refusals } }
  }

  /// Kraken by its own clock, the others by OKX's, as only nonces matter here. Gemini's keys take
  /// times by default, and nonces where it is told so.
  private static let ids = ["kraken", "bitfinex", "gemini"]

  private func daemon(_ simulator: ExchangeSimulator, state: String?) throws -> DaemonProcess {
    try DaemonProcess(
      """
      max_drift_ppm = 200
      [exchanges.kraken]
      base_url = "\(simulator.url(of: "kraken"))"
      [exchanges.bitfinex]
      url = "\(simulator.url(of: "okx"))/api/v5/public/time"
      time = "/data/0/ts"
      unit = "ms"
      [exchanges.gemini]
      url = "\(simulator.url(of: "okx"))/api/v5/public/time"
      time = "/data/0/ts"
      unit = "ms"
      window_kind = "nonce"
      timestamp_format = "unix_ms"
      """, in: directory, arguments: state.map { ["--state", $0] } ?? [])
  }

  /// A bot on a thread of its own: asks until the daemon is gone.
  private func bot(
    _ id: String, at path: String, round: Int, pause: Duration, _ witness: Witness,
    _ gone: LinuxSystem.Semaphore
  ) throws {
    try Thread.start(named: "bot") {
      defer { gone.signal() }
      guard var connection = try? DaemonConnection(to: path, patience: .seconds(60)) else { return }
      while true {
        let sent = HostClocks.monotonic()
        do throws(DaemonConnection.Failure) {
          let stamp = try connection.call(.stamp, ["exchange": .string(id)])
          guard let value = stamp["timestamp"]?.integer else { return }
          witness.saw(
            Nonce(sent: sent, received: HostClocks.monotonic(), value: value, round: round),
            of: id)
        } catch .refused(let refusal) {
          witness.saw(refusal)
          Thread.pause(for: .milliseconds(1))
        } catch {
          return
        }
        if pause > .zero { Thread.pause(for: pause) }
      }
    }
  }

  /// Whatever was asked for after an answer was there is larger than that answer.
  private func check(_ nonces: [Nonce], of id: String) {
    #expect(Set(nonces.map(\.value)).count == nonces.count, "\(id): some came twice")
    let answered = nonces.sorted { $0.received < $1.received }[...]
    var (rest, largest) = (answered, Int64.min)
    for nonce in nonces.sorted(by: { $0.sent < $1.sent }) {
      while let other = rest.first, other.received < nonce.sent {
        largest = max(largest, other.value)
        rest = rest.dropFirst()
      }
      if nonce.value <= largest {
        Issue.record("\(id), round \(nonce.round): \(nonce.value) after \(largest)")
        return
      }
    }
  }

  /// Bots in parallel, the daemon killed at random moments or stopped, the exchanges' clocks set
  /// back once.
  @Test(arguments: [UInt64(1), 2])
  func noNonceIsRepeatedByAnyRestart(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let simulator = try ExchangeSimulator([.init("kraken"), .init("okx")])
    let (witness, gone) = (Witness(), LinuxSystem.Semaphore())
    let (rounds, bots) = (16, 6)
    var kills = 0
    for round in 0..<rounds {
      if round == rounds / 2 {
        for id in simulator.ids { simulator.update(id) { $0.offset = .seconds(-1_800) } }
      }
      let daemon = try daemon(simulator, state: directory.path("state.json"))
      try daemon.eventually("it serves") {
        (try? UnixSocket.connect(to: daemon.socketPath)) != nil
      }
      for number in 0..<bots {
        try bot(
          Self.ids[number % Self.ids.count], at: daemon.socketPath, round: round,
          pause: seed == 1 ? .zero : .milliseconds(2), witness, gone)
      }
      // Some are killed before their first answer.
      if round % 4 != 3 {
        try daemon.eventually("nonces are given") {
          Self.ids.allSatisfy { witness.nonces(of: $0).last?.round == round }
        }
      }
      if round == rounds / 2 {
        try daemon.eventually("the clock that was set back is believed") {
          let offset = try daemon.offset("bitfinex")
          return offset.state == "synchronized"
            && (offset.measurement?.offsetNanoseconds ?? 0) < -1_700_000_000_000
        }
        let before = witness.nonces(of: "bitfinex").count
        try daemon.eventually("nonces go on, ahead of it") {
          witness.nonces(of: "bitfinex").count > before + 10
        }
      }
      Thread.pause(for: random.duration(in: .zero...(.milliseconds(300))))
      let isKill = round % 5 != 4
      kills += isKill ? 1 : 0
      daemon.process.signal(isKill ? SIGKILL : SIGTERM)
      try daemon.eventually("it has ended") { daemon.process.hasEnded }
      for _ in 0..<bots { gone.wait() }
    }
    for id in Self.ids {
      let nonces = witness.nonces(of: id)
      check(nonces, of: id)
      print("\(id), seed \(seed): \(nonces.count) nonces over \(kills) kills of \(rounds) rounds")
      #expect(nonces.count > rounds * 2)
    }
    print("refused meanwhile: \(witness.refusals)")
    #expect(witness.refusals.keys.allSatisfy { [.overloaded, .notSynchronized].contains($0) })
  }

  /// Each kill costs what was reserved, once.
  @Test func afterManyKillsTheyAreStillNearTheTime() throws {
    let simulator = try ExchangeSimulator([.init("kraken"), .init("okx")])
    var last: Int64 = 0
    for round in 0..<10 {
      let daemon = try daemon(simulator, state: directory.path("state.json"))
      var nonce: Int64?
      try daemon.eventually("there is a nonce") {
        nonce = try? daemon.call(.stamp, ["exchange": "bitfinex"])["timestamp"]?.integer
        return nonce != nil
      }
      let now = simulator.clock(of: "okx").nanoseconds / 1_000_000
      let value = try #require(nonce)
      #expect(value > last, "round \(round)")
      #expect(value <= now + 10_000 + 51, "round \(round): \(value - now) ms ahead")
      last = value
      daemon.process.signal(SIGKILL)
      try daemon.eventually("it has ended") { daemon.process.hasEnded }
    }
  }

  @Test func afterAStopTheyGoOnAtTheTime() throws {
    let simulator = try ExchangeSimulator([.init("kraken"), .init("okx")])
    for _ in 0..<2 {
      let daemon = try daemon(simulator, state: directory.path("state.json"))
      try daemon.eventually("there is a nonce") {
        try daemon.refusal(of: .stamp, ["exchange": "bitfinex"]) == nil
      }
      let before = simulator.clock(of: "okx").nanoseconds / 1_000_000
      let nonce = try daemon.call(.stamp, ["exchange": "bitfinex"])["timestamp"]?.integer
      #expect(try #require(nonce) <= before + 1_000)
      daemon.process.signal(SIGTERM)
      #expect(daemon.process.exitCode() == 0)
    }
  }

  @Test func whereTheFileCannotBeWrittenNoneIsGiven() throws {
    let simulator = try ExchangeSimulator([.init("kraken"), .init("okx")])
    let place = directory.path("place")
    let daemon = try daemon(simulator, state: "\(place)/state.json")
    defer {
      unlink("\(place)/state.json")
      rmdir(place)
    }
    try daemon.eventually("the time is known") {
      try daemon.refusal(of: .now, ["exchange": "bitfinex"]) == nil
    }
    let refusal = try #require(try daemon.refusal(of: .stamp, ["exchange": "bitfinex"]))
    #expect(refusal.code == .overloaded)
    #expect(refusal.retryAfterMilliseconds == 1_000)
    #expect(
      refusal.message.hasPrefix(
        "bitfinex: no nonce can be given that a restart could not repeat: the state file cannot be"
          + " written: create \(place)/state.json.new: No such file or directory"),
      "\(refusal.message)")
    mkdir(place, 0o700)
    #expect(try daemon.refusal(of: .stamp, ["exchange": "bitfinex"]) == nil)
  }

  @Test func whereNothingIsKeptTheLogSaysSoOnce() throws {
    let simulator = try ExchangeSimulator([.init("kraken"), .init("okx")])
    let daemon = try daemon(simulator, state: nil)
    try daemon.eventually("there is a nonce") {
      try daemon.refusal(of: .stamp, ["exchange": "bitfinex"]) == nil
    }
    let stamp = try daemon.call(.stamp, ["exchange": "bitfinex"])
    #expect(
      stamp["reason"]?.string
        == "only bitfinex knows which nonces the key has used; and as no state is"
        + " kept, a restart may repeat some")
    let told = "<5>nonces of bitfinex, gemini, kraken are kept in memory only: after a restart they"
    #expect(daemon.log.split(separator: "\n").count { $0.hasPrefix(told) } == 1, "\(daemon.log)")
  }
}
