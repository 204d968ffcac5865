internal import ClockCore
internal import Glibc

/// One axis of a plot: which values it shows, where, and which of them it names.
struct PlotAxis {
  struct Tick: Equatable {
    var value: Double
    var label: String
    /// Below it, where a new day begins.
    var date: String?
  }

  /// Values at the two ends.
  let range: ClosedRange<Double>
  /// Pixels of the two ends.
  let begin: Double
  let end: Double
  let ticks: [Tick]

  /// An axis of nanoseconds, which names round numbers in the unit that suits them.
  ///
  /// - Parameter signs: whether a plus is shown.
  init(nanoseconds values: [Double], begin: Double, end: Double, signs: Bool) {
    var (low, high) = (values.min() ?? 0, values.max() ?? 0)
    // What hardly varies gets some air, and is not drawn as if it did.
    let least = max(max(abs(low), abs(high)) * 1e-6, 1_000)
    if high - low < least { (low, high) = (low - least / 2, high + least / 2) }
    let step = Self.roundStep((high - low) / 4)
    let (first, last) = ((low / step).rounded(.down), (high / step).rounded(.up))
    range = first * step...last * step
    (self.begin, self.end) = (begin, end)
    let (unit, name) = Self.unit(of: max(abs(first), abs(last)) * step)
    let decimals = max(0, Int((-log10(step / unit) - 1e-9).rounded(.up)))
    ticks = stride(from: first, through: last, by: 1).map { index in
      let sign = signs && index > 0 ? "+" : ""
      let text = Self.decimal(index * step / unit, decimals)
      return Tick(value: index * step, label: "\(sign)\(text) \(name)")
    }
  }

  /// An axis of times, Unix microseconds, which names round times of UTC and every new day.
  init(times: ClosedRange<Int64>, begin: Double, end: Double, most: Int) {
    range = Double(times.lowerBound)...Double(times.upperBound)
    (self.begin, self.end) = (begin, end)
    let second: Int64 = 1_000_000
    let steps: [Int64] = [
      1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
      1_209_600, 2_419_200,
    ].map { $0 * second }
    let width = times.upperBound - times.lowerBound
    var step = steps.first { width / $0 <= Int64(most) } ?? steps[steps.count - 1]
    // A clock that was once years off makes a long axis.
    while width / step > Int64(most) { step *= 2 }
    let isLong = width > 300 * 86_400 * second
    let first = (times.lowerBound + step - 1) / step * step
    var ticks: [Tick] = []
    var day: Int64?
    for time in stride(from: first, through: times.upperBound, by: Int(step)) {
      let text = CivilTime(unixNanoseconds: time * 1_000).iso8601(fractionDigits: 0)
      let isNewDay = day != time / (86_400 * second)
      day = time / (86_400 * second)
      let clock = String(text.dropFirst(11).prefix(step < 60 * second ? 8 : 5))
      let date = String(isLong ? text.prefix(10) : text.dropFirst(5).prefix(5))
      let isDay = step >= 86_400 * second
      ticks.append(
        Tick(
          value: Double(time), label: isDay ? date : clock,
          date: isNewDay && !isDay ? date : nil))
    }
    self.ticks = ticks
  }

  func place(_ value: Double) -> Double {
    let width = max(range.upperBound - range.lowerBound, 1)
    return begin + (value - range.lowerBound) / width * (end - begin)
  }

  /// The next of 1, 2, 5, 10 ... above.
  private static func roundStep(_ step: Double) -> Double {
    let power = pow(10, log10(max(step, 1)).rounded(.down))
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= step * 0.999 } ?? 10 * power
  }

  private static func unit(of size: Double) -> (Double, String) {
    size >= 1e9 ? (1e9, "s") : size >= 1e6 ? (1e6, "ms") : size >= 1e3 ? (1e3, "us") : (1, "ns")
  }

  private static func decimal(_ value: Double, _ decimals: Int) -> String {
    let scale = pow(10, Double(decimals))
    let scaled = Int64((value * scale).rounded())
    let whole = "\(scaled < 0 ? "-" : "")\(scaled.magnitude / UInt64(scale))"
    guard decimals > 0 else { return whole }
    let fraction = String(scaled.magnitude % UInt64(scale) + UInt64(scale)).dropFirst()
    return "\(whole).\(fraction)"
  }
}
