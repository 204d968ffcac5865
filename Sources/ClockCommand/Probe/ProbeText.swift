internal import ClockCore
internal import ClockProtocol

/// The lines of `probe`: a row for each sample, with the interval that is left as a bar.
struct ProbeText {
  /// So that a row fits into 80 columns.
  private static let barWidth = 29

  /// The first interval; all bars are drawn within it.
  private var frame: OffsetInterval<Local, Exchange>?
  private let glyphs: Glyphs

  init(glyphs: Glyphs) {
    self.glyphs = glyphs
  }

  static let titles = " #       RTT   THIS SAMPLE  ALL TOGETHER"

  /// One row; the interval is the exchange's clock minus this host's.
  mutating func row(_ number: Int, _ step: OneShotProbe.Step) -> String {
    let alone = step.alone.map { "±" + $0.error.shortText } ?? "contradicts"
    var line =
      Self.right("\(number)", 2) + Self.right(step.roundTrip.shortText, 10)
      + Self.right(alone, 14) + "  "
    guard let together = step.together else { return line + "-" }
    frame = frame ?? together
    let offset = Text.offset(
      nanoseconds: together.midpoint.nanoseconds, error: together.error.wholeNanoseconds)
    line += Self.left("\(offset) ±\(together.error.shortText)", 22)
    return line + " " + bar(together)
  }

  /// What it all came to.
  static func summary(_ offset: OffsetResult, settings name: String) -> String {
    guard let known = offset.measurement else { return "\(name): no time: \(offset.reason)" }
    let size = Text.offset(
      nanoseconds: known.offsetNanoseconds, error: known.errorNanoseconds)
    let side = known.offsetNanoseconds < 0 ? "behind" : "ahead of"
    let samples = offset.samples == 1 ? "sample" : "samples"
    let rejected = offset.rejected > 0 ? ", \(offset.rejected) rejected" : ""
    return "\(name) is \(size.dropFirst()) \(side) this host's clock,"
      + " ±\(Text.nanoseconds(known.errorNanoseconds)) (\(offset.samples) \(samples)\(rejected))"
  }

  private func bar(_ interval: OffsetInterval<Local, Exchange>) -> String {
    guard let frame else { return "" }
    let width = max(Double((frame.upper - frame.lower).wholeNanoseconds), 1)
    let column = { (end: LocalOffset) in
      let place = Double((end - frame.lower).wholeNanoseconds) / width
      return min(max(Int((place * Double(Self.barWidth - 1)).rounded()), 0), Self.barWidth - 1)
    }
    let (first, last) = (column(interval.lower), column(interval.upper))
    var cells = [Character](repeating: " ", count: Self.barWidth)
    for column in first...max(first, last) { cells[column] = glyphs.bar }
    cells[first] = glyphs.left
    cells[last] = glyphs.right
    cells[column(interval.midpoint)] = glyphs.point
    return String(cells[...max(first, last)])
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(width - text.count, 0)) + text
  }

  private static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }
}
