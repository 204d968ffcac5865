internal import ClockCore
internal import Glibc

/// Offsets and their bounds side by side, as bars over one axis with zero in its middle.
///
/// Some exchanges are off by a fraction of a millisecond and others by seconds, so the axis is
/// linear about zero and logarithmic further out: the place of an offset is asinh(offset / 1 ms).
struct ErrorBars {
  private static let linear = 1e6

  /// Where the axis ends on either side, nanoseconds.
  let limit: Double
  private let glyphs: Glyphs

  /// - Parameter bounds: all lower and upper ones that are to be on the axis, nanoseconds.
  init(bounds: [Int64], glyphs: Glyphs) {
    let farthest = bounds.map { Double($0.magnitude) }.max() ?? 0
    // At least 10 ms, so that an axis of noise does not look like one of errors.
    var limit = 1e7
    while limit < farthest { limit *= 10 }
    self.limit = limit
    self.glyphs = glyphs
  }

  /// "-10 s      0     +10 s"; shorter where it does not fit.
  func title(width: Int) -> String {
    let end = Duration.nanoseconds(Int64(limit)).shortText
      .split(separator: " ").map { $0.split(separator: ".").first ?? $0 }.joined(separator: " ")
    let (low, high) = ("-" + end, "+" + end)
    let middle = width / 2
    guard width >= low.count + high.count + 5 else {
      return String((glyphs.plusMinus + end).prefix(width))
    }
    let left = low + String(repeating: " ", count: middle - low.count) + "0"
    return left + String(repeating: " ", count: width - left.count - high.count) + high
  }

  /// One bar: the bounds, and the offset between them.
  func bar(lower: Int64, offset: Int64, upper: Int64, width: Int) -> String {
    guard width > 0 else { return "" }
    var cells = [Character](repeating: " ", count: width)
    cells[width / 2] = glyphs.zero
    let (first, last) = (column(lower, width), column(upper, width))
    for column in first...max(first, last) { cells[column] = glyphs.bar }
    if first < last {
      cells[first] = glyphs.left
      cells[last] = glyphs.right
    }
    cells[column(offset, width)] = glyphs.point
    return String(cells)
  }

  private func column(_ offset: Int64, _ width: Int) -> Int {
    // From -1 to 1.
    let place = asinh(Double(offset) / Self.linear) / asinh(limit / Self.linear)
    let middle = Double(width / 2)
    let reach = place < 0 ? middle : Double(width - 1) - middle
    return min(max(Int((middle + place * reach).rounded()), 0), width - 1)
  }
}
