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
    #expect(document.matches(of: #/class="tripdot"/#).count == 100)
    #expect(document.contains("prefers-color-scheme:dark"))
    #expect(document.contains(">11-22<"))
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
    var history = history(2)
    history.measurements[0].driftPPM = 10
    history.measurements[1].driftPPM = -20
    // The host's clock is slewed, which takes away from the drift.
    history.measurements[1].localRatePPM = 4
    let bounds = PlotBounds(history, until: Self.begin + 3 * Self.hour)
    let run = try #require(bounds.runs.first)
    #expect(bounds.runs.count == 1)
    // 1 ppm of an hour are 3.6 ms: of 6 ppm, and known to 1 ppm; then of -24 ppm for two hours.
    #expect(run.map(\.time) == [0, 1, 1, 3].map { Self.begin + $0 * Self.hour })
    #expect(run.map(\.offset) == [0, 21_600_000, 100_000, -172_700_000])
    #expect(run.map(\.upper) == [800_000, 26_000_000, 900_000, -164_700_000])
    #expect(run.map(\.lower) == [-800_000, 17_200_000, -700_000, -180_700_000])
  }

  @Test func aHoldoverThatEndsWithTheDaemonIsShownAsLongAsItWasSeen() throws {
    let seen = event(6, .held, size: 2 * Self.hour * 1_000, "HTTP 503")
    let events = [
      event(2, .state, "synchronized -> holdover: HTTP 503"), seen, event(8, .started, "x"),
    ]
    let end = Self.begin + 10 * Self.hour
    let bounds = PlotBounds(history(1, events: events), until: end)
    #expect(bounds.holdovers == [Self.begin + Self.hour...Self.begin + 3 * Self.hour])
    #expect(bounds.runs.map { $0.map(\.time) } == [[Self.begin, Self.begin + 3 * Self.hour]])
    // Started again, it goes on from what it knew, without a change of state.
    let again = PlotBounds(
      history(1, events: events + [event(10, .held, size: Self.hour * 500, "HTTP 503")]),
      until: end)
    let half = Self.begin + 9 * Self.hour / 2
    #expect(again.holdovers.last == half...end)
    #expect(again.runs.map { $0.map(\.time) }.last == [half, end])
    let older = try #require(again.runs.last?.first)
    #expect(older.upper > again.runs[0][1].upper, "it is the same estimate, and older")
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

  @Test func whatHappenedIsNumberedAndToldInFull() throws {
    let reason = "HTTP 429 Too Many Requests: " + String(repeating: "z", count: 60)
    var events = [event(4, .stopSignal, size: 30_000_000_000, reason + "; stay")]
    events += [event(8, .started), event(9, .exchangeStep, size: 60_000_000_000)]
    let document = try #require(HistoryPlot(history(20, events: events))).document
    // The ring's text ended within the words behind the reason.
    #expect(document.contains(">1  11-21 14:00:00  \(reason)"))
    #expect(document.contains("staying away for 30.0 s<"))
    #expect(document.contains(">2  11-21 16:00:00  daemon started<"))
    #expect(document.contains(">3  11-21 16:30:00  exchange stepped by 60.0 s<"))
    #expect(document.contains(">1</text>") && document.contains(">2-3</text>"))
    let many = (1...30).map { event(Int64($0), .exchangeStep, size: Int64($0) * 1_000_000_000) }
    let full = try #require(HistoryPlot(history(20, events: many))).document
    #expect(full.contains(">12  ") && !full.contains(">13  "))
    #expect(full.contains(">18 before these: exchange-clock history okx lists all<"))
  }

  @Test func aClockThatWasOnceYearsOffLeavesThePictureLegible() throws {
    var history = history(4)
    history.measurements[0].microseconds = 0
    let document = try #require(HistoryPlot(history)).document
    let ticks = document.matches(of: #/class="tick"[^>]*>[^<]*</#)
    #expect(ticks.count < 60, "\(ticks.count)")
    #expect(document.contains(#/class="tick"[^>]*>19[0-9][0-9]-[01][0-9]-/#))
  }

  /// As far apart, and as fast, as an entry of a history file may say.
  @Test func noNumbersOfAnEntryAreTooMuchForAPicture() {
    let times: [Int64] = [-1 << 52, 0, Self.begin, 1 << 52]
    let rates = [-2_147_483.0, 0, 2_147_483]
    for first in times {
      for second in times {
        for rate in rates {
          var history = history(2)
          for (index, time) in [first, second].enumerated() {
            history.measurements[index].microseconds = time
            history.measurements[index].lowerNanoseconds = -1 << 61
            history.measurements[index].upperNanoseconds = 1 << 61
            history.measurements[index].driftPPM = rate
            history.measurements[index].driftErrorPPM = 4_294_967
            history.measurements[index].localRatePPM = -rate
          }
          #expect(HistoryPlot(history, now: Self.begin)?.document.contains("=\"nan") == false)
        }
      }
    }
  }

  @Test func whatHappensOverAndOverIsToldOnce() throws {
    var events = (1...20).map {
      event($0, .stopSignal, size: $0 * 1_000_000_000, "HTTP 429; staying away for \($0) s")
    }
    events += [event(21, .started, "0.1.0"), event(22, .stopSignal, size: 1, "HTTP 429")]
    let document = try #require(HistoryPlot(history(30, events: events))).document
    let told = "HTTP 429; staying away for 20.0 s (20 times until 11-21 22:00:00)"
    #expect(document.contains(">1  11-21 12:30:00  \(told)<"))
    #expect(document.contains(">2  11-21 22:30:00  daemon started<"))
    #expect(document.contains(">3  11-21 23:00:00  HTTP 429; staying away for 1 ns<"))
    #expect(!document.contains(">4  ") && !document.contains(" before these"))
    // Each has its line across the three parts all the same.
    #expect(document.matches(of: #/class="remote"/#).count == 22 * 3)
  }

  @Test func aBandTooThinToBeSeenIsSaid() throws {
    var history = history(4)
    #expect(try !#require(HistoryPlot(history)).document.contains("thinner than a line"))
    history.measurements[3].offsetNanoseconds += 60_000_000_000
    history.measurements[3].lowerNanoseconds += 60_000_000_000
    history.measurements[3].upperNanoseconds += 60_000_000_000
    let document = try #require(HistoryPlot(history)).document
    #expect(document.contains("thinner than a line"))
    #expect(document.contains("±4.40 ms in the median") || document.contains("in the median"))
  }

  @Test func noLabelLeavesThePictureAndNoDayIsInventedByTheAir() throws {
    // Ends at half a minute to midnight: the air behind it is of the next day.
    var history = history(12)
    for index in history.measurements.indices {
      history.measurements[index].microseconds =
        Self.begin + 12 * Self.hour - 30_000_000
        - Int64(11 - index) * Self.hour / 2
    }
    let document = try #require(HistoryPlot(history)).document
    #expect(document.contains(">2026-11-21, UTC; 12 resyncs<"))
    for seconds: Int64 in [100, 1_000, 10_000, 86_400, 400_000] {
      let axis = PlotAxis(
        times: Self.begin...Self.begin + seconds * 1_000_000, begin: 86, end: 944, most: 12)
      let labels = axis.ticks.map { (axis.place($0.value), Double($0.label.count) * 6.2) }
      for (one, next) in zip(labels, labels.dropFirst()) {
        #expect(next.0 - one.0 > (one.1 + next.1) / 2, "they would run into one another")
      }
    }
    // A tick with seconds close to the end.
    for index in history.measurements.indices {
      history.measurements[index].microseconds =
        Self.begin + 119_000_000 - Int64(11 - index) * 10_000_000
    }
    let short = try #require(HistoryPlot(history)).document
    #expect(short.contains(">12:02:00<"))
    for found in (document + short).matches(
      of: #/class="tick" x="([\d.]+)" [^>]*"middle">([^<]+)</#)
    {
      let (middle, half) = (Double(found.1) ?? 0, Double(found.2.count) * 6.2 / 2)
      #expect(middle - half > 0 && middle + half < 960)
    }
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
    #expect(day.ticks.map(\.label).prefix(3) == ["12:00", "15:00", "18:00"])
    #expect(day.ticks.map(\.date).prefix(2) == ["11-21", nil])
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
