internal import ClockCore
internal import ClockSimulation

/// What differs from trial to trial besides the path.
struct Draw {
  var random: SplitMix64

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
  }

  mutating func duration(within limit: Duration) -> Duration {
    random.duration(in: .zero - limit...limit)
  }

  mutating func number(within limit: Double) -> Double {
    (2 * random.unit() - 1) * limit
  }

  /// An exchange up to 2 s off whose clock runs up to `driftPPM` fast or slow, evenly spread; its
  /// rate wanders by at most `wanderPPM` about that.
  mutating func server(
    driftPPM: Double, wanderPPM: Double = 0.3, resolution: Duration = .milliseconds(1)
  ) -> ServerModel {
    let wander = ClockModel.Wander(
      changePPM: wanderPPM / 10, every: .seconds(60), limitPPM: wanderPPM * 2 / 3,
      wavePPM: wanderPPM / 3,
      wavePeriod: random.duration(in: .seconds(7200) ... .seconds(86_400)))
    return ServerModel(
      clock: ClockModel(
        offset: duration(within: .seconds(2)), driftPPM: number(within: driftPPM), wander: wander),
      resolution: resolution)
  }
}
