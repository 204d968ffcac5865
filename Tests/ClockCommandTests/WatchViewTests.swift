import ClockCore
import ClockProtocol
import JSONDocument
import LinuxSystem
import Testing

@testable import ClockCommand

@Suite struct WatchViewTests {
  private static let noon: Int64 = 1_795_262_400_000_000

  private func offset(
    _ id: String, _ state: String = "synchronized", reason: String = "",
    nanoseconds: Int64? = 3_000_000, error: Int64 = 500_000
  ) -> OffsetResult {
    OffsetResult(
      exchange: id, state: state, reason: reason,
      measurement: nanoseconds.map {
        OffsetResult.Measurement(
          offsetNanoseconds: $0, lowerNanoseconds: $0 - error, upperNanoseconds: $0 + error,
          errorNanoseconds: error, driftPPM: 0, driftErrorPPM: 1,
          shortestRoundTripNanoseconds: 1_000_000, lastRoundTripNanoseconds: 1_100_000,
          lastSyncMicroseconds: Self.noon - 1_000_000, ageMilliseconds: 1_000)
      }, samples: 8, rejected: 0, resolutionNanoseconds: 1_000_000,
      nextSyncMilliseconds: 90_000, failures: 0)
  }

  private func model(_ offsets: [OffsetResult]) -> WatchModel {
    var model = WatchModel()
    model.update(
      offsets, at: MonotonicInstant(nanoseconds: 0), microseconds: Self.noon, arrow: "->")
    return model
  }

  private func view(_ model: WatchModel, _ columns: Int, _ rows: Int) -> WatchView {
    WatchView(
      model: model, size: .init(columns: columns, rows: rows),
      now: MonotonicInstant(nanoseconds: 0), microseconds: Self.noon, glyphs: .ascii)
  }

  private func text(_ view: WatchView) -> [String] {
    view.lines.map { $0.text(width: view.size.columns, hasColours: false, mark: view.glyphs.cut) }
  }

  @Test(arguments: [0, 1, 6, 43]) func fitsEveryScreen(count: Int) {
    var model = model(
      (0..<count).map { index in
        index % 5 == 4
          ? offset("venue\(index)", "unknown", reason: "no answer within 5 s", nanoseconds: nil)
          : offset("venue\(index)", index % 7 == 3 ? "holdover" : "synchronized")
      })
    for index in 0..<30 {
      model.note(.init(microseconds: Self.noon, exchange: "okx", text: "change \(index)"))
    }
    model.trails["venue0"] = [(Self.noon - 7_200_000_000, 1), (Self.noon - 10, 2)]
    for columns in 1...130 {
      for rows in 1...50 {
        var view = view(model, columns, rows)
        view.scroll = 3
        let lines = text(view)
        #expect(lines.count <= rows && lines.allSatisfy { $0.count <= columns })
      }
    }
  }

  @Test func showsEachExchangeWithItsNumbers() {
    let lines = text(view(model([offset("okx"), offset("binance")]), 80, 24))
    #expect(
      lines.contains {
        $0.hasPrefix("EXCHANGE  STATE") && $0.contains("-10 ms ") && $0.contains(" +10 ms")
      })
    let rows = lines.filter { $0.contains("synchronized") }
    #expect(rows.map { $0.prefix(7) } == ["binance", "okx    "], "in order of the names")
    #expect(rows[0].contains("+3.00 ms") && rows[0].contains("+-500 us"))
    #expect(rows[0].contains(":   [o  "), "3 ms is far from zero, and well known")
    #expect(rows[0].contains("  90 s"))
    #expect(lines.last?.hasPrefix("q quits") == true)
  }

  @Test func aNarrowScreenKeepsWhatMattersMost() {
    let lines = text(view(model([offset("binance")]), 34, 10))
    #expect(lines.contains { $0.hasPrefix("binance   +3.00 ms  +-500 us") })
    #expect(!lines.contains { $0.contains("synchronized") })
  }

  @Test func withoutATimeTheReasonStandsInItsPlace() {
    let lines = text(
      view(model([offset("okx", "unknown", reason: "HTTP 418 banned", nanoseconds: nil)]), 80, 24))
    #expect(lines.contains { $0.hasPrefix("okx       unknown") && $0.contains("HTTP 418 banned") })
  }

  @Test func whereNotAllFitThoseInTroubleComeFirstAndTheRestIsScrolledTo() {
    let many = (10..<40).map { offset("venue\($0)", $0 == 30 ? "holdover" : "synchronized") }
    var view = view(model(many), 80, 20)
    let rows = { text(view).filter { $0.hasPrefix("venue") }.map { $0.prefix(7) } }
    #expect(rows().first == "venue30" && rows()[1] == "venue10")
    #expect(text(view).last?.contains("of 30, ^v scroll") == true)
    view.scroll = 1000
    #expect(rows().last == "venue39")
    #expect(view.mostScroll == 30 - rows().count)
  }

  @Test func aChangeOfStateIsNotedWithItsReason() {
    var model = model([offset("okx"), offset("binance")])
    #expect(model.changes.isEmpty, "what was so from the start has not changed")
    model.update(
      [offset("okx", "holdover", reason: "HTTP 429 Too Many Requests"), offset("binance")],
      at: MonotonicInstant(nanoseconds: 0), microseconds: Self.noon, arrow: "->")
    #expect(model.changes.map(\.text) == ["synchronized -> holdover: HTTP 429 Too Many Requests"])
    #expect(
      text(view(model, 80, 24)).contains {
        $0.hasPrefix("12:00:00  okx  synchronized -> holdover: HTTP 429")
      })
  }

  @Test func whatTheDaemonWritesDownIsToldOnceAndWithOneArrow() {
    var model = model([offset("okx")])
    let event = { (sequence: Int64, kind: HistoryResult.Event.Kind, text: String) in
      HistoryResult.Event(
        sequence: sequence, microseconds: Self.noon + sequence, kind: kind, sizeNanoseconds: 0,
        text: text)
    }
    var history = HistoryResult(
      exchange: "okx", measurements: [],
      events: [
        event(1, .started, "x"), event(2, .stopSignal, "HTTP 429: stays away for 30 s"),
        event(3, .state, "synchronized -> holdover: HTTP 429"),
      ], damaged: 0, next: nil)
    model.take(history, arrow: "→")
    model.take(history, arrow: "→")
    // The same change by notification is no second one.
    model.update(
      [offset("okx", "holdover", reason: "HTTP 429")], at: MonotonicInstant(nanoseconds: 0),
      microseconds: Self.noon, arrow: "→")
    history.events.append(event(4, .exchangeStep, "the clock jumped"))
    model.take(history, arrow: "→")
    #expect(
      model.changes.map(\.text) == [
        "HTTP 429: stays away for 30 s", "synchronized → holdover: HTTP 429", "the clock jumped",
      ])
  }

  @Test(arguments: [80, 120]) func theNextResyncIsSeenBesideAReason(columns: Int) {
    var model = model([
      offset(
        "okx", "unknown", reason: "HTTP 418 " + String(repeating: "x", count: 200),
        nanoseconds: nil), offset("bybit", "holdover", reason: "no answer within 5 s"),
    ])
    model.trails["bybit"] = [(Self.noon - 7_200_000_000, 1), (Self.noon - 10, 2)]
    let lines = text(view(model, columns, 24))
    #expect(lines.filter { $0.hasSuffix("  90 s") }.count == 2)
    #expect(lines.contains { $0.contains("no answer") && $0.hasPrefix("bybit") })
    #expect(lines.last?.contains("logarithmic beyond +-1 ms") == true)
  }

  @Test func whatWasNotMeasuredIsNotCalledDone() {
    var failed = offset("kraken")
    failed.failures = 3
    var refused = offset("bybit")
    refused.measurement?.ageMilliseconds = 60_000
    let missed = Verbs.notMeasured(
      [offset("okx"), offset("kucoin", "unknown", nanoseconds: nil), failed, refused],
      within: .seconds(2))
    #expect(missed.map(\.exchange) == ["kucoin", "kraken", "bybit"])
  }

  @Test func whatIsNewestStaysVisible() {
    var model = model([offset("okx")])
    for index in 0..<500 {
      model.note(.init(microseconds: Self.noon, exchange: "okx", text: "change \(index)"))
    }
    #expect(model.changes.count == WatchModel.mostChanges)
    let lines = text(view(model, 80, 24))
    #expect(lines.contains { $0.hasSuffix("change 499") })
    #expect(lines.contains { $0.hasPrefix("okx  ") }, "the table is not pushed out")
  }

  @Test func theLastDayIsDrawn() {
    var model = model([offset("okx")])
    #expect(!text(view(model, 120, 24)).contains { $0.contains("LAST DAY") })
    model.trails["okx"] = (0..<24).map { (Self.noon - (24 - $0) * 3_600_000_000 + 1, $0) }
    let lines = text(view(model, 120, 24))
    #expect(lines.contains { $0.contains("LAST DAY") })
    #expect(lines.contains { $0.contains("_..--==++**##@@") }, "\(lines)")
  }

  @Test func anOrdinaryTerminalShowsBarsAndTheLastDayOfLongNamesToo() {
    let far = { offset($0, $1, reason: $2, nanoseconds: -1_234_000_000, error: 12_300_000) }
    var model = model([
      far("binance-portfolio", "synchronized", ""), offset("gate"),
      far("okx", "holdover", "no answer within 5 s: Timeout was reached after 5001 ms"),
      offset("kraken", "unknown", reason: "HTTP 403 Forbidden", nanoseconds: nil),
    ])
    model.trails["gate"] = (0..<24).map { (Self.noon - (24 - $0) * 3_600_000_000 + 1, $0) }
    let lines = text(view(model, 80, 24))
    #expect(lines.contains { $0.hasPrefix("EXCHANGE ") && $0.contains("LAST DAY") })
    // The states, where they are not the usual one, stand before the reasons.
    let row = { (id: String) in lines.first { $0.hasPrefix("\(id) ") } ?? "" }
    #expect(row("gate").contains("o") && row("gate").contains("_.-=+*#@"))
    #expect(row("okx").contains("holdover: no a") && row("okx").contains(" o "))
    #expect(row("kraken").contains("unknown: HTTP 403 Forbidden"))
  }

  private func told(
    _ exchange: String, _ sequence: Int64, at seconds: Int64, _ text: String
  ) -> HistoryResult {
    let event = HistoryResult.Event(
      sequence: sequence, microseconds: Self.noon + seconds * 1_000_000, kind: .exchangeStep,
      sizeNanoseconds: 0, text: text)
    return HistoryResult(
      exchange: exchange, measurements: [], events: [event], damaged: 0, next: nil)
  }

  @Test func changesAreInTheOrderOfTheirTimeWhoeverTellsThem() {
    var model = model([offset("okx"), offset("binance")])
    model.take(told("binance", 1, at: -2, "jumped"), arrow: "->")
    for number in Int64(1)...300 {
      model.take(told("okx", number, at: number - 400, "old \(number)"), arrow: "->")
    }
    #expect(model.changes.last?.text == "jumped", "what is older has not pushed it out")
    #expect(model.changes.count == WatchModel.mostChanges)
    model.take(told("okx", 301, at: -1, "after"), arrow: "->")
    model.take(told("binance", 2, at: -3, "before"), arrow: "->")
    #expect(model.changes.suffix(3).map(\.text) == ["before", "jumped", "after"])
  }

  @Test func aHistoryBegunAnewIsTakenUpAndTellsNothingTwice() {
    var model = model([offset("okx")])
    for number in Int64(1)...9 {
      model.take(told("okx", number, at: number - 20, "\(number)"), arrow: "->")
    }
    // The daemon was restarted: with the same history ...
    model.forgetHistories()
    model.take(told("okx", 9, at: -11, "9"), arrow: "->")
    #expect(model.changes.map(\.text) == (1...9).map(String.init))
    #expect(model.changes.allSatisfy { $0.times == 1 })
    // ... with another one ...
    model.forgetHistories()
    model.take(told("okx", 1, at: -5, "anew"), arrow: "->")
    model.take(told("okx", 2, at: -4, "and on"), arrow: "->")
    #expect(model.changes.suffix(2).map(\.text) == ["anew", "and on"])
    // ... and with none, where notifications have to do.
    model.forgetHistories()
    model.update(
      [offset("okx", "holdover", reason: "HTTP 403")], at: MonotonicInstant(nanoseconds: 0),
      microseconds: Self.noon, arrow: "->")
    #expect(model.changes.last?.text == "synchronized -> holdover: HTTP 403")
  }

  @Test func whatHappensOverAndOverIsToldOnce() {
    var model = model([offset("okx"), offset("bybit")])
    let refused = { (sequence: Int64) in
      HistoryResult.Event(
        sequence: sequence, microseconds: Self.noon + sequence * 60_000_000, kind: .stopSignal,
        sizeNanoseconds: sequence * 1_000_000_000, text: "HTTP 429; staying away for a while")
    }
    for sequence in Int64(1)...30 {
      for exchange in ["okx", "bybit"] {
        model.take(
          HistoryResult(
            exchange: exchange, measurements: [], events: [refused(sequence)], damaged: 0,
            next: nil), arrow: "->")
      }
    }
    let told = "HTTP 429; staying away for 30.0 s (30 times since 12:01:00)"
    let lines = text(view(model, 80, 24))
    #expect(lines.filter { $0 == "12:30:00  okx  \(told)" }.count == 1)
    #expect(model.changes.map(\.exchange) == ["okx", "bybit"])
    // What comes in between is told, and what follows it begins anew.
    let later = Self.noon + 3_600_000_000
    model.note(.init(microseconds: later, exchange: "okx", text: "the clock jumped"))
    model.note(.init(microseconds: later, exchange: "okx", text: "HTTP 429; staying away"))
    #expect(model.changes.suffix(3).map(\.times) == [30, 1, 1])
  }

  @Test func whatTheDaemonAdvisesIsNotCut() {
    var model = model([offset("okx")])
    let summary = "okx is 3.00 s behind this host's clock: which of them is wrong cannot be told"
    let verdict = VerdictResult(
      .unknown, causes: [.oneExchangeOnly], summary: summary, evidence: [], explanation: "",
      nextCommand: "")
    model.health = ["status": "ok", "verdicts": .array([verdict.json])]
    let wide = text(view(model, 80, 24))
    #expect(wide[1] == summary && wide[2] == "run: exchange-clock diagnose")
    let narrow = text(view(model, 60, 24))
    #expect("\(narrow[1]) \(narrow[2])" == summary && narrow[3] == wide[2])
    #expect(!text(view(model, 60, 12)).contains { $0.contains("diagnose") }, "the table first")
  }

  @Test func withoutADaemonTheLastTableStaysButNotAsIfItWereSo() {
    var model = model([offset("okx"), offset("kraken", "holdover", reason: "HTTP 503")])
    model.health = ["started_us": 1]
    model.reach(microseconds: Self.noon)
    #expect(model.changes.isEmpty)
    let gone = "the daemon closed the connection; see its log"
    for second in 1...20 { model.lose(gone, microseconds: Self.noon + Int64(second) * 1_000_000) }
    let lost = view(model, 80, 24)
    #expect(text(lost)[0].hasPrefix("unreachable since 12:00:01: the daemon closed the connection"))
    #expect(text(lost).contains { $0.hasPrefix("okx       ?  ") && $0.contains("+3.00 ms") })
    #expect(text(lost).contains { $0.contains("12:00:01  the daemon is lost: the daemon closed") })
    #expect(!text(lost).contains { $0.contains("synchronized") || $0.hasSuffix("  90 s") })
    let rows = lost.lines.filter { line in
      let text = line.text(width: 80, hasColours: false, mark: ">")
      return text.hasPrefix("okx ") || text.hasPrefix("kraken ")
    }
    let paints = rows.flatMap(\.pieces).filter { $0.text.contains { $0 != " " } }.map(\.paint)
    #expect(rows.count == 2 && paints.allSatisfy { $0 == .faint }, "nothing looks live")

    model.health = ["started_us": 2]
    model.reach(microseconds: Self.noon + 21_000_000)
    model.reach(microseconds: Self.noon + 22_000_000)
    #expect(
      model.changes.map(\.text) == [
        "the daemon is lost: \(gone)", "the daemon is back after 20.0 s, started anew",
      ])
    #expect(text(view(model, 80, 24)).contains { $0.contains("synchronized") })
  }

  @Test func whatToDoWithoutADaemonIsNotCut() {
    var model = WatchModel()
    let advice = "no daemon: connect to /x: No such file; start exchange-clockd, or name its socket"
    model.lose(advice, microseconds: Self.noon)
    let lines = text(view(model, 60, 24))
    #expect("\(lines[0]) \(lines[1])" == "unreachable since 12:00:00: \(advice)")
  }

  @Test func aNarrowScreenStillTellsThatThereIsMore() {
    let model = model(["bybit", "kraken", "kucoin", "okx"].map { offset($0) })
    #expect(text(view(model, 30, 6)).last == "q quits, 1 to 3 of 4")
    #expect(text(view(model, 15, 6)).last == "1 to 3 of 4")
    #expect(text(view(model, 80, 6)).last?.contains("1 to 3 of 4, ^v scroll, bars") == true)
    #expect(text(view(model, 30, 24)).last?.hasPrefix("q quits, bars") == true)
  }

  @Test func whereNothingCanBeTypedNoKeyIsOffered() {
    var view = view(model((0..<9).map { offset("venue\($0)") }), 80, 8)
    view.takesKeys = false
    let last = text(view).last ?? ""
    #expect(last.hasPrefix("Ctrl-C quits") && last.contains("of 9") && !last.contains("scroll"))
  }

  @Test func anotherStateIsNews() {
    let model = model([offset("okx")])
    #expect(!model.isNews([offset("okx", nanoseconds: 5)]))
    #expect(model.isNews([offset("okx", "holdover")]) && model.isNews([offset("new")]))
  }

  @Test func theWaitForTheNextResyncGoesOnBetweenAnswers() {
    let model = model([offset("okx")])
    let later = MonotonicInstant(nanoseconds: 60_000_000_000)
    #expect(model.nextSync(of: model.offsets[0], at: later) == 30_000)
    #expect(
      model.nextSync(of: model.offsets[0], at: MonotonicInstant(nanoseconds: 1 << 40)) == 0)
  }

  @Test func coloursAreInTheTextOnlyWhereTheyAreWanted() {
    let lines = view(model([offset("okx")]), 80, 24).lines
    #expect(
      lines.contains { $0.text(width: 80, hasColours: true, mark: ">").contains("\u{1B}[32m") })
    #expect(!lines.contains { $0.text(width: 80, hasColours: false, mark: ">").contains("\u{1B}") })
    // A line that is cut ends its colour all the same.
    let line = PaintedLine("synchronized", .good)
    #expect(line.text(width: 4, hasColours: true, mark: ">").hasSuffix("[0m"))
  }
}
