internal import ClockProtocol

/// Offsets as people read them.
enum OffsetText {
  static func table(_ offsets: [OffsetResult]) -> [String] {
    var table = Table(
      ("exchange", .left), ("state", .left), ("offset", .right), ("error", .right),
      ("rtt", .right), ("last sync", .right), ("next", .right))
    for offset in offsets {
      let known = offset.measurement
      table.add(
        offset.exchange, offset.state,
        known.map {
          Text.offset(nanoseconds: $0.offsetNanoseconds, error: $0.errorNanoseconds)
        } ?? "-",
        known.map { "±" + Text.nanoseconds($0.errorNanoseconds) } ?? "-",
        known.map { Text.nanoseconds($0.shortestRoundTripNanoseconds) } ?? "-",
        known.map { Text.age(milliseconds: $0.ageMilliseconds) } ?? "never",
        Text.bareWait(milliseconds: offset.nextSyncMilliseconds))
    }
    return table.lines(decorate: Terminal.colouredByState) + reasons(offsets)
  }

  /// Why those are not synchronized that are not, below the table: reasons would make it wide.
  private static func reasons(_ offsets: [OffsetResult]) -> [String] {
    let wanting = offsets.filter { !$0.reason.isEmpty }
    let lines = wanting.flatMap {
      Paragraph.lines("\($0.exchange) is \($0.state): \($0.reason)", rest: "  ")
    }
    return lines.isEmpty ? [] : [""] + lines
  }

  /// One line for each thing that is known of one exchange.
  static func details(_ offset: OffsetResult) -> [String] {
    var rows = [
      ("exchange", offset.exchange),
      ("state", offset.state + (offset.reason.isEmpty ? "" : ": \(offset.reason)")),
    ]
    if let known = offset.measurement {
      let side = known.offsetNanoseconds < 0 ? "behind" : "ahead of"
      rows += [
        (
          "offset",
          Text.offset(nanoseconds: known.offsetNanoseconds, error: known.errorNanoseconds)
            + " (the exchange is \(side) this host's clock)"
        ),
        (
          "bounds",
          Text.offset(nanoseconds: known.lowerNanoseconds, error: known.errorNanoseconds)
            + " to "
            + Text.offset(nanoseconds: known.upperNanoseconds, error: known.errorNanoseconds)
        ),
        ("error", "±" + Text.nanoseconds(known.errorNanoseconds)),
        ("drift", "\(Text.ppm(known.driftPPM)) ppm, ±\(Text.ppm(known.driftErrorPPM)) ppm"),
        (
          "round trip",
          "shortest \(Text.nanoseconds(known.shortestRoundTripNanoseconds)), last"
            + " \(Text.nanoseconds(known.lastRoundTripNanoseconds))"
        ),
        (
          "last sync",
          Text.time(microseconds: known.lastSyncMicroseconds) + ", "
            + Text.age(milliseconds: known.ageMilliseconds)
        ),
      ]
    }
    rows += [
      ("next sync", Text.wait(milliseconds: offset.nextSyncMilliseconds)),
      ("samples", samples(offset)),
      ("resolution", Text.nanoseconds(offset.resolutionNanoseconds)),
      ("failures", "\(offset.failures) in a row"),
    ]
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width - name.count + 2) + value
    }
  }

  private static func samples(_ offset: OffsetResult) -> String {
    "\(offset.samples)" + (offset.rejected > 0 ? " (\(offset.rejected) rejected)" : "")
  }
}
