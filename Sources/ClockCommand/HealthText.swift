internal import ClockProtocol
internal import JSONDocument

/// The daemon's health in a few lines.
enum HealthText {
  /// The status alone, the rest of its line, and what else should be known.
  static func summary(
    _ health: JSONValue
  ) -> (status: String, rest: String, more: [(text: String, paint: Paint)]) {
    let counts = health["counts"]
    let synchronized = counts?["synchronized"]?.integer ?? 0
    let all = counts?["exchanges"]?.integer ?? 0
    let uptime = Text.milliseconds(health["uptime_ms"]?.integer ?? 0)
    let ready = health["ready"]?.bool == true ? "ready" : "not ready yet"
    let rest =
      ": \(synchronized)/\(all) exchanges synchronized;"
      + " daemon \(health["version"]?.string ?? "?") up \(uptime), \(ready)"
    return (health["status"]?.string ?? "?", rest, more(health))
  }

  static func lines(_ health: JSONValue) -> [String] {
    let summary = summary(health)
    return [summary.status + summary.rest]
      + summary.more.flatMap { part in
        Paragraph.lines(part.text).map { Terminal.hasColours ? part.paint.on($0) : $0 }
      }
  }

  private static func more(_ health: JSONValue) -> [(text: String, paint: Paint)] {
    let verdicts = (health["verdicts"]?.array ?? []).compactMap(VerdictResult.init(json:))
    if let grave = verdicts.first, grave.kind != .clocksFine {
      let more = verdicts.count > 1 ? "and \(verdicts.count - 1) more; " : ""
      let isWrong = [.systemClockWrong, .exchangeClockWrong].contains(grave.kind)
      return [
        (grave.summary, isWrong ? .bad : .doubtful),
        ("\(more)run: exchange-clock diagnose", .plain),
      ]
    }
    guard let offset = health["system_clock"]?["offset_ns"]?.integer,
      let error = health["system_clock"]?["error_ns"]?.integer
    else { return [] }
    let side = offset < 0 ? "ahead of" : "behind"
    let size = Text.nanoseconds(Int64(offset.magnitude))
    let bound = Text.nanoseconds(error)
    return [
      ("this host's clock is \(size) ±\(bound) \(side) what most exchanges agree on", .plain)
    ]
  }
}
