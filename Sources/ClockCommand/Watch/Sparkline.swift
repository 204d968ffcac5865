/// A curve of a few characters.
enum Sparkline {
  /// - Parameters:
  ///   - points: times and values, in any order.
  ///   - range: of times; what lies outside is left out.
  ///   - width: characters; each shows the mean of its share of the range, or a gap.
  static func text(
    _ points: [(time: Int64, value: Int64)], over range: Range<Int64>, width: Int, glyphs: Glyphs
  ) -> String {
    guard width > 0, !range.isEmpty else { return "" }
    var sums = [(sum: Double, count: Int)](repeating: (0, 0), count: width)
    for point in points where range.contains(point.time) {
      let place = Double(point.time - range.lowerBound) / Double(range.count)
      let index = min(Int(place * Double(width)), width - 1)
      sums[index] = (sums[index].sum + Double(point.value), sums[index].count + 1)
    }
    let means = sums.map { $0.count > 0 ? $0.sum / Double($0.count) : nil }
    let known = means.compactMap(\.self)
    guard let low = known.min(), let high = known.max() else {
      return String(repeating: " ", count: width)
    }
    let top = Double(glyphs.levels.count - 1)
    let cells = means.map { mean -> Character in
      guard let mean else { return " " }
      // What never changes is drawn in the middle.
      let level = high > low ? (mean - low) / (high - low) * top : top / 2
      return glyphs.levels[Int(level.rounded())]
    }
    return String(cells)
  }
}
