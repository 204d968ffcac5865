import LinuxSystem
import Testing

@testable import ClockCommand

/// What the picture of `watch` is put together from, and the keys that move it.
@Suite struct WatchDrawingTests {
  @Test func barsStandWhereTheyShould() {
    let bars = ErrorBars(bounds: [-2_000_000, 900_000_000], glyphs: .ascii)
    #expect(bars.limit == 1e9)
    #expect(bars.bar(lower: 0, offset: 0, upper: 0, width: 11) == "     o     ")
    #expect(
      bars.bar(lower: -1_000_000_000, offset: 0, upper: 1_000_000_000, width: 11).first == "[")
    let far = bars.bar(lower: 899_000_000, offset: 899_500_000, upper: 900_000_000, width: 21)
    #expect(far.dropFirst(19).contains("o") && far.contains(":"))
    for width in 1...40 {
      #expect(bars.bar(lower: .min / 2, offset: 0, upper: .max / 2, width: width).count == width)
      #expect(bars.title(width: width).count <= width)
    }
  }

  @Test func aSparklineShowsTheRangeOfWhatThereIs() {
    let points = (0..<8).map { (time: Int64($0 * 10), value: Int64($0)) }
    #expect(Sparkline.text(points, over: 0..<80, width: 8, glyphs: .unicode) == "▁▂▃▄▅▆▇█")
    #expect(Sparkline.text(points, over: 0..<80, width: 4, glyphs: .ascii) == "_-*@")
    #expect(Sparkline.text([(5, 7)], over: 0..<80, width: 4, glyphs: .ascii) == "+   ")
    #expect(Sparkline.text([], over: 0..<80, width: 3, glyphs: .ascii) == "   ")
  }

  @Test func keysAreToldApart() {
    let keys = TerminalScreen.keys(Array("j\u{1B}[A\u{1B}OB\u{1B}[6~\u{1B}[1;5Cq".utf8)[...])
    #expect(keys == [.character("j"), .up, .down, .pageDown, .character("q")])
    #expect(
      TerminalScreen.keys([0x1B]) == [] && TerminalScreen.keys(Array("\u{1B}[".utf8)[...]) == [])
  }

  @Test func aLineThatGoesOnShowsIt() {
    var line = PaintedLine("unknown  ", .bad)
    line.add("HTTP 503")
    #expect(line.text(width: 17, hasColours: false, mark: "…") == "unknown  HTTP 503")
    #expect(line.text(width: 12, hasColours: false, mark: "…") == "unknown  HT…")
    #expect(line.text(width: 9, hasColours: false, mark: "…") == "unknown …")
    #expect(PaintedLine("abc   ").text(width: 3, hasColours: false, mark: "…") == "abc")
    #expect(PaintedLine("abc").text(width: 0, hasColours: false, mark: "…") == "")
  }
}
