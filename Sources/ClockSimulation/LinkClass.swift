/// A path to an exchange in both directions, by name.
///
/// | name | minimum RTT | jitter, mean each way | heavy tail each way | spikes each way |
/// |---|---|---|---|---|
/// | colocated | 0.9 ms | 0.05 ms | 1 %, mean 1 ms | |
/// | metropolitan | 19.4 ms | 0.3 ms | 2 %, mean 5 ms | |
/// | busy | 70 ms | 5 ms | 10 %, mean 30 ms | |
/// | intercontinental | 232 ms | 2 ms | 2 %, mean 40 ms | |
/// | wireless | 16 ms | 2 ms | 2 %, mean 20 ms | 8 %, up to 150 ms |
///
/// The minimum is the same in both directions unless `withMinimum` says otherwise.
package struct LinkClass: Sendable, Hashable {
  package var name: String
  /// From us to the exchange.
  package var up: PathModel
  /// From the exchange to us.
  package var down: PathModel
  /// Probability that a request stays without an answer.
  package var loss: Double

  package init(name: String, up: PathModel, down: PathModel, loss: Double = 0) {
    self.name = name
    self.up = up
    self.down = down
    self.loss = loss
  }

  /// The same path in both directions.
  package init(name: String, bothWays: PathModel, loss: Double = 0) {
    self.init(name: name, up: bothWays, down: bothWays, loss: loss)
  }

  /// In the exchange's own data centre: 1 ms.
  package static let colocated = LinkClass(
    name: "colocated",
    bothWays: PathModel(
      minimum: .microseconds(450), jitter: .microseconds(50), tailProbability: 0.01,
      tail: .milliseconds(1)))

  /// In the same region: 20 ms.
  package static let metropolitan = LinkClass(
    name: "metropolitan",
    bothWays: PathModel(
      minimum: .microseconds(9700), jitter: .microseconds(300), tailProbability: 0.02,
      tail: .milliseconds(5)))

  /// A loaded path of 80 ms with queues.
  package static let busy = LinkClass(
    name: "busy",
    bothWays: PathModel(
      minimum: .milliseconds(35), jitter: .milliseconds(5), tailProbability: 0.1,
      tail: .milliseconds(30)))

  /// Europe to Asia: 236 ms.
  package static let intercontinental = LinkClass(
    name: "intercontinental",
    bothWays: PathModel(
      minimum: .milliseconds(116), jitter: .milliseconds(2), tailProbability: 0.02,
      tail: .milliseconds(40)))

  /// Wi-Fi at home: 20 ms with spikes.
  package static let wireless = LinkClass(
    name: "wireless",
    bothWays: PathModel(
      minimum: .milliseconds(8), jitter: .milliseconds(2), tailProbability: 0.02,
      tail: .milliseconds(20), spikeProbability: 0.08, longestSpike: .milliseconds(150)))

  package static let all = [colocated, metropolitan, busy, intercontinental, wireless]

  /// The link with other minimum delays, each way: an asymmetric path.
  package func withMinimum(up: Duration, down: Duration) -> Self {
    var link = self
    link.up.minimum = up
    link.down.minimum = down
    return link
  }

  package func withLoss(_ probability: Double) -> Self {
    var link = self
    link.loss = probability
    return link
  }

  /// The link with so much more delay in the busiest hour of the day, up and down.
  package func withDiurnal(up: Duration, down: Duration) -> Self {
    var link = self
    link.up.diurnal = up
    link.down.diurnal = down
    return link
  }
}

extension LinkClass: CustomStringConvertible {
  package var description: String { name }
}
