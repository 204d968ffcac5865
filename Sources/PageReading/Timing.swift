internal import ClockCore
internal import ExchangeClock
internal import Glibc
internal import LinuxSystem

/// How long a read of the page takes beside a bare reading of the clock, in one process.
struct Timing {
  var path: String
  var exchange: String
  var reads: Int

  /// Prints "now 101.2 stamp 230.3 clock 61.5", nanoseconds each, for each round.
  func run(rounds: Int) {
    do {
      // A socket where nobody answers: what the page refuses would not go unnoticed.
      let clock = try ExchangeClock.connect(socket: "/nonexistent", page: path)
      let exchange = ExchangeID(exchange)
      for _ in 0..<rounds {
        let bare = measure { Self.readRawClock() }
        let now = try measure { try clock.now(exchange).earliestNanoseconds }
        let stamp = try measure { try clock.stamp(for: exchange).unixMicroseconds }
        print("now \(now) stamp \(stamp) clock \(bare)")
      }
    } catch {
      Log.write(.error, "page-reader: \(error)")
      exit(1)
    }
  }

  /// Nanoseconds of one call, the mean of many.
  private func measure(_ read: () throws -> Int64) rethrows -> Double {
    let start = HostClocks.monotonic()
    var sum: Int64 = 0
    for _ in 0..<reads { sum &+= try read() }
    let elapsed = HostClocks.monotonic() - start
    // So that no read is left out.
    if sum == 1 { print("") }
    return Double(elapsed.wholeNanoseconds) / Double(reads)
  }

  private static func readRawClock() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_RAW, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
