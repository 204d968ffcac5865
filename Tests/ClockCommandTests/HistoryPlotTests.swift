import ClockProtocol
import Testing

@testable import ClockCommand

@Suite struct HistoryPlotTests {
  private static let begin: Int64 = 1_795_262_400_000_000
  private static let hour: Int64 = 3_600_000_000

  private func history(
    _ count: Int, events: [HistoryResult.Event] = []
  ) -> HistoryResult {
    HistoryResult(
      exchange: "okx", measurements: (0..<count).map(measurement), events: events, damaged: 0,
      next: nil)
  }

  private func measurement(_ index: Int) -> HistoryResult.Measurement {
    let number = Int64(index)
    return HistoryResult.Measurement(
      sequence: 2 * number + 1, microseconds: Self.begin + number * Self.hour,
      offsetNanoseconds: number * 100_000, lowerNanoseconds: (number - 8) * 100_000,
      upperNanoseconds: (number + 8) * 100_000, driftPPM: 0.1, driftErrorPPM: 1,
      shortestRoundTripNanoseconds: 30_000_000, lastRoundTripNanoseconds: 31_000_000,
      samples: 8, rejected: index % 5 == 0 ? 1 : 0)
  }

  private func event(
    _ sequence: Int64, _ kind: HistoryResult.Event.Kind, size: Int64 = 0, _ text: String = ""
  ) -> HistoryResult.Event {
    HistoryResult.Event(
      sequence: sequence, microseconds: Self.begin + sequence * Self.hour / 2, kind: kind,
      sizeNanoseconds: size, text: text)
  }

  @Test func thePictureHasWhatWasMeasured() throws {
    let document = try #require(HistoryPlot(history(100))).document
    #expect(document.hasPrefix("<svg ") && document.hasSuffix("</svg>\n"))
    #expect(document.matches(of: #/class="resync"/#).count == 100)
    #expect(document.matches(of: #/class="rejected"/#).count == 20)
    #expect(document.matches(of: #/class="band"/#).count == 1)
    #expect(document.contains("prefers-color-scheme:dark"))
    #expect(document.contains(">11-21 12:00<") || document.contains(">11-22<"))
    #expect(document.contains(" ms<"), "the axes have units")
    #expect(!document.contains("nan") && !document.contains("inf"))
  }

  @Test func aStepOfThisHostsClockPartsTheBandAndIsNamed() throws {
    let document = try #require(
      HistoryPlot(
        history(20, events: [event(10, .localStep, size: -2_000_000_000, "x")]))
    ).document
    #expect(document.matches(of: #/class="band"/#).count == 2)
    #expect(document.contains("clock set back by 2.00 s"))
  }

  @Test func theBandIsTheBoundThatWasGivenUntilTheNextResync() throws {
    let bounds = PlotBounds(history(2), until: Self.begin + 3 * Self.hour)
    let run = try #require(bounds.runs.first)
    #expect(bounds.runs.count == 1)
    // 1 ppm of an hour are 3.6 ms.
    #expect(run.map(\.time) == [0, 1, 1, 3].map { Self.begin + $0 * Self.hour })
    #expect(run.map(\.upper) == [800_000, 4_500_000, 900_000, 8_100_000])
    #expect(run.map(\.lower) == [-800_000, -4_300_000, -700_000, -7_900_000])
  }

  @Test func whereTheDaemonWasStoppedThereIsAGap() throws {
    let bounds = PlotBounds(
      history(3, events: [event(2, .started)]), until: Self.begin + 2 * Self.hour)
    #expect(bounds.measured.map(\.count) == [1, 2])
    #expect(bounds.runs.first?.count == 1, "nobody knows how long the bound was still given")
    let held = PlotBounds(
      history(1, events: [event(2, .state, "synchronized -> holdover: x"), event(6, .started)]),
      until: Self.begin + 6 * Self.hour)
    #expect(held.runs.first?.last?.time == Self.begin + Self.hour, "it ran when it wrote that")
    #expect(held.holdovers == [Self.begin + Self.hour...Self.begin + Self.hour])
    let unknown = PlotBounds(
      history(2, events: [event(2, .state, "holdover -> unknown: too old")]),
      until: Self.begin + Self.hour)
    #expect(unknown.runs.map(\.count) == [2, 1])
  }

  @Test func holdoverIsShown() throws {
    let events = [
      event(2, .state, "synchronized -> holdover: HTTP 503"),
      event(4, .state, "holdover -> synchronized"),
    ]
    let bounds = PlotBounds(history(4, events: events), until: Self.begin + 3 * Self.hour)
    #expect(bounds.holdovers == [Self.begin + Self.hour...Self.begin + 2 * Self.hour])
    let document = try #require(HistoryPlot(history(4, events: events))).document
    #expect(document.matches(of: #/class="holdover"/#).count == 1)
  }

  @Test func onlyWhatCanBeDrawnIsAskedFor() throws {
    for words in [["--plot", "x.png"], ["--plot", "x.PDF"], ["--csv", "--plot", "x.svg"]] {
      #expect(throws: UsageError.self) { try Invocation(["history", "okx"] + words) }
    }
    #expect(try Invocation(["history", "okx", "--plot", "-"]).plot == "-")
    #expect(try Invocation(["history", "okx", "--plot=x"]).plot == "x")
  }

  @Test func oneMeasurementIsAPictureAndNoneIsNot() throws {
    let document = try #require(HistoryPlot(history(1))).document
    #expect(document.contains("class=\"whisker\""))
    #expect(HistoryPlot(history(0)) == nil)
  }

  @Test func whatTheDaemonSaysCannotBreakTheDocument() throws {
    let text = "<&\"\u{7}> ended"
    let document = try #require(
      HistoryPlot(history(20, events: [event(10, .stopSignal, text)]))
    ).document
    #expect(document.contains("&lt;&amp;&quot; &gt; ended"))
  }

  @Test func axesNameRoundNumbers() {
    let axis = PlotAxis(nanoseconds: [-3_200_000, 12_000_000], begin: 100, end: 0, signs: true)
    #expect(axis.ticks.map(\.label) == ["-5 ms", "0 ms", "+5 ms", "+10 ms", "+15 ms"])
    #expect(axis.place(-5_000_000) == 100 && axis.place(15_000_000) == 0)
    let fine = PlotAxis(
      nanoseconds: [2_999_900_000, 3_000_100_000], begin: 1, end: 0, signs: true)
    #expect(fine.ticks.map(\.label).first == "+2.99990 s" && fine.ticks.count == 5)
    #expect(!PlotAxis(nanoseconds: [], begin: 1, end: 0, signs: false).ticks.isEmpty)
    let day = PlotAxis(
      times: Self.begin...Self.begin + 24 * Self.hour, begin: 0, end: 1, most: 9)
    #expect(day.ticks.map(\.label).prefix(3) == ["11-21 12:00", "15:00", "18:00"])
    let weeks = PlotAxis(
      times: Self.begin...Self.begin + 700 * Self.hour, begin: 0, end: 1, most: 9)
    #expect(weeks.ticks.allSatisfy { $0.label.count == 5 } && weeks.ticks.count >= 3)
  }

  @Test func tableAndCSVHaveARowForEach() {
    let history = history(
      3, events: [event(2, .state, "synchronized -> holdover: HTTP 429, \"later\"")])
    let table = HistoryText.table(history)
    #expect(table.count == 5 && table[0].hasPrefix("TIME (UTC)"))
    #expect(table[1].hasPrefix("2026-11-21 12:00:00") && table[1].contains("8-1"))
    #expect(table[2].contains("holdover: HTTP 429"))
    let csv = HistoryText.csv(history)
    #expect(csv.count == 5)
    #expect(
      csv[1].hasPrefix("2026-11-21T12:00:00.000000Z,1795262400000000,0,-800000,800000,800000,0.1,"))
    #expect(csv[2].hasSuffix(",state,0,\"synchronized -> holdover: HTTP 429, \"\"later\"\"\""))
    for row in [0, 1, 3, 4] { #expect(csv[row].count { $0 == "," } == 14) }
  }
}
