import ClockCore
import LinuxSystem
import Testing

@testable import ClockDaemon

@Suite struct ClientLogTests {
  private final class Lines {
    var all: [String] = []
  }

  private func at(_ seconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: seconds * 1_000_000_000)
  }

  @Test func theFirstIsToldAtOnceAndTheOthersInANumber() {
    let lines = Lines()
    var log = ClientLog { lines.all.append($0) }
    let peer = UnixSocket.Peer(process: 4711, user: 1000, group: 100)
    for second in 100..<110 as Range<Int64> {
      log.note(.cutOff, peer, "was cut off: 300000 bytes wait for it", at: at(second))
    }
    log.note(.turnedAway, nil, "was turned away: full", at: at(110))
    log.looked(at: at(150))
    #expect(
      lines.all == [
        "client 4711 of user 1000 was cut off: 300000 bytes wait for it",
        "a client was turned away: full",
      ])
    log.looked(at: at(160))
    #expect(lines.all.last == "9 times more a client was cut off")
    log.looked(at: at(400))
    #expect(lines.all.count == 3)
    log.note(.cutOff, peer, "was cut off: again", at: at(401))
    #expect(lines.all.count == 4)
  }
}
