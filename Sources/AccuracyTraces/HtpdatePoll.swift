internal import ClockCore
internal import ClockSimulation

/// htpdate's bisection of a second, re-implemented from its description for a clock that tells
/// whole seconds: the first request measures the round trip; each further one is timed to arrive
/// at a phase of the local second, which moves by half as much each time, and turns back when the
/// difference of whole seconds has changed. It takes one way to be half of the round trip.
///
/// Source: twekkel/htpdate, htpdate.c (`bisect`), option -p.
struct HtpdatePoll {
  private(set) var trial: LinkTrial
  private let precision: Int
  private static let second: Int64 = 1_000_000_000

  init(_ trial: LinkTrial, precision: Int) {
    self.trial = trial
    self.precision = precision
  }

  /// The exchange's clock minus the host's, ns. Positive: the exchange is ahead.
  mutating func run() -> Int64 {
    var nap = Self.second
    var when = nap >> Int64(precision)
    var latency = request(arrivingAt: when, latency: 0).roundTrip.wholeNanoseconds / 2
    var differences: [Int64] = []
    for _ in 0..<precision {
      let sample = request(arrivingAt: when, latency: latency)
      latency = sample.roundTrip.wholeNanoseconds / 2
      let local = HostUnixTime.nanoseconds(sample.received) / Self.second
      differences.append(local - sample.departure.nanoseconds / Self.second)
      nap /= 2
      if differences.count > 1, differences.suffix(2).first != differences.last { nap = -nap }
      when += nap
    }
    // Its own rounding: nothing to correct.
    if when + nap == Self.second, differences.last == 0 { return 0 }
    return -(differences.first ?? 0) * Self.second + Self.second - when
  }

  /// Sends so that the request arrives when the host's clock is at that phase of its second, ns.
  private mutating func request(arrivingAt when: Int64, latency: Int64) -> Sample {
    let phase = HostUnixTime.nanoseconds(trial.now) % Self.second
    let wait = (when - latency - phase) % Self.second
    return trial.probe(after: .nanoseconds(wait < 0 ? wait + Self.second : wait))
  }
}
